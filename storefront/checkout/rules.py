"""The steps of a checkout, and what changed between two quotes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.pricing.rules import Quote

STEPS = ("contact", "shipping", "payment")


@dataclass(frozen=True, slots=True)
class Progress:
    """Which steps are finished."""

    contact: bool = False
    shipping: bool = False

    def first_unfinished(self) -> str:
        """The step that comes next."""
        if not self.contact:
            return "contact"
        return "payment" if self.shipping else "shipping"

    def may_enter(self, step: str) -> bool:
        """Whether all steps before this one are finished."""
        return STEPS.index(step) <= STEPS.index(self.first_unfinished())


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `what` is line, gone, new, pieces, discount, shipping, tax, total or other.

    `before` and `now` are minor units, or pieces; a variant is named where there is one.
    """

    what: str
    before: int | None
    now: int | None
    variant_id: int | None = None


def figures(quote: Quote) -> dict[str, Any]:
    """What a shopper saw of a quote, small enough to travel in their form."""
    return {
        "lines": [[line.variant_id, line.quantity, line.unit_minor] for line in quote.lines],
        "discount": quote.discount_minor,
        "shipping": quote.shipping_total_minor,
        "tax": 0 if quote.prices_include_tax else quote.tax_minor,
        "total": quote.total_minor,
    }


def changes(seen: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What is different, line by line first, the total last. Never empty for two different quotes."""
    before = {variant: (quantity, unit) for variant, quantity, unit in seen["lines"]}
    after = {variant: (quantity, unit) for variant, quantity, unit in now["lines"]}
    found = []
    for variant in dict.fromkeys([*before, *after]):
        if before.get(variant) != after.get(variant):
            found += _of_line(variant, before.get(variant), after.get(variant))
    for name in ("discount", "shipping", "tax", "total"):
        if seen[name] != now[name]:
            found.append(Change(name, seen[name], now[name]))
    return found or [Change("other", None, None)]


def _of_line(variant: int, before: tuple[int, int] | None, after: tuple[int, int] | None) -> list[Change]:
    if after is None:
        return [Change("gone", None, None, variant)]
    if before is None:
        return [Change("new", None, after[0], variant)]
    found = []
    if before[0] != after[0]:
        found.append(Change("pieces", before[0], after[0], variant))
    if before[1] != after[1]:
        found.append(Change("line", before[1], after[1], variant))
    return found
