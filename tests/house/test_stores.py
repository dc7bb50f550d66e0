"""The test house itself: databases come back as the migrations left them, on both engines."""

from __future__ import annotations

import socket

import pytest
import sqlalchemy as sa
from flask import g

from storefront.core.database import JOURNAL, db, transaction, write_engine
from storefront.core.models import Counter, ShopState
from storefront.customers.models import Customer, SignIn
from storefront.journal.models import JournalEvent

pytestmark = pytest.mark.both


@pytest.fixture
def written(app, tx, clock):
    """A customer with a sign-in, a counter, a behaviour."""
    moment = clock.now()
    with tx() as t:
        t.add(Counter(name="tests", remaining=3))
        t.add(Customer(id=7, public_id="c7", email="a@b.test", joined_at=moment))
        t.flush()
        t.add(
            SignIn(token_hash="x", customer_id=7, created_at=moment, last_seen_at=moment, expires_at=moment)
        )
    with app.app_context(), write_engine(JOURNAL).connect() as connection:
        connection.execute(
            sa.insert(JournalEvent).values(event_id="e1", name="view_item", at=moment, product_id=1)
        )


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_starts_empty(written, rows, _round):
    assert rows("SELECT name, remaining FROM counter") == [("tests", 3)]
    assert rows("SELECT count(*) FROM customer") == [(1,)]
    assert rows("SELECT count(*) FROM journal_event", bind=JOURNAL) == [(1,)]


def test_rows_that_go_by_cascade_are_noticed(written, tx, shops, database, rows):
    with tx() as t:
        t.execute(sa.delete(Customer))
    assert "sign_in" in shops(database).refill.dirty[None]
    assert rows("SELECT count(*) FROM sign_in") == [(0,)]


def test_what_migrations_left_is_put_back(tx, rows, shops, database):
    with tx() as t:
        t.execute(sa.delete(ShopState))
        t.add(ShopState(key="tests", version=1))
    shops(database).refill.run()
    assert rows("SELECT count(*) FROM shop_state WHERE key = 'tests'") == [(0,)]


def test_a_stray_change_on_the_reading_session_is_noticed(written, app, shops, database):
    with app.app_context():
        db.session.get(Customer, 7).first_name = "Stray"
    stray = shops(database).stray
    assert [type(row) for row in stray] == [Customer]
    stray.clear()


def test_requests_do_not_share_the_tests_context(app_context, client):
    g.regulars_nonce = "of-the-test"
    answer = client.get("/static/css/shop.css")
    assert "of-the-test" not in answer.headers["Content-Security-Policy"]


def test_queries_are_counted_on_every_engine(app_context, count_queries, database):
    with count_queries() as queries:
        db.session.execute(sa.text("SELECT 1"))
        with transaction() as t:
            t.add(Counter(name="counted", remaining=1))
    own = [s for s in queries.statements if "SELECT 1" in s or "counter" in s]
    assert len(own) == 2


def test_the_network_is_out_of_reach():
    with socket.socket() as probe, pytest.raises(RuntimeError, match="no network"):
        probe.connect(("192.0.2.1", 80))
