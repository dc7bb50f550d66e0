"""How much to write under one hold of the write lock, learned from how long the last ones took."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from storefront.core.database import write_engine

# What buyers may be made to wait; a third of it for the work, so that a slow commit still fits.
LIMIT_SECONDS = 0.050
AIM_SECONDS = 0.018
# Nothing more is begun under a hold that has lasted this long; what is left waits for the next one.
STOP_SECONDS = 0.018
FIRST_WEIGHT = 40
MOST_WEIGHT = 20_000
TIDY_EVERY = 10


class Pace:
    """The weight that the next chunk may have. Grows slowly, shrinks at once."""

    def __init__(
        self,
        aim_seconds: float = AIM_SECONDS,
        first: int = FIRST_WEIGHT,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.aim = aim_seconds
        self.first = first
        self.timer = timer
        self.weight = float(first)
        self.holds: list[float] = []
        self._kind = ""

    @property
    def allowance(self) -> int:
        """Rows that the next chunk may write, at least one."""
        return max(1, int(self.weight))

    def allowance_of(self, kind: str) -> int:
        """The same for rows of one kind; what was learned from another kind may not hold for them."""
        if kind != self._kind:
            self._kind = kind
            self.weight = min(self.weight, float(self.first))
        return self.allowance

    def learn(self, written: int, seconds: float) -> None:
        """Takes in that `written` rows held the lock for `seconds`."""
        self.holds.append(seconds)
        fitting = max(1.0, written * self.aim / max(seconds, 1e-6))
        if seconds > self.aim:
            self.weight = min(self.weight, fitting)
        elif written >= self.weight * 0.5:
            self.weight = min(MOST_WEIGHT, self.weight * 1.5, max(self.weight, fitting))

    @contextmanager
    def hold(self, written: int = 0) -> Iterator[Hold]:
        """Times what happens between `started` (the lock is ours) and the end of the block.

        Python clears no garbage meanwhile: in a process with much in its memory that alone takes longer than
        buyers may wait.
        """
        hold = Hold(self.timer, written)
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield hold
        finally:
            if collecting:
                gc.enable()
        self.learn(hold.written, hold.seconds())

    def breather(self) -> None:
        """Leaves the lock free for a moment, so that waiting buyers get their turn.

        SQLite's waiters poll instead of queueing: without a gap, a writer that comes back at once
        could win every time.
        """
        time.sleep(0.001)


class Hold:
    """The clock of one hold of the lock, and about how many rows were `written` under it."""

    def __init__(self, timer: Callable[[], float], written: int) -> None:
        self.written = written
        self._timer = timer
        self._since: float | None = None

    def started(self) -> None:
        """The lock has just been taken."""
        self._since = self._timer()

    def seconds(self) -> float:
        """How long the lock has been held."""
        return 0.0 if self._since is None else self._timer() - self._since

    def is_over(self) -> bool:
        """Whether it is time to commit and let others write."""
        return self.seconds() >= STOP_SECONDS


@contextmanager
def tidy_log() -> Iterator[Callable[[], None]]:
    """A function to call between chunks: it moves SQLite's log into the file now and then.

    Otherwise a commit that fills the log does that itself, and takes longer for it.
    """
    engine = write_engine()
    if engine.dialect.name != "sqlite":
        yield lambda: None
        return
    calls = 0

    def tidy() -> None:
        nonlocal calls
        calls += 1
        if calls % TIDY_EVERY == 0:
            _pragma("wal_checkpoint(PASSIVE)")

    event.listen(engine, "checkout", _leave_the_log)
    event.listen(engine, "checkin", _mind_the_log)
    try:
        yield tidy
    finally:
        event.remove(engine, "checkout", _leave_the_log)
        event.remove(engine, "checkin", _mind_the_log)
        _pragma("wal_checkpoint(PASSIVE)")


def _leave_the_log(connection: Any, _record: Any, _proxy: Any) -> None:
    """Whichever connection the pool hands out: its commits do not move the log."""
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()


def _mind_the_log(connection: Any, _record: Any) -> None:
    """SQLite's own habit again, for whoever gets the connection next."""
    if connection is not None:
        connection.execute("PRAGMA wal_autocheckpoint=1000").fetchall()


def _pragma(words: str) -> None:
    """Outside any transaction, on the connection that the pool hands out next."""
    connection = write_engine().raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {words}")
        cursor.fetchall()
        cursor.close()
    finally:
        connection.close()
