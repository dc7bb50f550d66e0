"""How long an import keeps others from writing: a look at the clock behind every part of a chunk."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from storefront.core.database import transaction, write_engine
from storefront.core.imports import applying
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.pacing import LIMIT_SECONDS, Pace, tidy_log
from storefront.core.imports.registry import CREATED, Importer, Item, Outcome
from storefront.core.imports.staging import Staging
from storefront.core.models import Counter, ImportBatch
from tests.conftest import NOON

pytestmark = pytest.mark.usefixtures("app_context")


def test_a_chunk_that_takes_longer_than_thought_is_written_under_several_holds(batch, staged, timer, rows):
    """Rows become ten times slower all at once: by then a chunk of many has been planned."""
    target = Rows(timer, seconds=lambda number: 0.00002 if number < 3_000 else 0.0002)
    applied = applying.apply_batch(staged(4_000), importers(target), batch.id, pace=Pace(timer=timer))
    assert max(applied.holds) <= LIMIT_SECONDS
    assert applied.counts["created"] == 4_000
    assert target.most_at_once > 100, "the plan was larger than what fits"
    assert rows("SELECT count(*), sum(remaining) FROM counter") == [(4_000, sum(range(4_000)))]
    assert rows("SELECT applied_seq, state FROM import_batch") == [(4_000, "done")]


def test_one_item_is_never_torn(batch, staged, timer):
    """What belongs together becomes visible together, even when it takes longer than a hold should last."""
    target = Rows(timer, seconds=lambda number: 0.2 if number == 7 else 0.001)
    applied = applying.apply_batch(staged(20), importers(target), batch.id, pace=Pace(timer=timer))
    assert [hold > LIMIT_SECONDS for hold in applied.holds].count(True) == 1
    assert applied.counts["created"] == 20


def test_parts_that_are_left_over_are_not_looked_up_again(batch, staged, timer):
    target = Rows(timer, seconds=lambda number: 0.004)
    applying.apply_batch(staged(60), importers(target), batch.id, pace=Pace(timer=timer))
    assert sorted(target.prepared) == list(range(60))


def test_no_garbage_is_collected_while_others_wait():
    pace = Pace()
    with pace.hold(1):
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), pace.hold(1):
        raise ZeroDivisionError
    assert gc.isenabled()


def test_no_commit_moves_the_log_during_an_import():
    """On any connection of the pool; afterwards SQLite does it again by itself."""
    with tidy_log() as tidy:
        tidy()
        assert pages_of_log() == [0, 0]
    assert pages_of_log() == [1000, 1000]


# --- a shop's rows, and a clock that only they move -------------------------------------------------------


class Timer:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Rows:
    """Writes one counter per item; each takes the time that it is told to take."""

    name = "row"

    def __init__(self, timer: Timer, seconds: Any) -> None:
        self.timer = timer
        self.seconds = seconds
        self.prepared: list[int] = []
        self.most_at_once = 0

    def prepare(self, items: Sequence[Item], batch: str) -> list[int]:
        numbers = [item.payload["number"] for item in items]
        self.prepared += numbers
        return numbers

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: list[int]) -> list[Outcome]:
        ledger.insert(Counter.__table__, [{"name": f"c{n}", "remaining": n} for n in prepared])
        self.timer.seconds += sum(self.seconds(number) for number in prepared)
        self.most_at_once = max(self.most_at_once, len(prepared))
        return [Outcome(CREATED) for _ in items]


def importers(target: Rows) -> list[Importer]:
    return [Importer("rows", targets=(target,))]


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def batch() -> ImportBatch:
    """A batch that is open, and nothing of it is applied."""
    words = dict.fromkeys(("kind", "format", "filename", "sha256"), "rows")
    with transaction() as tx:
        row = ImportBatch(public_id="b1", state="applying", created_at=NOON, **words)
        tx.add(row)
    return row


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Callable[[int], Staging]]:
    """`staged(5)`: a staging file with five items."""
    staging = Staging(tmp_path / "staging.db")

    def fill(items: int) -> Staging:
        staging.read = items
        for number in range(items):
            staging.add("row", f"{number}", {"number": number}, lines=1)
        staging.finish()
        return staging

    yield fill
    staging.remove()


def pages_of_log() -> list[int]:
    """Of two connections: pages after which a commit moves SQLite's log into the file; 0 for never."""
    both = [write_engine().raw_connection() for _ in range(2)]
    found = [connection.execute("PRAGMA wal_autocheckpoint").fetchone()[0] for connection in both]
    for connection in both:
        connection.close()
    return found
