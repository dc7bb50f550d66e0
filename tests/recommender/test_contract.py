"""Every model passes the same tests, on histories whose answer is obvious."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import load, train
from recommender.models.contract import Gate, Query
from recommender.models.registry import MODELS
from tests.recommender.shops import QUICK, Log, checkerboard

NAMES = [model.name for model in MODELS]


@pytest.fixture(scope="module")
def engine():
    """Every model of this engine has something to say about customer 0 and product 0."""
    return train(full_board().columns, QUICK)


@pytest.fixture(scope="module")
def queries(engine):
    products = range(len(engine.products))
    return [Query(customer, (product,)) for customer in range(4) for product in products] + [Query()]


@pytest.mark.parametrize("name", NAMES)
def test_something_is_found(engine, queries, name):
    everything = Gate(np.ones(len(engine.products), np.bool_))
    assert any(len(engine.models[name].rank(query, everything, 5)) for query in queries)


@pytest.mark.parametrize("name", NAMES)
def test_lists_are_ordered_by_score_then_product(engine, queries, name):
    everything = Gate(np.ones(len(engine.products), np.bool_))
    for query in queries:
        ranked = engine.models[name].rank(query, everything, 8)
        keys = list(zip((-ranked.scores).tolist(), ranked.products.tolist(), strict=True))
        assert keys == sorted(keys)
        assert len(set(ranked.products.tolist())) == len(ranked) <= 8
        assert (ranked.scores > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_closed_product_never_appears_and_the_gate_is_left_as_it_was(engine, queries, name):
    chance = np.random.default_rng(1)
    for query in queries:
        shown = chance.random(len(engine.products)) < 0.5
        before = shown.copy()
        ranked = engine.models[name].rank(query, Gate(shown), 30)
        assert shown[ranked.products].all()
        assert (shown == before).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_shorter_list_is_the_head_of_the_longer_one(engine, queries, name):
    everything = Gate(np.ones(len(engine.products), np.bool_))
    for query in queries:
        longer = engine.models[name].rank(query, everything, 9).products.tolist()
        assert engine.models[name].rank(query, everything, 3).products.tolist() == longer[:3]
        assert len(engine.models[name].rank(query, everything, 0)) == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_can_be_explained(engine, queries, name):
    everything = Gate(np.ones(len(engine.products), np.bool_))
    for query in queries:
        ranked = engine.models[name].rank(query, everything, 5)
        for place in range(len(ranked)):
            evidence = ranked.explain(place)
            assert evidence.kind != "none"
            assert evidence.buyers is None or evidence.buyers >= QUICK.min_buyers


@pytest.mark.parametrize("name", NAMES)
def test_a_second_fit_and_a_stored_one_equal_the_first(engine, name, tmp_path):
    again = train(full_board().columns, QUICK)
    again.save(tmp_path / "model")
    stored = load(tmp_path / "model")
    for other in (again, stored):
        assert sorted(other.parts.get(name, {})) == sorted(engine.parts.get(name, {}))
        for array, values in engine.parts.get(name, {}).items():
            assert values.dtype == other.parts[name][array].dtype
            assert np.array_equal(values, other.parts[name][array])


def test_the_checkerboard_is_understood(board):
    for customer, found in board.for_customers(list(board.customers), "new_for_you", n=1).items():
        assert found[0].source == "personal"
        assert int(found[0].product[1:]) == int(customer[1:])
    for product in board.products:
        assert all(
            int(one.product[1:]) % 2 == int(product[1:]) % 2 for one in board.for_session([product], n=5)
        )


def test_the_order_of_the_rows_changes_nothing_but_the_calculation(board):
    rows = checkerboard()
    shuffled = np.random.default_rng(3).permutation(len(rows["at"]))
    other = train({name: [cells[i] for i in shuffled] for name, cells in rows.items()}, QUICK)
    for product in board.products:
        assert other.goes_with(product) == board.goes_with(product)


def full_board() -> Log:
    """The checkerboard with prices, categories, visits and repeats."""
    log = Log()
    for customer in range(24):
        side = "even" if customer % 2 == 0 else "odd"
        own = [p for p in range(24) if p % 2 == customer % 2 and p != customer]
        for week in (0, 30, 60):
            for place in range(0, len(own), 4):
                number = f"o{customer}-{week}-{place}"
                for product in own[place : place + 4]:
                    facts = {"price": 1 + product, "category": f"{side}{product % 4 // 2 + product // 12}"}
                    log.add(
                        f"c{customer:02d}", f"p{product:02d}", "purchase", week + place, order=number, **facts
                    )
        for product in own:
            log.add(f"c{customer:02d}", f"p{product:02d}", "view", 61, session=f"s{customer}-{product // 8}")
    for visitor in range(30):
        for product in (visitor % 20, (visitor % 20 + 3) % 24):
            log.add("", f"p{product:02d}", "view", 62, session=f"v{visitor % 20}-{visitor}")
            log.add("", f"p{(product + 3) % 24:02d}", "view", 62, session=f"w{visitor % 20}-{visitor}")
    log.add("", "fresh", "listed", 62, category="even0", price=3)
    chosen = ("p22", "p21")
    for extra in range(40):
        log.order(
            f"x{extra:02d}",
            [chosen[extra % 2], f"q{extra % 2}"],
            day=40,
            price=50,
            category=f"far{extra % 2}",
        )
        log.order(f"x{extra:02d}", ["cheap"], day=41, price=1, category=f"far{extra % 2}")
        log.order(f"x{extra:02d}", [f"q{extra % 2}b"], day=42, price=2, category=f"far{extra % 2}")
    return log
