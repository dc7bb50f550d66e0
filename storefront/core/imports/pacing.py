"""How much to write under one hold of the write lock, learned from how long the last ones took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storefront.core.database import write_engine

# Half of what buyers may be made to wait, so that a sudden slow write still stays inside.
AIM_SECONDS = 0.020
LIMIT_SECONDS = 0.050
FIRST_WEIGHT = 40
MOST_WEIGHT = 20_000
TIDY_EVERY = 10


class Pace:
    """The weight that the next chunk may have. Grows slowly, shrinks at once."""

    def __init__(self, aim_seconds: float = AIM_SECONDS, first: int = FIRST_WEIGHT) -> None:
        self.aim = aim_seconds
        self.first = first
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
    def hold(self, written: int) -> Iterator[Hold]:
        """Times what happens between `started` (the lock is ours) and the end of the block."""
        hold = Hold()
        yield hold
        self.learn(written, hold.seconds())

    def breather(self) -> None:
        """Leaves the lock free for a moment, so that waiting buyers get their turn.

        SQLite's waiters poll instead of queueing: without a gap, a writer that comes back at once
        could win every time.
        """
        time.sleep(0.001)


class Hold:
    """The clock of one hold of the lock."""

    def __init__(self) -> None:
        self._since: float | None = None

    def started(self) -> None:
        """The lock has just been taken."""
        self._since = time.perf_counter()

    def seconds(self) -> float:
        """How long the lock has been held."""
        return 0.0 if self._since is None else time.perf_counter() - self._since


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

    _pragma("wal_autocheckpoint=0")
    try:
        yield tidy
    finally:
        _pragma("wal_checkpoint(PASSIVE)")
        _pragma("wal_autocheckpoint=1000")


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
