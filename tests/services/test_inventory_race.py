"""The last five pieces against many buyers in four processes; with the guard off the same race oversells."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from storefront.app import create_app
from storefront.core.database import dispose, snapshot, transaction
from storefront.inventory import service
from storefront.inventory.service import checks
from tests import factories as make
from tests import stores
from tests.services.takers import buy

PIECES, PROCESSES, ROUNDS = 5, 4, 5
BUYERS = {"sqlite": 16, "postgresql": 8}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shop(request, tmp_path: Path) -> Any:
    """Settings of a shop of its own on each database."""
    kind = request.param
    if kind == "sqlite":
        stores.copy_databases(request.getfixturevalue("sqlite_template"), tmp_path)
        return kind, stores.settings(tmp_path)
    postgres = request.getfixturevalue("postgres")
    return kind, stores.settings(tmp_path, database_url=postgres.database(f"race_{tmp_path.name}"))


def race(shop: Any, *, guarded: bool) -> tuple[list[Counter], list[int], list[str]]:
    """(answers per round, pieces left per round, findings of the checks)."""
    kind, settings = shop
    app = create_app(settings)
    with app.app_context(), transaction() as tx:
        ids = [make.variant_of(tx, make.product(tx, stock=PIECES)).id for _ in range(ROUNDS)]
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(PROCESSES * BUYERS[kind]), context.Queue()
    arguments = (settings, ids, BUYERS[kind], start, answers, guarded)
    processes = [context.Process(target=buy, args=arguments) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    rounds = {variant_id: Counter() for variant_id in ids}
    for _ in range(PROCESSES * ROUNDS):
        variant_id, counted = answers.get(timeout=120)
        rounds[variant_id] += counted
    for process in processes:
        process.join(60)
    with app.app_context():
        left = [found.available for found in service.availability(ids).values()]
        with snapshot() as session:
            findings = [
                *checks.unexplained(session),
                *checks.held_by_nobody(session),
                *checks.negative(session),
            ]
    dispose(app)
    return list(rounds.values()), left, findings


def test_exactly_as_many_buy_as_there_are_pieces(shop):
    rounds, left, findings = race(shop, guarded=True)
    buyers = PROCESSES * BUYERS[shop[0]]
    assert rounds == [Counter({"bought": PIECES, "sold out": buyers - PIECES})] * ROUNDS
    assert left == [0] * ROUNDS
    assert findings == []


def test_without_the_guard_the_same_race_oversells(shop):
    rounds, _left, findings = race(shop, guarded=False)
    oversold = [counted["bought"] > PIECES for counted in rounds]
    assert all(oversold), rounds
    assert findings, "the checks must notice pieces that nobody can explain"
