"""Percentile bootstrap over people: how far a figure could be off by who happened to come.

Efron and Tibshirani 1993, chapter 13. Methods are resampled together (paired), so what makes a person easy or
hard for all of them cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
AT_ONCE = 100  # resamples held as weights at a time
SEED = 11
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the 5 to 95 % range of its resamples."""

    value: float
    low: float
    high: float

    def as_list(self) -> list[float]:
        """[value, low, high], rounded for JSON."""
        return [round(number, 5) for number in (self.value, self.low, self.high)]


class Resamples:
    """Means of every method over the same resampled people. NaN of one person counts for nobody's mean."""

    def __init__(
        self, values: Mapping[str, NDArray], *, resamples: int = RESAMPLES, seed: int = SEED
    ) -> None:
        self.names = list(values)
        table = np.column_stack([np.asarray(values[name], np.float64) for name in self.names])
        usable = ~np.isnan(table).any(axis=1)
        table = table[usable]
        self.people = len(table)
        self.mean = dict(
            zip(self.names, table.mean(axis=0) if len(table) else [np.nan] * len(self.names), strict=True)
        )
        drawn = _means(table, resamples, seed)
        self.drawn = dict(zip(self.names, drawn.T, strict=True))

    def of(self, name: str) -> Interval:
        """A method's mean."""
        return _interval(self.mean[name], self.drawn[name])

    def difference(self, name: str, other: str) -> Interval:
        """Mean of one method minus that of another."""
        return _interval(self.mean[name] - self.mean[other], self.drawn[name] - self.drawn[other])

    def ratio(self, name: str, other: str) -> Interval:
        """Mean of one method divided by that of another; infinite where the other has nothing."""
        return _interval(
            _divided(self.mean[name], self.mean[other]), _divided(self.drawn[name], self.drawn[other])
        )


def _means(table: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    chance = np.random.default_rng(seed)
    count = len(table)
    if not count:
        return np.full((resamples, table.shape[1]), np.nan)
    drawn = np.empty((resamples, table.shape[1]))
    for start in range(0, resamples, AT_ONCE):
        size = min(AT_ONCE, resamples - start)
        weights = chance.multinomial(count, np.full(count, 1 / count), size=size)
        drawn[start : start + size] = weights @ table / count
    return drawn


def _divided(above: NDArray | float, below: NDArray | float) -> NDArray | float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(above, below)


def _interval(value: float | NDArray, drawn: NDArray | float) -> Interval:
    held = np.asarray(drawn)
    held = held[~np.isnan(held)]
    if not len(held):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.quantile(held, (LOW, HIGH))
    return Interval(float(value), float(low), float(high))
