"""A quote from a request and the facts of this moment. Everything that costs money is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from storefront.pricing.rules.amounts import spread
from storefront.pricing.rules.bargains import Bargain, Basket, best_bargain
from storefront.pricing.rules.discounts import Piece
from storefront.pricing.rules.facts import FREE_SHIPPING, STANDARD, Facts
from storefront.pricing.rules.places import place_of
from storefront.pricing.rules.shipping import zone_of
from storefront.pricing.rules.taxes import Part, delivery_parts, group_of, tax_lines, taxed
from storefront.pricing.rules.values import (
    Adjustment,
    AppliedAdjustment,
    AppliedDiscount,
    Claim,
    Quote,
    QuoteLine,
    QuoteRequest,
    ShippingChoice,
)


@dataclass(frozen=True, slots=True)
class Goods:
    """One line with all that is taken off it, and its tax."""

    piece: Piece
    off: int
    part: Part


@dataclass(frozen=True, slots=True)
class Extra:
    """One adjustment as it counts, and its tax."""

    adjustment: Adjustment
    amount: int
    part: Part


def make_quote(request: QuoteRequest, facts: Facts) -> Quote:
    """What `request` costs. The same request and facts give the same quote, to the last unit."""
    basket = _basket(request, facts)
    bargain, problems = best_bargain(basket)
    goods, extras = _taxed_goods(basket, bargain)
    ways, chosen, carried = _taxed_ways(basket, bargain, goods)
    parts = [*(one.part for one in goods), *(one.part for one in extras), *carried]
    lines = tuple(_line(one, facts.prices_include_tax) for one in goods)
    quote = Quote(
        currency=facts.currency,
        prices_include_tax=facts.prices_include_tax,
        country=request.country,
        lines=lines,
        discounts=_applied(bargain, chosen),
        adjustments=tuple(_adjustment(one, facts.prices_include_tax) for one in extras),
        shipping=chosen,
        shipping_choices=ways,
        taxes=tax_lines(parts, included=facts.prices_include_tax),
        goods_minor=_sum(lines, "gross_minor"),
        discount_minor=_sum(lines, "discount_minor"),
        shipping_minor=chosen.price_minor if chosen else 0,
        tax_minor=_sum(parts, "tax"),
        total_minor=0,
        claims=_claims(bargain, request, facts),
        coupon_problems=problems,
        missing=_missing(request, facts),
        shipping_problem=_shipping_problem(basket, ways),
        free_shipping_from_minor=_free_from(ways),
        needs_delivery=basket.needs_delivery,
    )
    total = quote.lines_minor + quote.adjustments_minor + quote.shipping_total_minor
    return replace(quote, total_minor=total)


def _basket(request: QuoteRequest, facts: Facts) -> Basket:
    place = place_of(request.country, request.region, request.postcode, facts.home)
    sold = [Piece(facts.items[at], count) for at, count in request.lines if at in facts.items]
    return Basket(request, facts, place, tuple(sold))


def _missing(request: QuoteRequest, facts: Facts) -> tuple[int, ...]:
    return tuple(dict.fromkeys(at for at, _count in request.lines if at not in facts.items))


def _sum(things: Sequence[Any], name: str) -> int:
    return sum(getattr(thing, name) for thing in things)


# --- goods and extras -------------------------------------------------------------------------------------


def _taxed_goods(basket: Basket, bargain: Bargain) -> tuple[list[Goods], list[Extra]]:
    """Lines and extras with their tax, which is rounded once per rate over both."""
    facts = basket.facts
    off, amounts = _less(basket, bargain)
    parts = [
        Part(group_of(facts.rates, basket.place, piece.item.tax_class), piece.gross - less)
        for piece, less in zip(basket.pieces, off, strict=True)
    ]
    wanted = basket.request.adjustments
    groups = [group_of(facts.rates, basket.place, one.tax_class) for one in wanted]
    parts += [Part(group, max(amount, 0)) for group, amount in zip(groups, amounts, strict=True)]
    done = taxed(parts, included=facts.prices_include_tax)
    count = len(basket.pieces)
    goods = [Goods(*one) for one in zip(basket.pieces, off, done[:count], strict=True)]
    return goods, [Extra(*one) for one in zip(wanted, amounts, done[count:], strict=True)]


def _less(basket: Basket, bargain: Bargain) -> tuple[list[int], list[int]]:
    """(what is taken off each line in the end, each adjustment as far as it counts)."""
    off, amounts = list(bargain.off), []
    for one in basket.request.adjustments:
        if one.amount_minor >= 0:
            amounts.append(one.amount_minor)
            continue
        left = [piece.gross - less for piece, less in zip(basket.pieces, off, strict=True)]
        taken = min(-one.amount_minor, sum(left))
        off = [less + part for less, part in zip(off, spread(taken, left), strict=True)]
        amounts.append(-taken)
    return off, amounts


def _line(one: Goods, included: bool) -> QuoteLine:
    item = one.piece.item
    return QuoteLine(
        variant_id=item.variant_id,
        product_id=item.product_id,
        sku=item.sku,
        quantity=one.piece.quantity,
        unit_minor=item.unit_minor,
        compare_at_minor=item.compare_at_minor,
        gross_minor=one.piece.gross,
        discount_minor=one.off,
        tax_rate_bp=one.part.group[0],
        tax_minor=one.part.tax,
        total_minor=one.part.amount + (0 if included else one.part.tax),
        weight_grams=item.weight_grams,
        tax_class=item.tax_class,
    )


def _adjustment(one: Extra, included: bool) -> AppliedAdjustment:
    asked, part = one.adjustment, one.part
    total = part.amount + (0 if included else part.tax)
    rate = part.group[0] if one.amount >= 0 else 0
    return AppliedAdjustment(asked.key, asked.label, one.amount, rate, part.tax, total, asked.source)


# --- delivery ---------------------------------------------------------------------------------------------


def _taxed_ways(
    basket: Basket, bargain: Bargain, goods: Sequence[Goods]
) -> tuple[tuple[ShippingChoice, ...], ShippingChoice | None, list[Part]]:
    """(every way with its tax, the chosen one, the parts of its price under the rates of the goods)."""
    values = [(one.part.group, one.part.amount, one.piece.gross) for one in goods]
    standard = group_of(basket.facts.rates, basket.place, STANDARD)
    ways, chosen, carried = [], None, []
    for way in bargain.ways:
        parts = delivery_parts(way.price_minor, values, standard)
        parts = taxed(parts, included=basket.facts.prices_include_tax)
        ways.append(replace(way, tax_minor=_sum(parts, "tax")))
        if way.key == basket.request.shipping_method:
            chosen, carried = ways[-1], parts
    return tuple(ways), chosen, carried


def _free_from(ways: Sequence[ShippingChoice]) -> int | None:
    """The smallest value of goods from which some way costs nothing."""
    return min((way.free_from_minor for way in ways if way.free_from_minor is not None), default=None)


def _shipping_problem(basket: Basket, ways: Sequence[ShippingChoice]) -> str:
    """Why nothing can be chosen, or what was chosen cannot be had."""
    if not basket.needs_delivery:
        return ""
    if not ways:
        zone = zone_of(basket.facts.zones, basket.place)
        return "weight" if zone is not None and zone.methods else "country"
    wanted = basket.request.shipping_method
    return "method" if wanted is not None and wanted not in {way.key for way in ways} else ""


# --- what counted -----------------------------------------------------------------------------------------


def _applied(bargain: Bargain, chosen: ShippingChoice | None) -> tuple[AppliedDiscount, ...]:
    found = [
        AppliedDiscount(one.key, one.code, one.label, amount)
        for one, amount in bargain.amounts
        if amount and one.kind != FREE_SHIPPING
    ]
    by = bargain.carrier
    if by is not None:
        off = chosen.before_minor - chosen.price_minor if chosen else 0
        found.append(AppliedDiscount(by.key, by.code, by.label, off, on="shipping"))
    return tuple(found)


def _claims(bargain: Bargain, request: QuoteRequest, facts: Facts) -> tuple[Claim, ...]:
    """What has to be claimed for this price, one claim a counter, in the order of their names."""
    sums: dict[str, int] = {}
    helping = [one for one in bargain.discounts if bargain.helps(one)]
    counted = [claim for one in helping for claim in one.claims]
    if any(one.conditions.first_order for one in helping):
        counted += facts.first_claims
    for claim in [*counted, *(claim for one in request.adjustments for claim in one.claims)]:
        sums[claim.counter] = sums.get(claim.counter, 0) + claim.amount
    return tuple(Claim(name, sums[name]) for name in sorted(sums))
