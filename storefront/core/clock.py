"""The one clock. Everything that asks for the time asks here, so that a test or a demo can move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app, has_app_context


@dataclass
class Clock:
    """A clock that runs with the system's, shifted by `offset`, or stands still at `fixed`."""

    offset: timedelta = timedelta(0)
    fixed: datetime | None = None

    def now(self) -> datetime:
        """Aware time in UTC."""
        if self.fixed is not None:
            return self.fixed
        return datetime.now(UTC) + self.offset

    def move_to(self, moment: datetime) -> None:
        """Stand still at `moment` (aware)."""
        self.fixed = moment.astimezone(UTC)

    def shift(self, by: timedelta) -> None:
        """Move forward (or back), whether the clock stands or runs."""
        if self.fixed is not None:
            self.fixed += by
        else:
            self.offset += by

    def adjustment(self) -> timedelta:
        """How far this clock is ahead of the system's; leases add it to the database's time."""
        return self.now() - datetime.now(UTC)

    @classmethod
    def from_setting(cls, text: str) -> Clock:
        """Read `REGULARS_CLOCK`: empty (system), `+3600`/`-60` (seconds of offset) or an ISO time (fixed).

        Raises ValueError for anything else, and for a time without a zone.
        """
        if not text:
            return cls()
        if text[0] in "+-":
            return cls(offset=timedelta(seconds=int(text)))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a fixed clock needs a time zone, for example 2026-11-23T09:00:00+00:00")
        return cls(fixed=moment.astimezone(UTC))


SYSTEM = Clock()


def current() -> Clock:
    """The clock of the running shop, or the system's outside an app context."""
    if has_app_context():
        return current_app.extensions.get("regulars_clock", SYSTEM)
    return SYSTEM


def now() -> datetime:
    """Aware UTC time on the shop's clock."""
    return current().now()
