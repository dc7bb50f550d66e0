"""How a figure of today compares with what is usual on this weekday, and how its course is drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_WEEKS = 3
TOP, BOTTOM = 14.0, 176.0


@dataclass(frozen=True)
class Comparison:
    """`verdict`: unknown (too few weeks to say), usual (within what those weeks were), more, less.

    `last` is the week before, `least` and `most` what the weeks before lay between.
    """

    verdict: str
    last: int | None = None
    least: int = 0
    most: int = 0
    weeks: int = 0


def compare(today: int, before: Sequence[int]) -> Comparison:
    """One day against the same weekday of the weeks before, newest first: within their spread it is usual."""
    if not before:
        return Comparison("unknown")
    least, most = min(before), max(before)
    if len(before) < FEWEST_WEEKS:
        verdict = "unknown"
    else:
        verdict = "usual" if least <= today <= most else "more" if today > most else "less"
    return Comparison(verdict, before[0], least, most, len(before))


# --- the drawing ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chart:
    """A line for today and a dashed one for a week ago, as SVG paths; ticks are (y, value)."""

    width: int
    left: float
    right: float
    ticks: list[tuple[float, int]]
    hours: list[tuple[float, str, str]]
    before: str
    today: str
    area: str
    dot: tuple[float, float]


def draw(curve: Sequence[int], before: Sequence[int], now_hour: float, *, wide: bool) -> Chart:
    """Running sums by hour (the sum until 01:00 first) on one scale that starts at zero.

    The last value of `curve` is until now, which is `now_hour` hours after midnight.
    """
    width, left, right = (700, 70.0, 688.0) if wide else (330, 62.0, 318.0)
    top = scale_top(max([*curve, *before, 1]))

    def x(hour: float) -> float:
        return round(left + (right - left) * hour / 24, 1)

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / top, 1)

    hours = [x(index) for index in range(1, len(curve))] + [x(now_hour)] if curve else []
    points = list(zip(hours, (y(value) for value in curve), strict=True))
    line = _path([(x(0), y(0)), *points])
    return Chart(
        width,
        left,
        right,
        [(y(top * part / 3), top * part // 3) for part in range(4)],
        [
            (x(hour), f"{hour:02}:00", anchor)
            for hour, anchor in ((0, "start"), (6, "middle"), (12, "middle"), (18, "middle"), (24, "end"))
        ],
        _path([(x(0), y(0)), *((x(index + 1), y(value)) for index, value in enumerate(before))]),
        line,
        f"{line}L{points[-1][0]} {y(0)}L{x(0)} {y(0)}Z" if points else "",
        points[-1] if points else (0.0, 0.0),
    )


def scale_top(most: int) -> int:
    """The round number that the scale ends with: three steps of 1, 2 or 5 times a power of ten."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if 3 * step * factor >= most:
                return 3 * step * factor
        step *= 10


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
