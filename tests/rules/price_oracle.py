"""Prices worked out a second time, in fractions, from the words of the documentation: it shares no code.

Slow and plain on purpose. `total_of(request, facts)` answers with everything that a quote must come to.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any


def rounded(value: Fraction) -> int:
    """Half up."""
    return floor(value + Fraction(1, 2))


def parted(total: int, weights: list[int]) -> list[int]:
    """Largest remainder; of equal remainders the first."""
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1) if weights else []
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [floor(share) for share in exact]
    for _ in range(total - sum(parts)):
        behind = [share - part for share, part in zip(exact, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


def rate_for(facts: Any, country: str, region: str, tax_class: str | None) -> tuple[int, str] | None:
    """(basis points, name); None where nothing is known."""
    if tax_class is None:
        return None
    for place in ([region] if region else []) + [""]:
        for wanted in (tax_class, "standard"):
            for rate in facts.rates:
                if (rate.country, rate.region, rate.tax_class) == (country, place, wanted):
                    return rate.rate_bp, rate.name
    return None


def taxes_of(amounts: list[tuple[int, tuple[int, str] | None]], included: bool) -> list[int]:
    """The tax of each amount: each rate rounded once, then parted."""
    answer = [0] * len(amounts)
    for rate in {rate for _amount, rate in amounts if rate}:
        places = [at for at, (_amount, other) in enumerate(amounts) if other == rate]
        whole = sum(amounts[at][0] for at in places)
        part = Fraction(rate[0], 10000 + rate[0]) if included else Fraction(rate[0], 10000)
        for at, tax in zip(
            places, parted(rounded(whole * part), [amounts[at][0] for at in places]), strict=True
        ):
            answer[at] = tax
    return answer


def eligible(discount: Any, item: Any) -> bool:
    wants = discount.conditions
    if not wants.product_ids and not wants.category_ids:
        return True
    return item.product_id in wants.product_ids or any(one in wants.category_ids for one in item.category_ids)


def counts(discount: Any, lines: list[Any], request: Any, facts: Any, country: str) -> bool:
    wants = discount.conditions
    worth = [item.unit_minor * count for item, count in lines if eligible(discount, item)]
    return all((
        wants.starts_at is None or request.at >= wants.starts_at,
        wants.ends_at is None or request.at < wants.ends_at,
        discount.left is None or discount.left > 0,
        discount.left_for_person is None or discount.left_for_person > 0,
        not wants.countries or country in wants.countries,
        not wants.audiences or bool(wants.audiences & request.audiences),
        not wants.first_order or facts.first_order,
        bool(worth),
        sum(worth) >= (wants.minimum_minor or 0),
    ))  # fmt: skip


def taken_off(discount: Any, lines: list[Any], left: list[int]) -> list[int]:
    good = [left[at] if eligible(discount, item) else 0 for at, (item, _count) in enumerate(lines)]
    if discount.kind == "percent":
        return parted(rounded(Fraction(sum(good) * discount.percent_bp, 10000)), good)
    if discount.kind == "fixed":
        return parted(min(discount.amount_minor, sum(good)), good)
    if discount.kind == "free_shipping":
        return [0] * len(lines)
    # Every piece by itself, the cheapest first.
    pieces = [
        (item.unit_minor, at)
        for at, (item, count) in enumerate(lines)
        if eligible(discount, item)
        for _ in range(count)
    ]
    given = len(pieces) // (discount.buy + discount.get) * discount.get
    off = [0] * len(lines)
    for price, at in sorted(pieces)[:given]:
        off[at] += rounded(Fraction(price * discount.percent_bp, 10000))
    return [min(part, most) for part, most in zip(off, good, strict=True)]


def carried(facts: Any, country: str, lines: list[Any], goods: int) -> list[tuple[Any, int]]:
    """(way, price) of the first zone that names the country, else of the first for all others."""
    named = [zone for zone in facts.zones if country in zone.countries]
    others = [zone for zone in facts.zones if "*" in zone.countries]
    weight = sum(item.weight_grams * count for item, count in lines)
    ways = []
    for method in (named or others or [None])[0].methods if named or others else ():
        measured = weight if method.basis == "weight" else goods
        fitting = [band for band in method.bands if band.upto is None or measured <= band.upto]
        if not fitting:
            continue
        narrow = min(fitting, key=lambda band: float("inf") if band.upto is None else band.upto)
        free = method.free_from_minor is not None and goods >= method.free_from_minor
        ways.append((method, 0 if free else narrow.price_minor))
    return ways


def try_set(chosen: list[Any], lines: list[Any], request: Any, facts: Any, country: str) -> dict[str, Any]:
    """What comes of one set of discounts."""
    left = [item.unit_minor * count for item, count in lines]
    effect = {}
    for kind in ("buy_get", "percent", "fixed", "free_shipping"):
        for discount in sorted((one for one in chosen if one.kind == kind), key=lambda one: one.key):
            off = taken_off(discount, lines, left)
            left = [more - less for more, less in zip(left, off, strict=True)]
            effect[discount.key] = sum(off)
    ways = []
    frees = [one for one in chosen if one.kind == "free_shipping"]
    for method, price in carried(facts, country, lines, sum(left)) if lines else []:
        offs = [min(price, one.amount_minor or price) for one in frees] if method.kind == "delivery" else []
        ways.append((method, price, price - max(offs, default=0)))
    asked = [way for way in ways if way[0].key == request.shipping_method]
    delivered = sorted((way for way in ways if way[0].kind == "delivery"), key=lambda way: way[2])
    way = (asked or delivered or [None])[0]
    best = None
    if frees:
        price = way[1] if way else 0
        offs = [min(price, one.amount_minor or price) for one in frees]
        best = frees[offs.index(max(offs))]
        if way and way[1] == way[2]:
            best = None
    for one in frees:
        effect[one.key] = 1 if one is best else 0
    payable = sum(left) + (way[2] if way else 0)
    return {"left": left, "effect": effect, "way": asked[0] if asked else None, "payable": payable}


def best_set(lines: list[Any], request: Any, facts: Any, country: str) -> dict[str, Any]:
    good = [one for one in facts.discounts if counts(one, lines, request, facts, country)]
    automatic = [one for one in good if one.code is None and one.combinable]
    tried = []
    for code in dict.fromkeys(request.coupons):
        for one in good:
            if one.code == code:
                answer = try_set([*automatic, one], lines, request, facts, country)
                if answer["effect"][one.key]:
                    tried.append(answer)
    tried.append(try_set(automatic, lines, request, facts, country))
    for one in good:
        if one.code is None and not one.combinable:
            tried.append(try_set([one], lines, request, facts, country))
    least = min(answer["payable"] for answer in tried)
    return next(answer for answer in tried if answer["payable"] == least)


def total_of(request: Any, facts: Any) -> dict[str, Any]:
    """Everything that a quote must come to."""
    country, region = request.country or facts.home, request.region or ""
    lines = [(facts.items[at], count) for at, count in request.lines if at in facts.items]
    best = best_set(lines, request, facts, country)
    left = best["left"]
    extras = []
    for one in request.adjustments:
        if one.amount_minor < 0:
            off = parted(min(-one.amount_minor, sum(left)), left)
            left = [more - less for more, less in zip(left, off, strict=True)]
        else:
            extras.append((one.amount_minor, rate_for(facts, country, region, one.tax_class)))
    rates = [rate_for(facts, country, region, item.tax_class) for item, _count in lines]
    included = facts.prices_include_tax
    taxes = taxes_of([*zip(left, rates, strict=True), *extras], included)
    shipping = best["way"][2] if best["way"] else 0
    shipping_tax = 0
    if best["way"]:
        gross = [item.unit_minor * count for item, count in lines]
        weights = left if any(left) else gross
        if any(weights):
            by_rate: dict[Any, int] = {}
            for rate, weight in zip(rates, weights, strict=True):
                by_rate[rate or (0, "")] = by_rate.get(rate or (0, ""), 0) + weight
            order = sorted(by_rate, key=lambda rate: (-rate[0], rate[1]))
            parts = list(zip(parted(shipping, [by_rate[rate] for rate in order]), order, strict=True))
        else:
            parts = [(shipping, rate_for(facts, country, region, "standard"))]
        shipping_tax = sum(taxes_of(parts, included))
    on_top = 0 if included else sum(taxes) + shipping_tax
    return {
        "line_totals": [
            part + (0 if included else tax) for part, tax in zip(left, taxes[: len(lines)], strict=True)
        ],
        "line_taxes": taxes[: len(lines)],
        "shipping": shipping,
        "tax": sum(taxes) + shipping_tax,
        "total": sum(left) + sum(amount for amount, _rate in extras) + shipping + on_top,
    }
