"""Every number of the evidence, counted again by plain SQL."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import EngineSettings, train
from tests.recommender.shops import Log, planted_shop

KEPT = """
CREATE TEMP TABLE kept AS SELECT customer, "order", product FROM rows
WHERE kind = 'purchase' OR kind = 'return' AND "order" <> '' GROUP BY 1, 2, 3
HAVING SUM(CASE kind WHEN 'return' THEN -quantity ELSE quantity END) > 0
"""
EAGER = EngineSettings(min_buyers=1, min_significance=0.0, holdout_customers=0, factors=4, iterations=2)


def test_numbers_of_a_random_shop_are_those_of_sql():
    log = planted_shop(seed=11)
    for order in range(1, 200, 3):
        number = f"o{order:05d}"
        places = [i for i, name in enumerate(log.columns["order"]) if name == number]
        who, what = log.columns["customer"][places[0]], log.columns["product"][places[0]]
        log.add(who, what, "return", 100, order=number)
    for order in range(30):
        log.order("", ["item01", "item02", "LAMP"], day=order)
    assert check_all(log) > 100


rows = st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(0, 5), st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=60))
def test_numbers_of_any_history_are_those_of_sql(rows):
    log = Log()
    for place, (customer, order, product, returned) in enumerate(rows):
        who = f"c{customer}" if customer else ""
        number = f"{who}-{order}"
        log.add(who, f"p{product}", "purchase", place, order=number, quantity=2)
        if returned:
            log.add(who, f"p{product}", "return", place + 0.5, order=number, quantity=returned)
    check_all(log)


def check_all(log: Log) -> int:
    engine, base = train(log.columns, EAGER), database(log)
    asked = 0
    for product in engine.products:
        for one in [*engine.goes_with(product), *engine.for_session([product])]:
            asked += check(one, base)
    for found in engine.for_customers(list(engine.customers)[:40], "for_you").values():
        for one in found:
            asked += check(one, base)
    return asked + sum(check(one, base) for one in engine.popular(50))


def check(one, base) -> bool:
    evidence = one.evidence
    if evidence.buyers is None:
        return False
    everyone = ask(base, "SELECT COUNT(DISTINCT customer) FROM kept WHERE customer <> ''")
    total = ask(
        base, "SELECT COUNT(DISTINCT customer) FROM kept WHERE product = ? AND customer <> ''", one.product
    )
    if evidence.kind in ("popular", "category"):
        assert (evidence.buyers, evidence.base) == (total, everyone)
        return True
    if evidence.kind not in ("bought_together", "also_bought"):
        return False
    key = '(customer, "order")' if evidence.kind == "bought_together" else "(customer)"
    both = f"FROM kept a JOIN kept b USING {key} WHERE a.product = ? AND b.product = ?"
    because = evidence.because[0]
    buyers = ask(base, f"SELECT COUNT(DISTINCT customer) {both} AND customer <> ''", because, one.product)
    first = ask(
        base, "SELECT COUNT(DISTINCT customer) FROM kept WHERE product = ? AND customer <> ''", because
    )
    assert (evidence.buyers, evidence.base, evidence.share) == (buyers, first, buyers / first)
    lift = (buyers / first) / (total / everyone)
    if evidence.lift is None:
        assert evidence.kind == "bought_together" and lift < 1 + 1e-12
    else:
        assert evidence.lift == pytest.approx(lift, rel=1e-12)
    if evidence.kind == "bought_together":
        assert evidence.support == ask(base, f"SELECT COUNT(*) {both}", because, one.product)
    return True


def database(log: Log) -> sqlite3.Connection:
    base = sqlite3.connect(":memory:")
    base.execute(
        'CREATE TABLE rows (customer, product, kind, at, quantity, "order", session, price, category)'
    )
    distinct = sorted(set(zip(*log.columns.values(), strict=True)))
    base.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", distinct)
    base.execute(KEPT)
    base.execute('CREATE INDEX fast ON kept (product, customer, "order")')
    return base


def ask(base: sqlite3.Connection, statement: str, *values: str) -> int:
    return base.execute(statement, values).fetchone()[0]
