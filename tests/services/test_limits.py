"""Tries are counted for all processes of a shop together, and a try that cannot be counted is none."""

from __future__ import annotations

import multiprocessing
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storefront.app import create_app
from storefront.core.database import NestedTransaction, dispose, transaction
from storefront.core.limits import SharedCounts, forget_counts
from storefront.core.models import RateCount
from storefront.core.security import limiter
from tests import stores
from tests.services.guessers import EMAIL, OWN, guess, token_of

PROCESSES, TRIES, LIMIT = 4, 10, 10
CHECKED, REFUSED = 422, 429


def test_a_password_is_checked_ten_times_however_many_processes_are_asked(shop):
    counted = guess_everywhere(shop)
    assert counted == Counter({CHECKED: LIMIT, REFUSED: PROCESSES * TRIES - LIMIT})


@pytest.mark.both
def test_a_forged_address_is_not_a_new_address(client, clock):
    """Without a proxy in the settings, what a request says of its address is not believed."""
    token = token_of(client)
    statuses = [
        post(client, token, email=f"person{n}@example.test", forged=f"203.0.113.{n}") for n in range(102)
    ]
    assert statuses == [CHECKED] * 100 + [REFUSED] * 2


@pytest.mark.both
def test_after_a_quarter_of_an_hour_one_may_try_again(client, clock):
    token = token_of(client)
    assert [post(client, token) for _ in range(LIMIT + 1)] == [CHECKED] * LIMIT + [REFUSED]
    clock.shift(timedelta(minutes=15, seconds=1))
    assert [post(client, token) for _ in range(LIMIT + 1)] == [CHECKED] * LIMIT + [REFUSED]


@pytest.mark.both
def test_nobody_stands_in_the_counts(client, rows):
    post(client, token_of(client))
    kept = rows("SELECT * FROM rate_count")
    assert len(kept) == 2  # of the account, and of the address it came from
    assert not any(word in str(kept) for word in (EMAIL, "127.0.0.1", "login"))
    assert {len(row.key) for row in kept} == {64}


def test_guessing_on_writes_nothing(client, count_queries):
    token = token_of(client)
    for _ in range(LIMIT + 1):
        post(client, token)
    with count_queries() as queries:
        assert post(client, token) == REFUSED
    assert not [statement for statement in queries.statements if statement.startswith(("INSERT", "BEGIN"))]


def test_a_search_writes_nothing(client, count_queries):
    with count_queries() as queries:
        client.get("/search?q=spoon", base_url=OWN)
        client.get("/search/suggest?q=spoon", base_url=OWN)
    assert "rate_count" not in str(queries)


def test_a_try_that_cannot_be_counted_is_refused(make_shop):
    app = make_shop()
    client, token = app.test_client(), None
    token = token_of(client)
    with app.app_context():
        with transaction() as tx:
            tx.execute(sa.text("ALTER TABLE rate_count RENAME TO rate_count_away"))
        answer = client.post("/account/login", data=form(token), base_url=OWN)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_while_the_database_is_busy_nobody_guesses(make_shop):
    app = make_shop()
    client = app.test_client()
    token = token_of(client)
    with app.app_context():
        impatient = app.extensions["regulars_write"][None]
        sa.event.listen(impatient, "begin", _wait_a_moment_only, insert=True)
        other = sa.create_engine(impatient.url)
        with other.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("UPDATE shop_state SET version = version")
            assert client.post("/account/login", data=form(token), base_url=OWN).status_code == 503
            connection.rollback()
        other.dispose()
    assert post(client, token) == CHECKED


def test_without_its_redis_a_shop_counts_in_the_database(make_shop, monkeypatch):
    """Redis is asked once, then left alone for a while: every further question would cost its time limit."""
    asked = []
    monkeypatch.setattr("storefront.core.limits.REDIS_REST_SECONDS", 3600)
    with closed_door(asked) as port:
        client = make_shop(redis_url=f"redis://127.0.0.1:{port}/0").test_client()
        token = token_of(client)
        asked.clear()
        assert [post(client, token) for _ in range(LIMIT + 1)] == [CHECKED] * LIMIT + [REFUSED]
    assert len(asked) <= 1


@contextmanager
def closed_door(asked: list[str]) -> Iterator[int]:
    """A port where nobody says a word: whoever connects is noted in `asked` and shown out."""

    class ShownOut(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), ShownOut) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.both
def test_a_count_belongs_to_no_command(app_context):
    """A command that fails afterwards must not take the try back."""
    with transaction(), pytest.raises(NestedTransaction):
        SharedCounts().incr("somebody", 60)


@pytest.mark.both
def test_a_try_is_given_back_once_and_never_below_nothing(app_context, clock):
    counts = SharedCounts()
    assert [counts.incr("k", 60), counts.incr("k", 60), counts.incr("k", 60, -1)] == [1, 2, 1]
    assert counts.get("k") == 1 and counts.get("other") == 0
    assert [counts.incr("k", 60, -1), counts.incr("k", 60, -1)] == [0, 0]
    assert counts.get_expiry("k") == (clock.now() + timedelta(seconds=60)).timestamp()
    clock.shift(timedelta(seconds=61))
    assert counts.get("k") == 0 and counts.incr("k", 60, -1) == 0 and counts.incr("k", 60) == 1


@pytest.mark.both
def test_what_counts_no_more_is_deleted(app_context, clock, rows):
    counts = SharedCounts()
    counts.incr("short", 60), counts.incr("long", 3600)
    clock.shift(timedelta(minutes=2))
    forget_counts()
    assert rows(sa.select(sa.func.count()).select_from(RateCount)) == [(1,)]
    assert counts.get("long") == 1
    counts.clear("long")
    assert counts.check() and counts.get("long") == 0
    limiter.reset()


# --- fixtures and the guessers ----------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shop(request, tmp_path: Path) -> dict[str, Any]:
    """Settings of a shop of its own on each database."""
    if request.param == "sqlite":
        stores.copy_databases(request.getfixturevalue("sqlite_template"), tmp_path)
        return stores.settings(tmp_path)
    server = request.getfixturevalue("postgres")
    return stores.settings(tmp_path, database_url=server.database(f"limits_{tmp_path.name}"))


def guess_everywhere(settings: dict[str, Any]) -> Counter[int]:
    """The statuses that guessers at four processes got, each from made-up addresses of their own."""
    dispose(create_app(settings))  # the first start writes the secret
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(target=guess, args=(settings, TRIES, f"203.0.{number}", start, answers))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found: Counter[int] = Counter()
    for _ in processes:
        found += answers.get(timeout=120)
    for process in processes:
        process.join(60)
    return found


def form(token: str, email: str = EMAIL) -> dict[str, str]:
    return {"email": email, "password": "a guess", "csrf_token": token}


def post(client: Any, token: str, email: str = EMAIL, forged: str = "203.0.113.1") -> int:
    headers = {"X-Forwarded-For": forged}
    return client.post("/account/login", data=form(token, email), headers=headers, base_url=OWN).status_code


def _wait_a_moment_only(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout=50")
