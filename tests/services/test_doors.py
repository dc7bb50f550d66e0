"""The doors to the database: reading reads, writing takes the lock and commits once, snapshots stand still."""

from __future__ import annotations

import contextvars
import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from storefront.core.database import (
    NestedTransaction,
    WrongDoor,
    db,
    in_transaction,
    snapshot,
    transaction,
    write_engine,
)
from storefront.core.models import Counter, Tick

pytestmark = [pytest.mark.both, pytest.mark.usefixtures("app_context")]


def add(name="a", remaining=5):
    with transaction() as tx:
        tx.add(Counter(name=name, remaining=remaining))


def remaining(name="a"):
    return db.session.execute(sa.select(Counter.remaining).where(Counter.name == name)).scalar()


def test_a_command_commits_once_and_is_seen_by_readers():
    add()
    assert remaining() == 5


def test_an_error_rolls_everything_back():
    with pytest.raises(RuntimeError), transaction() as tx:
        tx.add(Counter(name="a", remaining=1))
        tx.flush()
        raise RuntimeError("after the first statement")
    assert remaining() is None


def test_an_error_does_not_carry_what_was_written_into_logs():
    with pytest.raises(IntegrityError) as error:
        add("ann@example.test", remaining=-5)
    _of_the_database, ours = str(error.value).split("[SQL", 1)
    assert "ann@example.test" not in ours


def test_a_command_that_could_not_begin_does_not_count_as_open():
    """Outside an app there is no database; the next command of this thread must not be refused for that."""

    def outside_first():
        with pytest.raises(RuntimeError), transaction():
            pass
        return in_transaction()

    assert contextvars.Context().run(outside_first) is False


@pytest.mark.parametrize(
    "statement",
    [
        sa.insert(Counter).values(name="x", remaining=1),
        sa.update(Counter).values(remaining=0),
        sa.delete(Counter),
        sa.text("DELETE FROM counter"),
    ],
)
def test_the_reading_door_refuses_to_write(statement):
    add()
    with pytest.raises(DBAPIError):
        db.session.execute(statement)
    assert remaining() == 5


def test_a_new_row_on_the_reading_door_is_refused_by_name():
    db.session.add(Counter(name="x", remaining=1))
    with pytest.raises(WrongDoor):
        db.session.flush()
    db.session.expunge_all()


def test_commands_do_not_nest():
    with transaction() as tx:
        assert in_transaction()
        with pytest.raises(NestedTransaction), transaction():
            raise AssertionError("opened a second one")
        tx.add(Counter(name="a", remaining=1))
    assert not in_transaction()
    assert remaining() == 1


def test_after_a_failed_command_the_next_one_opens():
    with pytest.raises(IntegrityError):
        add(remaining=-1)
    add()
    assert remaining() == 5


def test_a_reader_sees_a_row_as_it_is_after_a_command():
    add()
    row = db.session.get(Counter, "a")
    with transaction() as tx:
        tx.execute(sa.update(Counter).values(remaining=1))
    assert row.remaining == 1
    assert db.session.execute(sa.select(Counter)).scalar_one().remaining == 1


def test_a_snapshot_sees_one_moment_from_beginning_to_end():
    add()
    with snapshot() as session:
        counted = sa.select(sa.func.sum(Counter.remaining))
        before = session.execute(counted).scalar_one()
        add("b", 7)
        assert session.execute(counted).scalar_one() == before == 5
    assert db.session.execute(sa.select(sa.func.sum(Counter.remaining))).scalar_one() == 12


def test_a_snapshot_refuses_to_write():
    with pytest.raises(DBAPIError), snapshot() as session:
        session.execute(sa.insert(Counter).values(name="x", remaining=1))


def test_writers_wait_for_each_other_instead_of_failing(app):
    """Eight threads read, decide and write the same row: nobody is refused, no step is lost."""
    add(remaining=160)
    barrier = threading.Barrier(8)
    failures = []

    def take():
        try:
            with app.app_context():
                barrier.wait(timeout=10)
                for _ in range(20):
                    with transaction() as tx:
                        row = tx.execute(sa.select(Counter).with_for_update()).scalar_one()
                        row.remaining -= 1
        except Exception as error:  # gathered, so that the assertion below can name it
            failures.append(error)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert remaining() == 0


def test_times_come_back_aware_and_in_utc(database):
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    with transaction() as tx:
        tx.add(Tick(job="a", due_at=moment, taken_at=moment))
    stored = db.session.execute(sa.select(Tick.due_at)).scalar_one()
    assert stored == moment
    assert stored.utcoffset().total_seconds() == 0


def test_a_time_without_a_zone_is_refused():
    naive = datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001 - the very thing that is refused
    with pytest.raises(StatementError, match="without a zone"), transaction() as tx:
        tx.add(Tick(job="a", due_at=naive, taken_at=naive))
        tx.flush()


def test_foreign_keys_are_checked_on_the_writing_door(database):
    if database == "sqlite":
        with write_engine().connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with pytest.raises(IntegrityError), transaction() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO category_text (category_id, locale, title, description) VALUES (9, 'en', 'x', '')"
            )
        )
