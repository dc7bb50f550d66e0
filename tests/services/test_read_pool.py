"""A page that fails while it reads leaves no reader behind: SQLite's log could never be emptied again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from storefront.core.database import db, snapshot, transaction, write_engine
from storefront.core.models import Counter

EVERYTHING = sa.select(*Counter.__table__.c)


@pytest.mark.parametrize("door", ["session", "snapshot"])
def test_an_error_in_the_middle_of_reading_pins_nothing(shop: Flask, door: str) -> None:
    with pytest.raises(ZeroDivisionError) as kept, shop.app_context():
        if door == "session":
            fail_at_the_first(db.session)
        else:
            with snapshot() as session:
                fail_at_the_first(session)
    assert kept.traceback, "the failed frames live on, as in a log or a debugger"
    with shop.app_context():
        with transaction() as tx:
            tx.execute(sa.update(Counter).values(remaining=7))
        assert log_is_emptied()
        assert set(db.session.execute(sa.select(Counter.remaining)).scalars()) == {7}


def test_the_next_page_on_the_same_connection_reads_the_present(shop: Flask) -> None:
    def broken() -> str:
        fail_at_the_first(db.session)
        return ""

    def whole() -> str:
        return str(db.session.execute(sa.select(sa.func.min(Counter.remaining))).scalar_one())

    shop.view_functions["ops.healthz"], shop.view_functions["ops.readyz"] = broken, whole
    client = shop.test_client()
    assert client.get("/healthz").status_code == 500
    with shop.app_context(), transaction() as tx:
        tx.execute(sa.update(Counter).values(remaining=7))
    assert client.get("/readyz").text == "7"


# --- a shop with much to read -----------------------------------------------------------------------------


@pytest.fixture
def shop(make_shop: Callable[..., Flask]) -> Flask:
    app = make_shop()
    with app.app_context(), transaction() as tx:
        tx.add_all(Counter(name=f"counter {number}", remaining=1) for number in range(500))
    return app


def fail_at_the_first(session: sa.orm.Session) -> None:
    result = session.execute(EVERYTHING)
    raise ZeroDivisionError(result.fetchone())


def log_is_emptied() -> bool:
    connection = write_engine().raw_connection()
    try:
        connection.execute("PRAGMA busy_timeout=0")
        busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return busy == 0
    finally:
        connection.execute("PRAGMA busy_timeout=5000")
        connection.close()
