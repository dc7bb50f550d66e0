"""What goes with what: the planted pair first, no best-seller, no bulk order, nobody's secret."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import Recommendation, train
from tests.recommender.shops import QUICK, Log, planted_shop


def names(found: list[Recommendation]) -> list[str]:
    return [one.product for one in found]


def test_the_planted_pair_comes_first_both_ways(planted):
    assert names(planted.goes_with("LAMP"))[0] == "BULB"
    assert names(planted.goes_with(["BULB"]))[0] == "LAMP"
    assert planted.goes_with("LAMP")[0].source == "bought_together"


def test_the_best_seller_of_all_is_nobodys_complement(planted):
    assert planted.popular(1)[0].product == "BESTSELLER"
    for product in planted.products:
        found = planted.goes_with(product)
        assert not [one for one in found if one.product == "BESTSELLER" and one.source == "bought_together"]


def test_pairs_by_chance_are_not_shown(planted):
    shown = [p for p in planted.products for one in planted.goes_with(p) if one.source == "bought_together"]
    assert set(shown) <= {"LAMP", "BULB"}


def test_what_is_bought_together_less_than_by_chance_goes_with_nothing(pairs_on_other_days):
    """Without complements the list is filled from a source that says nothing of other buyers of the product."""
    found = pairs_on_other_days.goes_with("p01", n=20)
    assert len(found) == 20
    assert {one.source for one in found} == {"popular"}


@pytest.mark.parametrize("surface", ["goes_with", "for_session", "one_step_up"])
def test_nothing_at_a_lift_of_one_is_said_about_other_buyers(planted, pairs_on_other_days, surface):
    for engine in (planted, pairs_on_other_days):
        lists = [getattr(engine, surface)(product, n=20) for product in engine.products]
        told = [one.evidence for found in lists for one in found if one.evidence.lift is not None]
        assert all(evidence.lift > 1 for evidence in told)


def test_nobody_is_told_of_a_pair_by_chance(planted, pairs_on_other_days):
    for engine in (planted, pairs_on_other_days):
        people = engine.for_customers([f"c{n:03d}" for n in range(0, 200, 7)], n=20)
        told = [one.evidence for found in people.values() for one in found if one.evidence.lift is not None]
        assert all(evidence.lift > 1 for evidence in told)


@pytest.mark.parametrize("quantity", [1, 80_995])
def test_one_bulk_order_changes_nothing(planted, quantity):
    log = planted_shop()
    everything = [*planted.products, *(f"bulk{i}" for i in range(80))]
    log.order("wholesaler", everything, day=50, quantity=quantity)
    after = train(log.columns, QUICK)
    for product in planted.products:
        kept = [one for one in after.goes_with(product) if one.source == "bought_together"]
        before = [one for one in planted.goes_with(product) if one.source == "bought_together"]
        assert [(one.product, one.score) for one in kept] == [(one.product, one.score) for one in before]


def test_a_customer_who_repeats_himself_is_one_buyer():
    log = planted_shop()
    for day in range(40):
        log.order("fan", ["item01", "item02"], day=day)
    found = train(log.columns, QUICK).goes_with("item01")
    assert not [one for one in found if one.product == "item02" and one.source == "bought_together"]


@pytest.mark.parametrize(("buyers", "shown"), [(4, False), (5, True)])
def test_five_different_buyers_are_needed(buyers, shown):
    log = planted_shop()
    for customer in range(buyers):
        log.order(f"new{customer}", ["KEY", "LOCK"], day=10)
        log.order(f"new{customer}", ["KEY", "LOCK"], day=20)
    found = train(log.columns, QUICK).goes_with("KEY")
    assert ([one.product for one in found if one.source == "bought_together"] == ["LOCK"]) is shown
    about_people = [one.evidence.buyers for one in found if one.evidence.buyers is not None]
    assert all(count >= 5 for count in about_people)


def test_among_regulars_who_have_bought_everything_some_day_single_orders_tell_what_goes_together():
    log = planted_shop()
    for customer in range(40):
        for week in range(12):
            together = ["BREAD", "BUTTER"] if week % 2 else ["MILK", f"item{week:02d}"]
            log.order(f"regular{customer}", together, day=7 * week)
    first = train(log.columns, QUICK).goes_with("BREAD")[0]
    assert (first.product, first.source, first.evidence.support) == ("BUTTER", "bought_together", 240)


def test_what_complements_leave_free_is_filled_and_labelled(planted):
    found = planted.goes_with("LAMP", n=10)
    assert len(found) == 10
    rungs = ["bought_together", "bought_after", "also_bought", "popular"]
    places = [rungs.index(one.source) // 2 + (one.source == "popular") for one in found]
    assert places == sorted(places)
    assert places[0] == 0 and places[-1] == 2


def test_a_bulk_order_does_not_make_the_fifth_buyer():
    log = planted_shop()
    for customer in range(4):
        log.order(f"new{customer}", ["KEY", "LOCK"], day=10)
    log.order("wholesaler", ["KEY", "LOCK", *(f"bulk{i}" for i in range(200))], day=10)
    found = train(log.columns, QUICK).goes_with("KEY")
    assert "bought_together" not in {one.source for one in found}


def test_anonymous_orders_are_no_buyers_but_support_the_pair():
    log = planted_shop()
    for _ in range(9):
        log.order("", ["KEY", "LOCK"], day=10)
    assert "bought_together" not in {one.source for one in train(log.columns, QUICK).goes_with("KEY")}
    for customer in range(5):
        log.order(f"new{customer}", ["KEY", "LOCK"], day=10)
    evidence = train(log.columns, QUICK).goes_with("KEY")[0].evidence
    assert (evidence.buyers, evidence.base, evidence.support) == (5, 5, 14)


def test_returned_lines_do_not_count():
    log = Log()
    for customer in range(20):
        order = log.order(f"c{customer}", ["A", "B"], day=1)
        if customer >= 7:
            log.add(f"c{customer}", "B", "return", 5, order=order)
    for customer in range(60):
        log.order(f"d{customer}", ["C", "D"], day=2)
    evidence = train(log.columns, QUICK).goes_with("A")[0].evidence
    assert (evidence.buyers, evidence.base, evidence.share) == (7, 20, 7 / 20)
    assert evidence.lift == pytest.approx((7 / 20) / (7 / 80))


def test_a_partial_return_keeps_the_line_and_a_return_without_order_touches_no_pair():
    log = Log()
    for customer in range(6):
        order = log.order(f"c{customer}", ["A", "B"], day=1, quantity=3)
        log.add(f"c{customer}", "B", "return", 5, order=order, quantity=2)
        log.add(f"c{customer}", "A", "return", 6, quantity=3)
    for customer in range(60):
        log.order(f"d{customer}", ["C", "D"], day=2)
    evidence = train(log.columns, QUICK).goes_with("A")[0].evidence
    assert (evidence.buyers, evidence.base) == (6, 6)


def test_without_any_order_number_the_newest_purchases_are_taken_back():
    rows = {"customer": [], "product": [], "kind": [], "at": []}

    def add(*row):
        for cells, cell in zip(rows.values(), row, strict=True):
            cells.append(cell)

    for customer in range(80):
        pair = ("A", "B") if customer < 20 else ("C", "D")
        for product in pair:
            add(f"c{customer}", product, "purchase", "2026-01-05")
        if 8 <= customer < 20:
            add(f"c{customer}", "B", "return", "2026-01-09")
    evidence = train(rows, QUICK).goes_with("A")[0].evidence
    assert (evidence.buyers, evidence.base) == (8, 20)


def test_a_basket_gets_what_all_its_products_call_for():
    log = planted_shop()
    for customer in range(40):
        log.order(f"x{customer}", ["TENT", "PEGS"], day=3)
        log.order(f"x{customer}", ["STOVE", "GAS"], day=4)
    engine = train(log.columns, QUICK)
    found = engine.complete_basket(["TENT", "STOVE"], n=2)
    assert {one.product for one in found} == {"PEGS", "GAS"}
    because = {one.product: one.evidence.because for one in found}
    assert because == {"PEGS": ("TENT",), "GAS": ("STOVE",)}


@pytest.fixture(scope="module")
def pairs_on_other_days():
    """Twenty pairs, each bought by the same people on different days, and much that is bought by chance."""
    log, chance = Log(), np.random.default_rng(3)
    for customer in range(200):
        for day, pair in enumerate(chance.choice(20, 5, replace=False)):
            log.order(f"c{customer:03d}", [f"p{2 * pair:02d}"], day=2 * day)
            log.order(f"c{customer:03d}", [f"p{2 * pair + 1:02d}"], day=2 * day + 1)
    return train(log.columns, QUICK)


def test_one_place_in_ten_is_for_what_nothing_else_calls_for_as_much():
    """TENT has fourteen partners that are bought with it more often than PEGS, which nothing else calls for."""
    log = planted_shop()
    for customer in range(60):
        log.order(f"member{customer:02d}", ["TENT", *(f"club{n:02d}" for n in range(14))], day=10)
        if customer % 4 == 0:
            log.order(f"member{customer:02d}", ["TENT", "PEGS"], day=30)
    engine = train(log.columns, QUICK)
    assert (found := names(engine.goes_with("TENT", n=10)))[-1] == "PEGS" and found[0].startswith("club")
    assert "PEGS" not in names(engine.goes_with("TENT", n=4))


def test_weak_complements_leave_room_for_what_sells_beside_other_things():
    log = planted_shop()
    for customer in range(300):
        log.order(f"c{customer:03d}", ["BAG", f"item{customer % 40:02d}"], day=80)
        if customer % 3 == 0:
            weak = [f"weak{(customer // 3 + step) % 12:02d}" for step in range(2)]
            log.order(f"d{customer:03d}", ["HOOK", *weak], day=81)
    found = train(log.columns, QUICK).goes_with("HOOK", n=10)
    sources = [one.source for one in found]
    assert 5 <= sources.count("bought_together") <= 9
    assert sources == sorted(sources, key=["bought_together", "also_bought", "popular"].index)
    assert next(one.product for one in found if one.source == "popular") in {"BESTSELLER", "BAG"}
