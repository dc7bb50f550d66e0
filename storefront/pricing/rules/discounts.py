"""Discounts: when one counts, what it takes off, and which of them go together.

Stacking: automatic discounts marked as combinable count together; one code counts beside them; an automatic
discount that is not combinable stands alone. Of these sets the one with the smallest sum to pay counts, of
equal ones the code that was entered first. Within a set pieces for free come first, then percents, then
fixed amounts, each of what is left: no line ever costs less than nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storefront.pricing.rules.amounts import share, spread
from storefront.pricing.rules.facts import (
    BUY_GET,
    DISCOUNT_KINDS,
    FIXED,
    FREE_SHIPPING,
    PERCENT,
    Conditions,
    Discount,
    Item,
)
from storefront.pricing.rules.values import CouponProblem

_ORDER = {BUY_GET: 0, PERCENT: 1, FIXED: 2, FREE_SHIPPING: 3}


@dataclass(frozen=True, slots=True)
class Piece:
    """One line as discounts see it."""

    item: Item
    quantity: int

    @property
    def gross(self) -> int:
        return self.item.unit_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and where and when: what conditions ask for."""

    country: str
    at: datetime
    audiences: frozenset[str] = frozenset()
    first_order: bool = True


def is_eligible(conditions: Conditions, item: Item) -> bool:
    """Whether a discount is about this item: it names it, one of its categories, or nothing at all."""
    if not conditions.product_ids and not conditions.category_ids:
        return True
    return item.product_id in conditions.product_ids or bool(item.category_ids & conditions.category_ids)


def problem_of(discount: Discount, pieces: Sequence[Piece], buyer: Buyer) -> str:
    """Why a discount does not count for this buyer and these goods ('' when it does)."""
    wants = discount.conditions
    if wants.starts_at is not None and buyer.at < wants.starts_at:
        return "not_yet"
    if wants.ends_at is not None and buyer.at >= wants.ends_at:
        return "over"
    return _left(discount) or _person(wants, buyer) or _goods(wants, pieces)


def _left(discount: Discount) -> str:
    if discount.left is not None and discount.left < 1:
        return "used_up"
    return "used_by_you" if discount.left_for_person is not None and discount.left_for_person < 1 else ""


def _person(wants: Conditions, buyer: Buyer) -> str:
    if wants.countries and buyer.country not in wants.countries:
        return "country"
    if wants.audiences and not wants.audiences & buyer.audiences:
        return "audience"
    return "first_order" if wants.first_order and not buyer.first_order else ""


def _goods(wants: Conditions, pieces: Sequence[Piece]) -> str:
    eligible = [piece.gross for piece in pieces if is_eligible(wants, piece.item)]
    if not eligible:
        return "goods"
    return "minimum" if sum(eligible) < (wants.minimum_minor or 0) else ""


def refused(discount: Discount, reason: str) -> CouponProblem:
    """The problem of a code, with the value of goods it asks for."""
    least = discount.conditions.minimum_minor if reason == "minimum" else None
    return CouponProblem(discount.code or "", reason, least)


def reductions(
    discounts: Sequence[Discount], pieces: Sequence[Piece]
) -> tuple[list[int], list[tuple[Discount, int]]]:
    """(what is taken off each line, what each discount takes off) when these discounts count together."""
    off = [0] * len(pieces)
    amounts = []
    for discount in sorted(discounts, key=lambda one: (_ORDER[one.kind], one.key)):
        parts = _parts(
            discount, pieces, [piece.gross - less for piece, less in zip(pieces, off, strict=True)]
        )
        off = [less + part for less, part in zip(off, parts, strict=True)]
        amounts.append((discount, sum(parts)))
    return off, amounts


def _parts(discount: Discount, pieces: Sequence[Piece], left: list[int]) -> list[int]:
    eligible = [is_eligible(discount.conditions, piece.item) for piece in pieces]
    weights = [amount if good else 0 for amount, good in zip(left, eligible, strict=True)]
    if discount.kind == PERCENT:
        return spread(share(sum(weights), discount.percent_bp), weights)
    if discount.kind == FIXED:
        return spread(min(discount.amount_minor, sum(weights)), weights)
    if discount.kind == BUY_GET:
        return [min(part, weight) for part, weight in zip(_for_free(discount, pieces), weights, strict=True)]
    return [0] * len(pieces)


def _for_free(discount: Discount, pieces: Sequence[Piece]) -> list[int]:
    """Of each whole set of buy + get pieces, as many as `get` are reduced: the cheapest of all."""
    good = [place for place, one in enumerate(pieces) if is_eligible(discount.conditions, one.item)]
    sets = sum(pieces[place].quantity for place in good) // (discount.buy + discount.get)
    to_give = sets * discount.get
    off = [0] * len(pieces)
    for place in sorted(good, key=lambda place: (pieces[place].item.unit_minor, place)):
        given = min(to_give, pieces[place].quantity)
        off[place] = given * share(pieces[place].item.unit_minor, discount.percent_bp)
        to_give -= given
    return off


def delivery_off(discounts: Sequence[Discount], price: int) -> tuple[int, Discount | None]:
    """(what is taken off the price of delivery, by which discount): the best one alone."""
    best, by = 0, None
    for discount in discounts:
        if discount.kind == FREE_SHIPPING:
            off = min(price, discount.amount_minor or price)
            if by is None or off > best:
                best, by = off, discount
    return best, by


def sets_of(automatic: Sequence[Discount], codes: Sequence[Discount]) -> list[tuple[Discount, ...]]:
    """Every set of discounts that may count together, the preferred first."""
    together = tuple(one for one in automatic if one.combinable)
    alone = [(one,) for one in automatic if not one.combinable]
    return [*((*together, code) for code in codes), together, *alone]


def is_well_formed(discount: Discount) -> bool:
    """Whether the numbers of a discount make sense: a row that does not is passed over, not guessed at."""
    if discount.kind not in DISCOUNT_KINDS or discount.amount_minor < 0:
        return False
    if discount.kind == BUY_GET:
        return discount.buy > 0 and discount.get > 0 and 0 < discount.percent_bp <= 10_000
    return discount.kind != PERCENT or 0 < discount.percent_bp <= 10_000
