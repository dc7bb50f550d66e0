"""Two ways of doing the same, measured by turns (A B A B): a busy neighbour slows both alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommender.evaluation.bootstrap import HIGH, LOW, Interval


def spread(values: Sequence[float]) -> Interval:
    """The median and the 5 to 95 % range of these numbers."""
    low, middle, high = np.quantile(np.asarray(values, np.float64), [LOW, 0.5, HIGH])
    return Interval(float(middle), float(low), float(high))


def ratios(ours: Sequence[float], reference: Sequence[float]) -> Interval:
    """Ours divided by the reference, turn by turn."""
    return spread([one / max(other, 1e-12) for one, other in zip(ours, reference, strict=True)])


def noise(reference: Sequence[float]) -> Interval | None:
    """The reference divided by itself, each turn by the one before: what no difference looks like."""
    if len(reference) < 2:
        return None
    return ratios(reference[1:], reference[:-1])


@dataclass
class Turns:
    """What was measured of several ways, turn after turn; every number of one turn belongs together."""

    ways: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def take(self, ways: Mapping[str, Callable[[], dict[str, float]]], rounds: int) -> Turns:
        """Measure each way once per round, always in the same order."""
        for _ in range(rounds):
            for name, measure in ways.items():
                self.ways.setdefault(name, []).append(measure())
        return self

    def of(self, way: str, what: str) -> list[float]:
        """One number of one way, turn by turn."""
        return [turn[what] for turn in self.ways[way]]

    def ratio(self, way: str, reference: str, what: str) -> Interval:
        """How many times the reference's number this way's is."""
        return ratios(self.of(way, what), self.of(reference, what))

    def compared(self, way: str, reference: str, what: str, unit: str) -> dict[str, Any]:
        """Both numbers, their ratio and the noise floor, as plain values."""
        quiet = noise(self.of(reference, what))
        return {
            "what": what,
            "unit": unit,
            "ours": spread(self.of(way, what)).as_list(),
            "reference": spread(self.of(reference, what)).as_list(),
            "ratio": self.ratio(way, reference, what).as_list(),
            "noise": quiet.as_list() if quiet else None,
        }
