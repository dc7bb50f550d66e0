"""Charts as SVG: bars and ratios with their ranges. Colours follow the reader's light or dark setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10

from recommender.evaluation.bootstrap import Interval

WIDTH, LABELS, FIGURES = 820, 220, 196  # of the whole, of names on the left, of figures on the right
ROW, TOP, BOTTOM = 30, 34, 34
SMALLEST, LARGEST = 0.05, 20.0  # ratios beyond stand at the edge
ROUND = (1, 0.5, 2, 0.1, 10, 0.2, 5, 1.5, 0.7, 3, 0.9, 1.2, 0.8, 1.1, 0.3, 0.05, 20, 0.95, 1.05)
APART = 42
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1c2430}.quiet{fill:#5b6675}.axis{stroke:#d5dae1}"
    ".bar{fill:#a9b6c8}.ours{fill:#1f6feb}.range{stroke:#1c2430;stroke-width:1.5}.even{stroke:#1c2430;"
    "stroke-dasharray:4 3}.goal{stroke:#b35900;stroke-width:2}.word{fill:#b35900}.strong{font-weight:600}"
    ".dot{fill:#1f6feb}.behind{fill:#b4232a}"
    "@media(prefers-color-scheme:dark){text{fill:#e6eaf0}.quiet{fill:#a3adbb}.axis{stroke:#3a4350}"
    ".bar{fill:#56657a}.ours{fill:#6aa7ff}.range,.even{stroke:#e6eaf0}.goal{stroke:#f0a04b}"
    ".word{fill:#f0a04b}.dot{fill:#6aa7ff}.behind{fill:#ff7b7f}}"
)


@dataclass(frozen=True)
class Mark:
    """One row of a chart."""

    name: str
    interval: Interval
    ours: bool = False
    goal: float | None = None
    behind: bool | None = None  # None: judged by the range


def bars(title: str, marks: Sequence[Mark], unit: str) -> str:
    """A bar per method from 0, with its 5-95 % range."""
    most = max((mark.interval.high for mark in marks if isfinite(mark.interval.high)), default=0.0) or 1.0
    scale = _Scale(0.0, most)
    rows = [_bar(place, mark, scale) for place, mark in enumerate(marks)]
    return _chart(title, unit, len(marks), scale, rows)


def ratios(title: str, marks: Sequence[Mark], unit: str) -> str:
    """A dot per comparison with its range, a dashed line at 1 and, where there is one, the goal."""
    ends = [end for mark in marks for end in (mark.interval.low, mark.interval.high, mark.goal or 1.0)]
    held = [end for end in ends if isfinite(end) and end > 0] or [1.0]
    scale = _Ratios(max(SMALLEST, min(0.88, *held) / 1.04), min(LARGEST, max(1.13, *held) * 1.04))
    even = scale.at(1.0)
    line = f'<line class="even" x1="{even:.1f}" x2="{even:.1f}" y1="{TOP - 6}" y2="{_foot(len(marks))}"/>'
    rows = [line, *(_ratio(place, mark, scale) for place, mark in enumerate(marks))]
    return _chart(title, unit, len(marks), scale, rows)


class _Scale:
    """Values from left to right, all steps equally wide."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, max(high, low + 1e-9)

    def at(self, value: float) -> float:
        """Where a value stands from the left, kept inside the chart."""
        low, high = self._bent(self.low), self._bent(self.high)
        inside = self._bent(min(max(value, self.low), self.high))
        return LABELS + (inside - low) / (high - low) * (WIDTH - LABELS - FIGURES)

    def _bent(self, value: float) -> float:
        return value

    def ticks(self) -> Iterable[float]:
        """Four to eight round values."""
        raw = (self.high - self.low) / 5
        step = 10 ** floor(log10(raw))
        step = next(step * factor for factor in (1, 2, 5, 10) if step * factor >= raw)
        first = -(-self.low // step)
        return [step * (first + place) for place in range(9) if step * (first + place) <= self.high]


class _Ratios(_Scale):
    """Twice and half as much stand equally far from 1."""

    def _bent(self, value: float) -> float:
        return log10(value)

    def ticks(self) -> Iterable[float]:
        """Round ratios, 1 first, none closer than APART to another."""
        chosen: list[float] = []
        for tick in ROUND:
            inside = self.low <= tick <= self.high
            if inside and all(abs(self.at(tick) - self.at(other)) >= APART for other in chosen):
                chosen.append(tick)
        return chosen


def _foot(rows: int) -> int:
    return TOP + rows * ROW


def _bar(place: int, mark: Mark, scale: _Scale) -> str:
    middle, start = TOP + place * ROW + ROW // 2, scale.at(0)
    kind = "ours" if mark.ours else "bar"
    length = max(scale.at(mark.interval.value) - start, 0)
    shape = f'<rect class="{kind}" x="{start}" y="{middle - 8}" width="{length:.1f}" height="16" rx="3"/>'
    return shape + _range(mark, middle, scale) + _words(mark, middle, 4)


def _ratio(place: int, mark: Mark, scale: _Scale) -> str:
    middle = TOP + place * ROW + ROW // 2
    behind = mark.interval.high < 1 if mark.behind is None else mark.behind
    kind = "behind" if behind else "dot"
    dot = f'<circle class="{kind}" cx="{scale.at(mark.interval.value):.1f}" cy="{middle}" r="5"/>'
    goal = ""
    if mark.goal is not None:
        at = scale.at(mark.goal)
        goal = f'<line class="goal" x1="{at:.1f}" x2="{at:.1f}" y1="{middle - 11}" y2="{middle + 11}"/>'
    return goal + _range(mark, middle, scale) + dot + _words(mark, middle, 3)


def _range(mark: Mark, middle: int, scale: _Scale) -> str:
    low, high = mark.interval.low, mark.interval.high
    if not (isfinite(low) and isfinite(high)) or low == high:
        return ""
    start, end = scale.at(low), scale.at(high)
    return f'<line class="range" x1="{start:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}"/>'


def _words(mark: Mark, middle: int, digits: int) -> str:
    strong = ' class="strong"' if mark.ours else ""
    name = f'<text{strong} x="{LABELS - 10}" y="{middle + 4}" text-anchor="end">{escape(mark.name)}</text>'
    held = mark.interval
    told = f"{held.value:.{digits}f}"
    if isfinite(held.low) and held.low != held.high:
        told += f" ({held.low:.{digits}f}-{held.high:.{digits}f})"
    return name + f'<text class="quiet" x="{WIDTH - FIGURES + 10}" y="{middle + 4}">{told}</text>'


def _chart(title: str, unit: str, count: int, scale: _Scale, rows: Iterable[str]) -> str:
    foot, height = _foot(count), _foot(count) + BOTTOM
    lines = "".join(
        f'<line class="axis" x1="{scale.at(tick):.1f}" x2="{scale.at(tick):.1f}" y1="{TOP - 6}" y2="{foot}"/>'
        f'<text class="quiet" x="{scale.at(tick):.1f}" y="{foot + 16}" text-anchor="middle">{tick:g}</text>'
        for tick in scale.ticks()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>'
        f'<text class="strong" x="0" y="16">{escape(title)}</text>'
        f'<text class="quiet" x="{WIDTH}" y="16" text-anchor="end">{escape(unit)}</text>'
        f"{lines}{''.join(rows)}</svg>"
    )
