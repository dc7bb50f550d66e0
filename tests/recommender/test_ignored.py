"""What somebody is shown again and again and leaves lying goes down in his lists, and comes back with time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender import train
from recommender.interactions import Interactions
from recommender.training.history import History
from tests.recommender.shops import QUICK, Log, checkerboard


def weight(*rows, product="p00", customer="c01", **settings):
    """How much p00 is damped for c01, with these (kind, day, quantity) rows beside the board."""
    log = Log()
    log.columns = checkerboard()
    for kind, day, quantity in rows:
        log.add(customer, product, kind, day, quantity=quantity)
    data = Interactions.read(log.columns)
    history = History.of(data, type(QUICK)(**{**QUICK.as_dict(), "as_of": "2026-02-01", **settings}))
    matrix = history.ignored
    return float(matrix[data.customers.find("c01"), data.products.find(product)])


def test_the_more_often_it_was_left_lying_the_more_it_is_damped():
    few, some, many = (weight(("ignore", 30.6, times)) for times in (4, 5, 30))
    assert few == 0
    assert 0.1 < some < many < 1
    assert weight(("ignore", 30.6, 3), ("ignore", 30.6, 2)) == pytest.approx(some)


def test_it_recovers_with_time():
    fresh, old = weight(("ignore", 30.6, 20)), weight(("ignore", 0.6, 20))
    assert old == pytest.approx(fresh / 2, rel=0.05)
    assert weight(("ignore", 0.6, 20), ignored_half_life_days=2.0) == 0


@pytest.mark.parametrize("deed", ["view", "cart", "purchase"])
def test_a_look_or_a_purchase_afterwards_takes_it_back(deed):
    assert weight(("ignore", 20, 20), (deed, 21, 1)) == 0
    assert weight((deed, 19, 1), ("ignore", 20, 20)) > 0.3


def test_only_the_one_who_ignored_it_gets_another_list():
    rows = checkerboard()
    blended = replace(QUICK, tuned="2026-01-01")  # a shop as small as this one would go by neighbours alone
    before = train(rows, blended).for_customers(["c01", "c03"], "new_for_you", 3)
    first = before["c01"][0].product
    log = Log()
    log.columns = rows
    log.add("c01", first, "ignore", 21, quantity=40)
    after = train(log.columns, blended).for_customers(["c01", "c03"], "new_for_you", 3)
    assert after["c01"][0].product != first
    assert [one.product for one in after["c03"]] == [one.product for one in before["c03"]]


def test_what_is_ignored_says_nothing_about_others_nor_about_what_sells():
    log = Log()
    log.columns = checkerboard()
    before = train(log.columns, QUICK)
    for customer in range(20):
        log.add(f"c{customer:02d}", "p00", "ignore", 21, quantity=40)
    after = train(log.columns, QUICK)
    assert [one.product for one in after.popular(30)] == [one.product for one in before.popular(30)]
    for product in before.products:
        one, other = (engine.goes_with(product) for engine in (after, before))
        assert [(entry.product, entry.source) for entry in one] == [(e.product, e.source) for e in other]
