"""Two commands that publish under one key at the same moment: PostgreSQL lets both begin, SQLite never does."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from storefront.core.database import transaction, write_engine
from storefront.core.events import publish

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("app_context")]


@dataclass(frozen=True)
class Knocked:
    """Somebody knocked, in these tests."""

    door: str


def test_the_later_of_two_finds_the_key_taken_and_goes_on(app, second_insert, rows):
    answers = []

    def publish_too() -> None:
        with app.app_context(), transaction() as tx:
            answers.append(publish(tx, Knocked("back"), dedupe_key="once"))

    later = threading.Thread(target=publish_too)
    with transaction() as tx:
        assert publish(tx, Knocked("front"), dedupe_key="once") is True
        later.start()
        assert second_insert.wait(20)
    later.join(20)
    assert answers == [False]
    assert rows("SELECT count(*) FROM outbox") == [(1,)]


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def second_insert(app):
    """Set when another thread than this one is about to insert into the outbox."""
    seen, mine = threading.Event(), threading.get_ident()

    def look(_connection, _cursor, statement, *_more) -> None:
        if threading.get_ident() != mine and statement.startswith("INSERT INTO outbox"):
            seen.set()

    engine = write_engine()
    sa.event.listen(engine, "before_cursor_execute", look)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", look)
