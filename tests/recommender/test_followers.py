"""What follows what: first purchases, one way, within the window, counted exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recommender import Interactions, train
from recommender.settings import EngineSettings
from recommender.training.followers import count_follow_ups
from recommender.training.history import DAY, History
from tests.recommender.shops import QUICK, Log, planted_shop


def phones(days: int = 9) -> Log:
    """Forty customers with a phone, half of them back for a case some days later."""
    log = planted_shop()
    for customer in range(40):
        log.order(f"x{customer}", ["PHONE"], day=10)
        if customer % 2:
            log.order(f"x{customer}", ["item01"], day=12)
            log.order(f"x{customer}", ["CASE"], day=10 + days)
    return log


def names(found, *sources):
    return [one.product for one in found if one.source in sources]


def test_a_case_follows_a_phone_and_not_the_reverse():
    engine = train(phones().columns, QUICK)
    first = engine.goes_with("PHONE")[0]
    assert (first.product, first.source) == ("CASE", "bought_after")
    evidence = first.evidence
    assert (evidence.buyers, evidence.base, evidence.share, evidence.within_days) == (20, 40, 0.5, 60)
    assert evidence.because == ("PHONE",) and evidence.lift > 1
    assert "PHONE" not in names(engine.goes_with("CASE"), "bought_after", "bought_together")


def test_what_comes_beyond_the_window_follows_nothing():
    engine = train(phones(days=61).columns, QUICK)
    assert "CASE" not in names(engine.goes_with("PHONE"), "bought_after")
    engine = train(phones(days=61).columns, replace(QUICK, follow_days=61))
    assert "CASE" in names(engine.goes_with("PHONE"), "bought_after")


def test_the_wrong_way_round_is_left_out_of_pairs_in_one_order_too():
    log = phones()
    for customer in range(10):
        log.order(f"y{customer}", ["PHONE", "CASE"], day=20)
    engine = train(log.columns, QUICK)
    assert engine.goes_with("PHONE")[0].product == "CASE"
    assert "PHONE" not in names(engine.goes_with("CASE"), "bought_after", "bought_together")


def test_one_order_says_more_than_a_later_one():
    log = phones()
    for customer in range(20):
        log.order(f"x{2 * customer}", ["CHARGER"], day=11)
        log.order(f"z{customer}", ["PHONE", "GLASS"], day=11)
        log.order(f"w{customer}", ["PHONE"], day=11)
    found = train(log.columns, QUICK).goes_with("PHONE")
    assert [one.product for one in found[:1]] == ["GLASS"]
    assert set(names(found, "bought_after")) >= {"CASE", "CHARGER"}


def test_an_order_of_the_same_again_in_between_hides_nothing():
    log = Log()
    for customer in range(40):
        log.order(f"x{customer}", ["PHONE" if customer % 2 else "LAMP"], day=10)
        log.order(f"x{customer}", ["PHONE" if customer % 2 else "LAMP"], day=11)
        log.order(f"x{customer}", ["CASE" if customer % 2 else "BULB"], day=12)
    engine = train(log.columns, QUICK)
    assert names(engine.goes_with("PHONE"), "bought_after") == ["CASE"]
    assert names(engine.goes_with("LAMP"), "bought_after") == ["BULB"]


def test_a_reseller_teaches_nothing():
    log = planted_shop()
    for day in range(9):
        log.order("reseller", [f"bulk{day}-{item}" for item in range(60)], day=day)
    assert all(not names(train(log.columns, QUICK).goes_with(f"bulk0-{n}"), "bought_after") for n in range(3))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_counts_are_those_of_a_plain_loop(seed):
    chance, log = np.random.default_rng(seed), Log()
    for _order in range(600):
        customer, day = chance.integers(25), int(chance.integers(200))
        log.order(f"c{customer}", [f"p{n}" for n in chance.choice(15, 3, replace=False)], day=day)
    settings = EngineSettings.of({"follow_days": 30, "min_buyers": 1})
    history = History.of(Interactions.read(log.columns), settings)
    found = count_follow_ups(history)
    seen = {
        (int(key) // found.products, int(key) % found.products): int(number)
        for key, number in zip(found.key, found.customers, strict=True)
    }
    assert seen == by_hand(history, 30, 8)
    assert found.count([0, 1], [1, 0]).tolist() == [seen.get((0, 1), 0), seen.get((1, 0), 0)]


def by_hand(history: History, days: int, orders: int) -> Counter:
    """The same definition, customer by customer."""
    kept, pairs = history.kept, Counter()
    for customer in set(kept.customer.tolist()):
        mine = kept.customer == customer
        baskets = sorted({(int(kept.at[mine & (kept.basket == b)].min()), int(b)) for b in kept.basket[mine]})
        place = {basket: (number, at) for number, (at, basket) in enumerate(baskets)}
        first: dict[int, tuple[int, int]] = {}
        for basket, product in zip(kept.basket[mine].tolist(), kept.product[mine].tolist(), strict=True):
            first[product] = min(first.get(product, (10**9, 0)), place[basket])
        for a, (number, at) in first.items():
            for b, (later, then) in first.items():
                if 0 < later - number <= orders and 0 < then - at <= days * DAY:
                    pairs[a, b] += 1
    return pairs
