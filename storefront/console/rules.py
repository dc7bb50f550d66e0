"""How a figure of today compares with what is usual on this weekday. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST_WEEKS = 3


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


def compare(today: int, before: tuple[int, ...]) -> Comparison:
    """One day against the same weekday of the weeks before, newest first: within their spread it is usual."""
    if not before:
        return Comparison("unknown")
    least, most = min(before), max(before)
    if len(before) < FEWEST_WEEKS:
        verdict = "unknown"
    else:
        verdict = "usual" if least <= today <= most else "more" if today > most else "less"
    return Comparison(verdict, before[0], least, most, len(before))
