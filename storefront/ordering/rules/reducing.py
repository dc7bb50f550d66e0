"""An order with fewer pieces than were ordered: what its lines, discounts and taxes come to then. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LineSums:
    """A line in whole minor units. `total_minor` is paid for it, tax included in it or added to it."""

    quantity: int
    unit_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


def fewer(line: LineSums, pieces: int, *, tax_included: bool) -> LineSums:
    """The line without `pieces`: each that stays costs what it did, rests go to the buyer."""
    left = line.quantity - pieces
    if left <= 0:
        return LineSums(0, line.unit_minor, 0, 0, 0)
    net = (line.unit_minor * line.quantity - line.discount_minor) * left // line.quantity
    tax = line.tax_minor * left // line.quantity
    total = net if tax_included else net + tax
    return LineSums(left, line.unit_minor, line.unit_minor * left - net, tax, total)


def share(total_minor: int, quantity: int, before: int, pieces: int) -> int:
    """What `pieces` of a line cost of which `before` went before: shares that together are the whole."""
    return total_minor * (before + pieces) // quantity - total_minor * before // quantity


def lighter_taxes(
    taxes: Sequence[Mapping[str, Any]], rate_bp: int, base_minor: int, tax_minor: int
) -> list[dict[str, Any]]:
    """The taxes of an order when so much less is taxed at one rate."""
    found = []
    for one in taxes:
        less = {"base_minor": one["base_minor"] - base_minor, "tax_minor": one["tax_minor"] - tax_minor}
        found.append({**one, **less} if one["rate_bp"] == rate_bp else dict(one))
    return found


def smaller_discounts(discounts: Sequence[Mapping[str, Any]], off_minor: int) -> list[dict[str, Any]]:
    """The discounts on goods when they take `off_minor` less off; the first give first."""
    found = []
    for one in discounts:
        less = min(off_minor, one["amount_minor"]) if one.get("on", "goods") == "goods" else 0
        off_minor -= less
        found.append({**one, "amount_minor": one["amount_minor"] - less})
    return found
