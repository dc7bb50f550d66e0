"""What a refund takes back of each tax rate: the sums of a credit note. Pure, whole minor units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """So much of one tax rate: `gross_minor` with the tax, `tax_minor` within it."""

    name: str
    rate_bp: int
    gross_minor: int
    tax_minor: int

    @property
    def base_minor(self) -> int:
        return self.gross_minor - self.tax_minor


@dataclass(frozen=True, slots=True)
class Part:
    """Part of an order: what was paid for it, and the rate at which it was taxed."""

    gross_minor: int
    rate_bp: int


def split(amount_minor: int, parts: Iterable[Part], names: Mapping[int, str]) -> tuple[Share, ...]:
    """`amount_minor` spread over the rates of `parts` as they weigh; exact, the largest remainders first.

    Without a part that weighs anything, all of it counts as untaxed.
    """
    weights: dict[int, int] = {}
    for part in parts:
        weights[part.rate_bp] = weights.get(part.rate_bp, 0) + part.gross_minor
    weights = {rate: weight for rate, weight in weights.items() if weight > 0} or {0: 1}
    shares = _spread(amount_minor, weights)
    return tuple(
        Share(names.get(rate, ""), rate, gross, _tax_within(gross, rate))
        for rate, gross in sorted(shares.items(), reverse=True)
        if gross
    )


def _spread(amount_minor: int, weights: Mapping[int, int]) -> dict[int, int]:
    total = sum(weights.values())
    shares = {rate: amount_minor * weight // total for rate, weight in weights.items()}
    rest = amount_minor - sum(shares.values())
    by_remainder = sorted(weights, key=lambda rate: (-(amount_minor * weights[rate] % total), rate))
    for rate in by_remainder[:rest]:
        shares[rate] += 1
    return shares


def _tax_within(gross_minor: int, rate_bp: int) -> int:
    """The tax in an amount that includes it, rounded half up."""
    return (2 * gross_minor * rate_bp + 10_000 + rate_bp) // (2 * (10_000 + rate_bp))
