"""Where an order goes, corrected by the staff before anything of it was sent."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.core.database import transaction
from storefront.customers import service as customers
from storefront.customers.rules import Address
from storefront.ordering.errors import CannotCorrect
from storefront.ordering.rules import orders as rules
from storefront.ordering.service.locking import check_seen, lines_of, lock_order, state_of
from storefront.ordering.service.timeline import note


def correct_address(
    order_id: int, values: Mapping[str, str], *, seen: str = "", who: str = "shop"
) -> tuple[str, ...]:
    """Another delivery address or phone in the same country; returns which parts are other than before.

    Prices, tax and delivery stay as they were agreed. The timeline says which parts changed, never what they
    say. Raises AddressRefused; CannotCorrect once something was sent; ChangedMeanwhile when the order is not
    as `seen`.
    """
    with transaction() as tx:
        order = lock_order(tx, order_id)
        check_seen(tx, order, seen)
        before = Address.from_json(order.shipping_address or {})
        if not rules.can_correct(state_of(order, lines_of(tx, order))) or not before.country:
            raise CannotCorrect
        after = customers.check_address({**values, "country": before.country})
        old, new = before.as_json(), after.as_json()
        old["phone"] = order.phone or old["phone"]
        changed = tuple(part for part in new if new[part] != old[part])
        if changed:
            order.shipping_address, order.phone = new, after.phone or None
            tx.flush()
            note(tx, order.id, "address_corrected", who, parts=list(changed))
    return changed


__all__ = ["correct_address"]
