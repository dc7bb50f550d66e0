"""Percentile bootstrap over people: how far a figure could be off by who happened to come.

Efron and Tibshirani 1993, chapter 13. Methods are resampled together (paired), so what makes a person easy or
hard for all of them cancels out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """Means of every method over the same resampled people.

    With `groups` (a number per entry) whole people are drawn, each with all entries of theirs. An entry that
    is NaN for any method is left out for all.
    """

    def __init__(
        self,
        values: Mapping[str, NDArray],
        groups: NDArray | None = None,
        *,
        resamples: int = RESAMPLES,
        seed: int = SEED,
    ) -> None:
        self.names = list(values)
        table = np.column_stack([np.asarray(values[name], np.float64) for name in self.names])
        usable = ~np.isnan(table).any(axis=1)
        sums, counts = _by_group(table[usable], None if groups is None else np.asarray(groups)[usable])
        self.entries, self.people = int(counts.sum()), len(counts)
        with np.errstate(invalid="ignore"):
            means = sums.sum(axis=0) / np.float64(self.entries)
        self.mean = {name: float(mean) for name, mean in zip(self.names, means, strict=True)}
        drawn = _means(sums, counts, resamples, seed)
        self.drawn = dict(zip(self.names, drawn.T, strict=True))

    def of(self, name: str) -> Interval:
        """A method's mean."""
        return interval(self.mean[name], self.drawn[name])

    def difference(self, name: str, other: str) -> Interval:
        """Mean of one method minus that of another."""
        return interval(self.mean[name] - self.mean[other], self.drawn[name] - self.drawn[other])

    def ratio(self, name: str, other: str) -> Interval:
        """Mean of one method divided by that of another; infinite where the other has nothing."""
        return interval(
            _divided(self.mean[name], self.mean[other]), _divided(self.drawn[name], self.drawn[other])
        )


def _by_group(
    table: NDArray[np.float64], groups: NDArray | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of each person's entries and how many there are."""
    if groups is None or not len(table):
        return table, np.ones(len(table))
    _, place = np.unique(groups, return_inverse=True)
    counts: NDArray[np.float64] = np.bincount(place).astype(np.float64)
    sums: NDArray[np.float64] = np.column_stack([np.bincount(place, weights=column) for column in table.T])
    return sums, counts


def weights_of(people: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each person is drawn in each resample, some resamples at a time."""
    chance = np.random.default_rng(seed)
    for start in range(0, resamples, AT_ONCE):
        yield chance.multinomial(people, np.full(people, 1 / people), size=min(AT_ONCE, resamples - start))


def _means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[np.float64]:
    if not len(sums):
        return np.full((resamples, sums.shape[1]), np.nan)
    return np.concatenate(
        [(w @ sums) / (w @ counts)[:, None] for w in weights_of(len(sums), resamples, seed)]
    )


def _divided(above: NDArray | float, below: NDArray | float) -> NDArray | float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(above, below)


def interval(value: float | NDArray, drawn: NDArray | float) -> Interval:
    """A figure with the range of its resamples; NaN among these are left out."""
    held = np.asarray(drawn)
    held = held[~np.isnan(held)]
    if not len(held):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.quantile(held, (LOW, HIGH))
    return Interval(float(value), float(low), float(high))
