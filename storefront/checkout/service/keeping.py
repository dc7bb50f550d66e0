"""What is kept of an order for the next one: its address, in the book of the customer whose order it is."""

from __future__ import annotations

from storefront.cart import service as carts
from storefront.core.errors import NotFound
from storefront.customers import service as customers
from storefront.customers.rules.addresses import Address
from storefront.ordering import service as ordering


def address_to_keep(order: ordering.OrderView) -> Address | None:
    """Where the order goes, while the book of whoever looks is empty and the order is theirs."""
    customer_id = carts.customer_id()
    if customer_id is None or order.customer_id != customer_id or not order.shipping_address:
        return None
    return None if customers.addresses_of(customer_id) else Address.from_json(order.shipping_address)


def keep_address(order: ordering.OrderView) -> None:
    """Put the order's address into its owner's book; one that stands there already stays as it is.

    Raises NotFound for somebody else's order, and the refusals of the address book.
    """
    customer_id = carts.customer_id()
    if customer_id is None or order.customer_id != customer_id or not order.shipping_address:
        raise NotFound
    address = Address.from_json(order.shipping_address)
    if address not in {saved.address for saved in customers.addresses_of(customer_id)}:
        customers.save_address(customer_id, address)
