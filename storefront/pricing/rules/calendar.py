"""Working days: when something ordered now arrives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WEEKENDS: dict[str, frozenset[int]] = {
    "sat_sun": frozenset({5, 6}),
    "fri_sat": frozenset({4, 5}),
    "sun": frozenset({6}),
    "none": frozenset(),
}
LONGEST_DAYS = 365
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days on which nothing moves: the weekend (Monday is 0), and holidays of one year or of every year."""

    weekend: frozenset[int] = WEEKENDS["sat_sun"]
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether parcels are packed and carried on `day`."""
        free = day.weekday() in self.weekend or day in self.holidays
        return not free and (day.month, day.day) not in self.yearly

    def working_day(self, day: date) -> date:
        """`day` itself, or the next day on which something moves (within a year)."""
        for _ in range(LONGEST_DAYS):
            if self.is_working(day):
                break
            day += timedelta(days=1)
        return day

    def after(self, start: date, days: int) -> date:
        """The working day that lies `days` working days after `start`."""
        day = self.working_day(start)
        for _ in range(min(days, LONGEST_DAYS)):
            day = self.working_day(day + timedelta(days=1))
        return day

    def first_day(self, ordered: datetime, cutoff_hour: int | None) -> date:
        """The day from which working days count, for an order at this local time."""
        late = cutoff_hour is not None and ordered.hour >= cutoff_hour
        return self.working_day(ordered.date() + timedelta(days=1 if late else 0))


def read_holidays(lines: Iterable[str]) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    """Days from lines such as '2026-12-28' (once) or '12-25' (every year); words after the day are free.

    Raises ValueError naming the first line that is no such day.
    """
    once: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for line in lines:
        if not line.strip():
            continue
        found = _HOLIDAY.match(line.split()[0])
        if found is None:
            raise ValueError(line.strip()[:40])
        year, month, day = found.groups()
        try:
            there = date(int(year or 2024), int(month), int(day))
        except ValueError:
            raise ValueError(line.strip()[:40]) from None
        if year:
            once.add(there)
        else:
            yearly.add((there.month, there.day))
    return frozenset(once), frozenset(yearly)
