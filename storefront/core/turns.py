"""Who writes next: SQLite lets one write and says nothing of who comes after; whoever waits draws a number.

Left to SQLite, waiters look again now and then, longer and longer apart, and whoever writes all the time is
always faster than they: with many writers some wait until their time is over. So only the first of the queue
waits for the database, and everybody else for the one before them, in all processes of this machine.

A number is a lock on one byte of a file beside the database: it is gone with the process that drew it.
The queue only keeps order; that one writes at a time is the database's own doing: a queue that stands is
walked past.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

import sqlalchemy as sa

try:
    import fcntl
except ImportError:  # Windows: waiters look again now and then
    fcntl = None  # type: ignore[assignment]

SUFFIX = "-queue"
# While the queue moves nobody walks past it, unless it takes this many times as long as when it stands.
PATIENCE = 3
# The next one looks so often; who stands further back, as much less often.
PACE_SECONDS, SELDOM_SECONDS = 0.001, 0.05
DRAWN, SERVED, FIRST_BYTE = 0, 8, 16
_KEEPS_ORDER = hasattr(fcntl, "F_OFD_SETLK")


def begin_in_turn(database: str | None, seconds: float) -> Callable[[sa.Connection], None]:
    """A listener that begins each transaction of an engine with the write lock, in the order of coming.

    A queue that stands for `seconds` is walked past.
    """
    path = f"{database}{SUFFIX}" if _KEEPS_ORDER and database and database != ":memory:" else ""

    def begin(connection: sa.Connection) -> None:
        with _turn(path, seconds):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return begin


@contextmanager
def _turn(path: str, seconds: float) -> Iterator[None]:
    """Wait for our turn, unless the queue stands for so long. Where no queue can be kept, all are first."""
    queue = -1
    try:
        with suppress(OSError):
            queue = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) if path else -1
            if queue >= 0:
                _stand_in(queue, seconds)
        yield
    finally:
        if queue >= 0:
            _leave(queue)


def _leave(queue: int) -> None:
    """The next one, please. Said, not only closed: a process forked meanwhile has this file open too."""
    with suppress(OSError):
        fcntl.fcntl(queue, fcntl.F_OFD_SETLK, _bytes(fcntl.F_UNLCK, FIRST_BYTE, 0))
    os.close(queue)


def _stand_in(queue: int, seconds: float) -> None:
    came = moved = monotonic()
    mine, seen = _draw(queue, came + seconds), -1
    while not _lock(queue, mine - 1):
        now, served = monotonic(), _read(queue, SERVED)
        if served != seen:
            seen, moved = served, now
        if now - moved >= seconds or now - came >= PATIENCE * seconds:
            return
        sleep(min(PACE_SECONDS * max(mine - served - 1, 1), SELDOM_SECONDS))
    _write(queue, SERVED, mine)


def _draw(queue: int, until: float) -> int:
    """The next number; locked, so that who comes after us waits. Raises OSError when none can be had."""
    while True:
        try:
            fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if monotonic() >= until:
                raise
            sleep(PACE_SECONDS / 4)
    mine = _read(queue, DRAWN) + 1
    _write(queue, DRAWN, mine)
    _lock(queue, mine)
    fcntl.flock(queue, fcntl.LOCK_UN)
    return mine


def _lock(queue: int, number: int) -> bool:
    """Lock the byte of a number for this opening of the file; False while another opening has it."""
    try:
        fcntl.fcntl(queue, fcntl.F_OFD_SETLK, _bytes(fcntl.F_WRLCK, FIRST_BYTE + number, 1))
    except (BlockingIOError, PermissionError):
        return False
    return True


def _bytes(kind: int, start: int, length: int) -> bytes:
    """`struct flock`: type, whence, start, length (0: to the end), process; 64-bit offsets."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)


def _read(queue: int, where: int) -> int:
    found = os.pread(queue, 8, where)
    return int.from_bytes(found, "little") if len(found) == 8 else 0


def _write(queue: int, where: int, number: int) -> None:
    os.pwrite(queue, number.to_bytes(8, "little"), where)
