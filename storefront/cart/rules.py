"""How quantities are read, how carts are joined, what a line has to say. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from storefront.pricing.rules import ShippingChoice
from storefront.pricing.rules.bargains import code_of

MOST = 999
MOST_LINES = 100
MOST_COUPONS = 5
LONGEST_COUPON = 40
LONGEST_NOTE = 500
PICKUP = "pickup"
# ASCII digits alone: int() also takes "1_0", full-width digits and blanks, and isdigit() a superscript two.
_WHOLE = re.compile(r"0{0,8}[0-9]{1,3}\Z", re.ASCII)


def read_quantity(text: str | None) -> int | None:
    """Pieces from 1 to 999, or None for anything else, whatever was typed or sent."""
    if text is None or len(text) > 40:
        return None
    plain = text.strip(" ")
    if not _WHOLE.match(plain):
        return None
    quantity = int(plain)
    return quantity if quantity >= 1 else None


def read_coupon(text: str | None) -> str | None:
    """A code as it is compared: capitals, no gaps. None for what cannot be one."""
    code = code_of((text or "")[:200])
    if not code or len(code) > LONGEST_COUPON or not code.isprintable():
        return None
    return code


def holder_of(cart_id: int) -> str:
    """How the inventory knows the cart for which pieces are set aside."""
    return f"cart:{cart_id}"


@dataclass(frozen=True, slots=True)
class Room:
    """How many pieces of a variant a cart may hold: `left` None means that nobody counts them."""

    left: int | None
    backorder: bool = False

    @property
    def most(self) -> int:
        """At most 999, and no more than there are."""
        if self.left is None or self.backorder:
            return MOST
        return max(0, min(MOST, self.left))


@dataclass(frozen=True, slots=True)
class Clamped:
    """A sum as it was kept, and what was asked for."""

    variant_id: int
    wanted: int
    kept: int


def joined(
    mine: Mapping[int, int], theirs: Iterable[tuple[int, int]], rooms: Mapping[int, Room]
) -> tuple[dict[int, int], list[Clamped]]:
    """Two carts in one, by variant: sums, held to what there is; never less than either line had.

    A variant without room (sold out, or gone) keeps the larger of both lines: nothing is dropped, the cart
    marks it. Returns the lines of `theirs` as they stand in the sum, and what was held back.
    """
    sums: dict[int, int] = {}
    clamped = []
    for variant_id, quantity in theirs:
        had = sums.get(variant_id, mine.get(variant_id, 0))
        wanted = had + quantity
        kept = min(wanted, max(rooms.get(variant_id, Room(0)).most, had, quantity), MOST)
        sums[variant_id] = kept
        if kept < wanted:
            clamped.append(Clamped(variant_id, wanted, kept))
    return sums, clamped


def countable(quantity: int, room: Room, on_show: bool) -> int:
    """Pieces of a line that can be bought now: what there is of it, none of what is not sold any more."""
    return min(quantity, room.most) if on_show else 0


def free_delivery(
    goods_minor: int, ways: Sequence[ShippingChoice], way: ShippingChoice | None, *, chosen: bool
) -> tuple[int, int] | None:
    """(what is missing, in hundredths how near it is) up to free delivery; None where that is no question.

    `way` is the one that was chosen, or is assumed. Who collects, or gets nothing sent, is promised nothing;
    what another way would cost is of no use to who chose one.
    """
    if way is None or way.kind == PICKUP:
        return None
    if way.price_minor == 0:
        return (0, 100) if way.free_from_minor or way.before_minor else None
    brought = [way] if chosen else [one for one in ways if one.kind != PICKUP]
    start = min((one.free_from_minor for one in brought if one.free_from_minor), default=None)
    if start is None or goods_minor >= start:
        return None
    return start - goods_minor, goods_minor * 100 // start


def brought_first(choice: ShippingChoice) -> tuple[bool, int, date]:
    """Ways in the order in which they are assumed: to the door before collecting, then the cheapest."""
    return choice.kind == PICKUP, choice.price_minor, choice.latest
