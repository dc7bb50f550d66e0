"""How long and how much of an order may be sent back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel: the day it left, its (order line, pieces), and the day it arrived if that is known."""

    sent: date
    lines: tuple[tuple[int, int], ...]
    arrived: date | None = None


def last_day(sent: date, promised: date | None, days: int, arrived: date | None = None) -> date:
    """The last day to send a parcel back: `days` after it arrived, and no earlier than was promised."""
    return max(sent, promised or sent, arrived or sent) + timedelta(days=days)


def returnable(
    parcels: Iterable[Parcel],
    gone: Mapping[int, int],
    today: date,
    *,
    promised: date | None,
    days: int,
) -> dict[int, int]:
    """Pieces by order line that may still come back today. `gone` came back, or are asked for, by line.

    What came back counts against the parcels whose time is over first.
    """
    sent: dict[int, int] = {}
    in_time: dict[int, int] = {}
    for parcel in parcels:
        open_still = last_day(parcel.sent, promised, days, parcel.arrived) >= today
        for line_id, pieces in parcel.lines:
            sent[line_id] = sent.get(line_id, 0) + pieces
            in_time[line_id] = in_time.get(line_id, 0) + (pieces if open_still else 0)
    left = {line: min(in_time[line], pieces - gone.get(line, 0)) for line, pieces in sent.items()}
    return {line: pieces for line, pieces in left.items() if pieces > 0}
