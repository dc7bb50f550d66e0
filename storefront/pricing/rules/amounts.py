"""Whole amounts, rounded in one place and split without losing a unit."""

from __future__ import annotations

from collections.abc import Sequence

from storefront.core.money import Money
from storefront.pricing.rules.facts import WHOLE_BP


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number of a fraction that is not negative; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(amount: int, rate_bp: int) -> int:
    """So many basis points of an amount."""
    return half_up(amount * rate_bp, WHOLE_BP)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in parts that sum to it, in proportion to the weights (largest remainder, then the first).

    Weights that are all zero: nothing can be told apart, so the first part takes all.
    """
    if not any(weights):
        return [total if place == 0 else 0 for place in range(len(weights))]
    return [part.minor for part in Money(total, "").allocate(list(weights))]


def tax_of(amount: int, rate_bp: int, *, included: bool) -> int:
    """The tax within an amount, or on top of it."""
    return half_up(amount * rate_bp, WHOLE_BP + rate_bp if included else WHOLE_BP)
