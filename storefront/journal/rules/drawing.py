"""Bars of a chart: geometry alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TOP, BOTTOM = 14.0, 176.0


@dataclass(frozen=True)
class Bar:
    """One day: where its bar stands, and where its two parts begin, from the ground up."""

    x: float
    width: float
    noted_y: float
    noted_height: float
    others_y: float
    others_height: float


@dataclass(frozen=True)
class Bars:
    """A bar for each day on a scale that starts at zero. Ticks are (y, value), labels (x, place)."""

    width: int
    left: float
    right: float
    ticks: tuple[tuple[float, int], ...]
    labels: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]


def draw_bars(days: Sequence[tuple[int, int]], *, wide: bool) -> Bars:
    """Pages of people who agreed, and of the others on top of them, day by day."""
    width, left, right = (700, 60.0, 688.0) if wide else (330, 52.0, 318.0)
    top = _scale_top(max([noted + others for noted, others in days] or [0]))
    step = (right - left) / max(len(days), 1)

    def height(value: int) -> float:
        return round((BOTTOM - TOP) * value / top, 1)

    bars = []
    for place, (noted, others) in enumerate(days):
        below = height(noted)
        above = round(height(noted + others) - below, 1)
        x = round(left + step * place + step * 0.12, 1)
        ground = round(BOTTOM - below, 1)
        bars.append(Bar(x, round(step * 0.76, 1), ground, below, round(ground - above, 1), above))
    every = max(1, len(days) // 4)
    labels = tuple((round(left + step * (place + 0.5), 1), place) for place in range(0, len(days), every))
    ticks = tuple((round(BOTTOM - (BOTTOM - TOP) * part / 2, 1), top * part // 2) for part in range(3))
    return Bars(width, left, right, ticks, labels, tuple(bars))


def _scale_top(most: int) -> int:
    step = 1
    while True:
        for factor in (1, 2, 5):
            if 2 * step * factor >= max(most, 2):
                return 2 * step * factor
        step *= 10
