"""32 parallel adds into one cart from four processes lose nothing; with read-decide-write the same race does."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storefront.app import create_app
from storefront.cart import service
from storefront.cart.models import CartLine
from storefront.core.database import db, dispose, transaction
from tests import factories as make
from tests import stores
from tests.services import cart_adders

PROCESSES, THREADS, ROUNDS = 4, 8, 5
TOKEN = "two-tabs-of-one-browser"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request, tmp_path: Path) -> Any:
    """Settings of a shop of its own on each database."""
    if request.param == "sqlite":
        stores.copy_databases(request.getfixturevalue("sqlite_template"), tmp_path)
        return stores.settings(tmp_path)
    postgres = request.getfixturevalue("postgres")
    return stores.settings(tmp_path, database_url=postgres.database(f"cart_{tmp_path.name}"))


def run(target: Any, settings: Any, job: dict[str, Any]) -> Counter:
    """What all threads of all processes answered."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(PROCESSES * job["threads"]), context.Queue()
    processes = [
        context.Process(target=target, args=(settings, job, start, answers)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found: Counter = Counter()
    for _ in processes:
        found += answers.get(timeout=120)
    for process in processes:
        process.join(60)
    return found


def race(settings: Any, *, guarded: bool) -> tuple[Counter, list[int]]:
    """(answers, pieces of each variant in the cart afterwards)."""
    app = create_app(settings)
    with app.app_context():
        with transaction() as tx:
            ids = [make.variant_of(tx, make.product(tx, stock=None)).id for _ in range(ROUNDS)]
        for variant_id in ids if not guarded else []:
            service.add_to_cart(service.CartRef(None, token=TOKEN), variant_id, 1)
    found = run(
        cart_adders.add, settings, {"variants": ids, "threads": THREADS, "token": TOKEN, "guarded": guarded}
    )
    with app.app_context():
        query = sa.select(CartLine.quantity).order_by(CartLine.variant_id)
        pieces = list(db.session.execute(query).scalars())
    dispose(app)
    return found, pieces


def test_no_add_is_lost(settings):
    found, pieces = race(settings, guarded=True)
    assert found == Counter({"added": PROCESSES * THREADS * ROUNDS})
    assert pieces == [PROCESSES * THREADS] * ROUNDS, "one cart, and every piece is in it"


def test_without_the_guard_the_same_race_loses_pieces(settings):
    found, pieces = race(settings, guarded=False)
    assert found["added"] == PROCESSES * THREADS * ROUNDS
    assert all(quantity < PROCESSES * THREADS + 1 for quantity in pieces), pieces


def test_signing_in_many_times_at_once_merges_once(settings):
    app = create_app(settings)
    with app.app_context():
        with transaction() as tx:
            ids = [make.variant_of(tx, make.product(tx, stock=None)).id for _ in range(3)]
            customer = make.customer(tx).id
        for variant_id in ids:
            service.add_to_cart(service.CartRef(None, token=TOKEN), variant_id, 2)
            service.add_to_cart(service.CartRef(None, customer_id=customer), variant_id, 1)
    found = run(cart_adders.merge, settings, {"threads": THREADS, "token": TOKEN, "customer": customer})
    assert found == Counter({"merged": 1, "nothing": PROCESSES * THREADS - 1})
    with app.app_context():
        assert list(db.session.execute(sa.select(CartLine.quantity)).scalars()) == [3, 3, 3]
    dispose(app)
