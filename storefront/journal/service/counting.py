"""Pages of people of whom nothing is noted, as numbers per day and kind of page; and what robots asked for.

A number holds no person, no visitor, no time of day and no address. It is added up in the memory of each
process and written every few seconds, so what a process holds when it ends is not counted.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import date
from threading import Lock

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from storefront.core import clock
from storefront.core.database import JOURNAL, write_engine
from storefront.journal.models import JournalCount
from storefront.journal.service.recording import dropped, insert

COUNT = JournalCount.__table__
EVERY_SECONDS = 5.0
_TALLY = "regulars_journal_tally"
Key = tuple[date, str, str]


class Tally:
    """What this process counted and did not write yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Key] = Counter()
        self._written = float("-inf")

    def add(self, key: Key) -> None:
        """One more."""
        with self._lock:
            self._counts[key] += 1

    def is_due(self) -> bool:
        """Whether it is time to write; robots alone are no reason to."""
        if time.monotonic() - self._written < EVERY_SECONDS:
            return False
        return any(kind == "page" for _day, kind, _name in list(self._counts))

    def take(self) -> dict[Key, int]:
        """Everything counted so far, which is the caller's to write."""
        with self._lock:
            taken, self._counts = dict(self._counts), Counter()
            self._written = time.monotonic()
        return taken

    def forget(self) -> None:
        """Begin anew."""
        self._counts.clear()
        self._written = float("-inf")


def tally() -> Tally:
    """The counts of this process."""
    found: Tally | None = current_app.extensions.get(_TALLY)
    if found is None:
        found = current_app.extensions[_TALLY] = Tally()
        current_app.extensions.setdefault("regulars_forget", []).append(found.forget)
    return found


def count_page(page: str) -> None:
    """A page was shown to somebody of whom nothing is noted."""
    tally().add((clock.now().date(), "page", page[:30]))


def count_robot(sign: str) -> None:
    """A page was asked for by no person, known by `sign`."""
    tally().add((clock.now().date(), "robot", sign))


def write_counts() -> None:
    """Add what was counted to the journal; what cannot be written is dropped."""
    counted = tally().take()
    if not counted:
        return
    rows = [{"day": day, "kind": kind, "name": name, "times": n} for (day, kind, name), n in counted.items()]
    try:
        with write_engine(JOURNAL).connect() as connection:
            first = insert(connection, COUNT)
            more = first.on_conflict_do_update(
                index_elements=["day", "kind", "name"],
                set_={"times": COUNT.c.times + first.excluded.times},
            )
            connection.execute(more, rows)
    except SQLAlchemyError as error:
        dropped(sum(counted.values()), error)
