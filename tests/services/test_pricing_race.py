"""A code with a limit against 64 buyers in four processes; with the guard off the same race goes beyond it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storefront.app import create_app
from storefront.core.database import dispose, snapshot, transaction
from storefront.pricing.models import Coupon, Discount
from storefront.pricing.service import checks
from storefront.pricing.service.claims import FIRST_ORDER, open_counter, person_mark
from tests import stores
from tests.services.coupon_takers import redeem

PROCESSES, BUYERS = 4, 64
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LIMITS = (1, 10, 1, 10)
OF_ONE_PERSON = 2


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request, tmp_path: Path) -> Any:
    """Settings of a shop of its own on each database."""
    if request.param == "sqlite":
        stores.copy_databases(request.getfixturevalue("sqlite_template"), tmp_path)
        return stores.settings(tmp_path)
    postgres = request.getfixturevalue("postgres")
    return stores.settings(tmp_path, database_url=postgres.database(f"coupons_{tmp_path.name}"))


def test_a_code_is_used_exactly_as_often_as_its_limit_says(settings):
    rounds, findings = race(settings, LIMITS, guarded=True)
    assert rounds == [Counter(used=limit, spent=BUYERS - limit) for limit in LIMITS]
    assert findings == []


def test_a_person_in_64_tabs_uses_a_code_as_often_as_one_person_may(settings):
    rounds, findings = race(settings, (None,), guarded=True, person="a@b.test")
    assert rounds == [Counter(used=OF_ONE_PERSON, spent=BUYERS - OF_ONE_PERSON)]
    assert findings == []


def test_a_person_in_64_tabs_places_one_first_order(settings):
    rounds, findings = race(settings, (None,), guarded=True, newcomer="a@b.test")
    assert rounds == [Counter(used=1, spent=BUYERS - 1)]
    assert findings == []


def test_without_the_guard_the_same_race_goes_beyond_the_limit(settings):
    rounds, findings = race(settings, LIMITS, guarded=False)
    assert all(counted["used"] > limit for counted, limit in zip(rounds, LIMITS, strict=True)), rounds
    assert findings, "the checks must notice uses that no limit allows"


def race(
    settings: Any, limits: tuple[int | None, ...], *, guarded: bool, person: str = "", newcomer: str = ""
) -> tuple[list[Counter], list[str]]:
    """(answers per round, findings of the checks)."""
    app = create_app(settings)
    with app.app_context(), transaction() as tx:
        names = [(f"coupon:{coupon(tx, limit)}",) for limit in limits]
        if newcomer:
            names = [(*one, FIRST_ORDER + person_mark(newcomer)) for one in names]
        if person:
            names = [(*one, f"{one[0]}:{person_mark(person)}") for one in names]
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(BUYERS), context.Queue()
    each = BUYERS // PROCESSES
    processes = [
        context.Process(
            target=redeem,
            args=(settings, names, range(number * each, (number + 1) * each), start, answers, guarded),
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    rounds = [Counter() for _ in limits]
    for _ in range(PROCESSES * len(limits)):
        number, counted = answers.get(timeout=120)
        rounds[number] += counted
    for process in processes:
        process.join(60)
    with app.app_context(), snapshot() as session:
        findings = [*checks.beyond_limits(session), *checks.unexplained(session)]
    dispose(app)
    return rounds, findings


def coupon(tx: Any, limit: int | None) -> int:
    number = tx.query(Coupon).count()
    lists = {name: [] for name in ("product_ids", "category_ids", "audiences", "countries")}
    rule = Discount(key=f"d{number}", kind="fixed", amount_minor=100, created_at=NOON, **lists)
    tx.add(rule)
    tx.flush()
    row = Coupon(discount_id=rule.id, code=f"CODE{number}", created_at=NOON, uses_limit=limit)
    row.per_person_limit = OF_ONE_PERSON
    tx.add(row)
    tx.flush()
    open_counter(tx, f"coupon:{row.id}", limit if limit is not None else 10**15)
    return row.id
