"""Tax: the destination decides. What has no rate there is taxed with nothing.

The tax of each rate is rounded once over all goods, and once over the delivery; the lines get their shares by
largest remainder, so that they sum to the whole. Delivery shares the fate of the goods: its price is split
over their rates in proportion to their value, as is usual in the EU and the UK. Where prices include tax they
are the same in every country, and only the tax within them differs. Vouchers (the class 'none') are untaxed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storefront.pricing.rules.amounts import spread, tax_of
from storefront.pricing.rules.facts import STANDARD, UNTAXED_CLASS, TaxRate
from storefront.pricing.rules.places import Place, region_code
from storefront.pricing.rules.values import TaxLine

Group = tuple[int, str]
UNTAXED: Group = (0, "")


@dataclass(frozen=True, slots=True)
class Part:
    """An amount taxed in one group: (rate, name of the tax)."""

    group: Group
    amount: int
    tax: int = 0


def group_of(rates: Sequence[TaxRate], place: Place, tax_class: str | None) -> Group:
    """The rate for a class of goods: of the region before the country, of the class before the standard."""
    if tax_class is None or tax_class == UNTAXED_CLASS:
        return UNTAXED
    known = {
        (region_code(rate.country, rate.region), rate.tax_class): (rate.rate_bp, rate.name)
        for rate in rates
        if rate.country == place.country
    }
    regions = (place.region, "") if place.region else ("",)
    for region in regions:
        for wanted in (tax_class, STANDARD):
            if (region, wanted) in known:
                return known[region, wanted]
    return UNTAXED


def taxed(parts: Sequence[Part], *, included: bool) -> list[Part]:
    """The same parts with their tax: rounded once per group, spread over its parts by their amounts."""
    groups: dict[Group, list[int]] = {}
    for place, part in enumerate(parts):
        groups.setdefault(part.group, []).append(place)
    answer = list(parts)
    for group, places in groups.items():
        amounts = [parts[place].amount for place in places]
        whole = tax_of(sum(amounts), group[0], included=included)
        for place, tax in zip(places, spread(whole, amounts), strict=True):
            answer[place] = Part(group, parts[place].amount, tax)
    return answer


def delivery_parts(price: int, goods: Sequence[tuple[Group, int, int]], standard: Group) -> list[Part]:
    """The price of delivery over the rates of the goods, given as (group, amount paid, amount before).

    Where the goods cost nothing, their price before discounts counts; where that is nothing, `standard`.
    """
    paid: dict[Group, int] = {}
    before: dict[Group, int] = {}
    for group, amount, gross in goods:
        paid[group] = paid.get(group, 0) + amount
        before[group] = before.get(group, 0) + gross
    weights = paid if any(paid.values()) else before
    if not any(weights.values()):
        return [Part(standard, price)]
    groups = sorted(weights, key=lambda group: (-group[0], group[1]))
    return [
        Part(group, amount)
        for group, amount in zip(groups, spread(price, [weights[group] for group in groups]), strict=True)
    ]


def tax_lines(parts: Sequence[Part], *, included: bool) -> tuple[TaxLine, ...]:
    """One line per rate, highest first. What has no rate at all is not listed."""
    sums: dict[Group, tuple[int, int]] = {}
    for part in parts:
        amount, tax = sums.get(part.group, (0, 0))
        sums[part.group] = (amount + part.amount, tax + part.tax)
    return tuple(
        TaxLine(group[1], group[0], amount - tax if included else amount, tax)
        for group, (amount, tax) in sorted(sums.items(), key=lambda pair: (-pair[0][0], pair[0][1]))
        if group != UNTAXED and amount
    )
