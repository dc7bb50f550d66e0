"""What buyers do with their orders themselves: cancel, send back, order again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storefront.cart import service as cart
from storefront.cart.errors import CartFull, NoneLeft, NotForSale
from storefront.ordering.errors import CannotReturn, NothingChosen
from storefront.ordering.service.listing import reorder_lines
from storefront.ordering.service.reading import OrderView
from storefront.ordering.service.returning import request_return
from storefront.ordering.service.showing import returnable_now

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Reordered:
    """What came into the cart again. `fewer` and `missing` are titles: less than was bought, or nothing."""

    ref: cart.CartRef | None
    pieces: int
    fewer: tuple[str, ...]
    missing: tuple[str, ...]


def ask_return(order: OrderView, wanted: Mapping[int, int], reason: str) -> str:
    """The buyer asks to send pieces back, by line; returns the number of the request.

    Raises NothingChosen, and CannotReturn for more than may still come back or after its last day.
    """
    chosen = {line_id: pieces for line_id, pieces in wanted.items() if pieces > 0}
    if not chosen:
        raise NothingChosen
    allowed = returnable_now(order)
    if any(pieces > allowed.get(line_id, 0) for line_id, pieces in chosen.items()):
        raise CannotReturn
    return request_return(order.id, chosen.items(), reason=reason.strip()[:LONGEST_REASON])


def reorder(order: OrderView, ref: cart.CartRef) -> Reordered:
    """Put everything of an order that is still sold into a cart, as far as there is any of it."""
    available = dict(reorder_lines(order.id))
    titles = {line.variant_id: line.title or line.sku for line in order.lines if line.variant_id}
    products = [line for line in order.lines if line.kind == "product"]
    missing = [line.title or line.sku for line in products if line.variant_id not in available]
    fewer: list[str] = []
    pieces, filled = 0, None
    for variant_id, quantity in available.items():
        try:
            added = cart.add_to_cart(filled or ref, variant_id, min(quantity, 999))
        except (NoneLeft, NotForSale, CartFull):
            missing.append(titles[variant_id])
            continue
        filled, pieces = added.ref, pieces + added.added
        if added.added < quantity:
            fewer.append(titles[variant_id])
    return Reordered(filled, pieces, tuple(fewer), tuple(dict.fromkeys(missing)))
