"""Which discounts count for a basket: every set that may count together is priced, the cheapest is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from storefront.pricing.rules.discounts import (
    Buyer,
    Piece,
    delivery_off,
    problem_of,
    reductions,
    refused,
    sets_of,
)
from storefront.pricing.rules.facts import DELIVERY, FREE_SHIPPING, Discount, Facts
from storefront.pricing.rules.places import Place
from storefront.pricing.rules.shipping import Parcel, choices, zone_of
from storefront.pricing.rules.values import CouponProblem, QuoteRequest, ShippingChoice

MOST_CODES = 10


@dataclass(frozen=True, slots=True)
class Basket:
    """The request with what is known about it."""

    request: QuoteRequest
    facts: Facts
    place: Place
    pieces: tuple[Piece, ...]

    @property
    def needs_delivery(self) -> bool:
        return any(piece.item.posted for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Bargain:
    """One set of discounts and what comes of it; `payable` is what sets are compared by.

    `amounts` says what each takes off the goods, `carrier` which one takes something off the delivery.
    """

    discounts: tuple[Discount, ...]
    off: tuple[int, ...]
    amounts: tuple[tuple[Discount, int], ...]
    ways: tuple[ShippingChoice, ...]
    carrier: Discount | None
    payable: int

    @property
    def code(self) -> Discount | None:
        """The discount of this set that somebody entered a code for."""
        return next((one for one in self.discounts if one.code is not None), None)

    def helps(self, discount: Discount) -> bool:
        """Whether a discount takes anything off in this set."""
        if discount.kind == FREE_SHIPPING:
            return discount is self.carrier
        return any(one is discount and amount for one, amount in self.amounts)


def code_of(text: str) -> str:
    """A code as it is kept and compared: capitals, no gaps."""
    return "".join(text.upper().split())


def best_bargain(basket: Basket) -> tuple[Bargain, tuple[CouponProblem, ...]]:
    """The set with the smallest sum to pay, and why codes do not count in it."""
    codes, automatic, problems = _candidates(basket)
    bargains = [_bargain(basket, together) for together in sets_of(automatic, codes)]
    useful = [one for one in bargains if one.code is None or one.helps(one.code)]
    best = min(useful, key=lambda bargain: bargain.payable)
    for one in bargains:
        if one.code is not None and one is not best:
            problems.append(refused(one.code, _why_not(one, best)))
    return best, tuple(problems)


def _why_not(one: Bargain, best: Bargain) -> str:
    if one.code is not None and not one.helps(one.code):
        return "no_effect"
    return "not_combined" if best.code is not None else "better"


def _candidates(basket: Basket) -> tuple[list[Discount], list[Discount], list[CouponProblem]]:
    """(codes that may count, automatic discounts that may count, what is wrong with other codes)."""
    request, facts = basket.request, basket.facts
    buyer = Buyer(basket.place.country, request.at, request.audiences, facts.first_order)
    codes, problems = _codes(basket, buyer)
    everybodys = [one for one in facts.discounts if one.code is None]
    return codes, [one for one in everybodys if not problem_of(one, basket.pieces, buyer)], problems


def _codes(basket: Basket, buyer: Buyer) -> tuple[list[Discount], list[CouponProblem]]:
    known = {one.code: one for one in basket.facts.discounts if one.code is not None}
    good, problems = [], []
    for code in list(dict.fromkeys(map(code_of, basket.request.coupons)))[:MOST_CODES]:
        if code not in known:
            problems.append(CouponProblem(code[:40], "unknown"))
            continue
        reason = problem_of(known[code], basket.pieces, buyer)
        if reason:
            problems.append(refused(known[code], reason))
        else:
            good.append(known[code])
    return good, problems


def _bargain(basket: Basket, together: tuple[Discount, ...]) -> Bargain:
    off, amounts = reductions(together, basket.pieces)
    goods = sum(piece.gross for piece in basket.pieces) - sum(off)
    ways = tuple(_cheaper(way, together) for way in _ways(basket, goods))
    way = _likely(ways, basket.request.shipping_method)
    carriage = way.price_minor if way else 0
    return Bargain(together, tuple(off), tuple(amounts), ways, _carrier(together, way), goods + carriage)


def _ways(basket: Basket, goods: int) -> tuple[ShippingChoice, ...]:
    posted = [piece for piece in basket.pieces if piece.item.posted]
    if not posted:
        return ()
    weight = sum(piece.item.weight_grams * piece.quantity for piece in posted)
    zone = zone_of(basket.facts.zones, basket.place)
    return choices(zone, Parcel(goods, weight), basket.facts.local_time, basket.facts.calendar)


def _carrier(together: Sequence[Discount], way: ShippingChoice | None) -> Discount | None:
    """Which discount takes something off the delivery; as long as no way is known, the one that would."""
    if way is not None and way.before_minor == way.price_minor:
        return None
    _off, by = delivery_off(together, way.before_minor if way else 0)
    return by


def _cheaper(way: ShippingChoice, together: Sequence[Discount]) -> ShippingChoice:
    if way.kind != DELIVERY:
        return way
    off, _by = delivery_off(together, way.before_minor)
    return replace(way, price_minor=way.before_minor - off)


def _likely(ways: Sequence[ShippingChoice], key: str | None) -> ShippingChoice | None:
    """The way that was chosen; before that, the cheapest delivery, so that sets can be compared."""
    chosen = next((way for way in ways if way.key == key), None)
    delivered = [way for way in ways if way.kind == DELIVERY]
    return chosen or min(delivered, key=lambda way: way.price_minor, default=None)
