"""Personal lists: what is new now, what was rejected, who is cold, and weights chosen before the test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import recommender
from recommender import EngineSettings, train
from recommender.models import taste
from recommender.training.tuning import TUNED, kept_choice
from tests.recommender.shops import QUICK, Log, checkerboard


def rejecting(customer: str, product: str, day: float = 90) -> Log:
    log = Log()
    log.columns = checkerboard()
    log.add(customer, product, "reject", day)
    return log


@pytest.mark.parametrize("surface", ["for_you", "new_for_you", "next_basket", "buy_again"])
def test_what_was_rejected_never_comes_back_to_this_person_only(board, surface):
    engine = train(rejecting("c04", "p04").columns, QUICK)
    shown = engine.for_customers(["c04", "c06"], surface, n=24)
    assert "p04" not in [one.product for one in shown["c04"]]
    if surface == "next_basket":
        assert "p04" in [one.product for one in shown["c06"]]


@pytest.mark.parametrize(
    ("surface", "product"),
    [("new_for_you", "p04"), ("for_you", "p04"), ("buy_again", "p06"), ("next_basket", "p06")],
)
def test_a_rejection_that_was_taken_back_since_counts_no_more(board, surface, product):
    engine = train(rejecting("c04", product).columns, QUICK)
    assert engine.rejected_by("c04") == [product]
    assert engine.rejected_by("c06") == engine.rejected_by("nobody") == []
    for forgiven in ([], [product], ["p00", "unknown"]):
        found = engine.for_customers(["c04"], surface, n=24, forgiven=forgiven)["c04"]
        assert (product in [one.product for one in found]) is (forgiven == [product])
    alike = engine.for_customers(["c04"], surface, n=24, forgiven=[product])["c04"]
    never = train(checkerboard(), QUICK).for_customers(["c04"], surface, n=24)["c04"]
    assert {one.product for one in alike} == {one.product for one in never}


def test_a_purchase_after_the_rejection_takes_it_back():
    log = rejecting("c04", "p08", day=1)
    log.order("c04", ["p08"], day=95)
    assert "p08" in [
        one.product for one in train(log.columns, QUICK).for_customers(["c04"], "buy_again", n=24)["c04"]
    ]


def test_a_rejection_pushes_what_is_like_it_down():
    log = Log()
    for person in range(40):
        side = "ab"[person % 2]
        own = [f"{side}{(person // 2 + i) % 8}" for i in range(4)]
        log.order(f"c{person:02d}", own, day=person % 5)
    log.order("both", ["a0", "b0"], day=3)
    plain = {**QUICK.as_dict(), "fresh_weight": 0.0, "neighbour_share": 1.0, "min_significance": 0.5}
    before = train(log.columns, plain).for_customers(["both"], "new_for_you", n=14)["both"]
    for product in ("a1", "a7"):
        log.add("both", product, "reject", 4)
    after = train(log.columns, plain).for_customers(["both"], "new_for_you", n=14)["both"]

    def share(found):
        first = [one.product[0] for one in found if one.source == "personal"][:4]
        return first.count("a") / max(len(first), 1)

    assert share(after) < share(before)


def test_what_finds_new_buyers_now_reaches_people_who_have_little_else():
    log = Log()
    for person in range(60):
        log.order(f"c{person:02d}", [f"old{(person + i) % 12:02d}" for i in range(3)], day=person % 20)
    for person in range(0, 60, 2):
        log.order(f"c{person:02d}", ["RISING"], day=200 + person % 9)
    found = train(log.columns, QUICK).for_customers(["c01", "c03"], "new_for_you", n=3)
    assert all("RISING" in [one.product for one in lists] for lists in found.values())


def test_a_product_hardly_anybody_bought_is_found_by_its_category():
    log = Log()
    for person in range(60):
        field = "tea" if person % 2 else "ink"
        for i in range(3):
            log.order(f"c{person:02d}", [f"{field}{(person // 2 + i) % 9}"], day=5 + i, category=field)
    for field in ("tea", "ink"):
        log.add("", f"{field}NEW", "view", 6, category=field)
    engine = train(log.columns, {**QUICK.as_dict(), "content_weight": 3.0, "category_share": 1.0})
    for person, new, other in (("c01", "teaNEW", "inkNEW"), ("c02", "inkNEW", "teaNEW")):
        shown = [
            one.product
            for one in engine.for_customers([person], "new_for_you", n=20)[person]
            if one.source == "personal"
        ]
        assert new in shown and other not in shown


def test_a_large_catalogue_is_narrowed_to_candidates_with_the_same_head(board, monkeypatch):
    whole = board.for_customers(list(board.customers), "new_for_you", n=1)
    monkeypatch.setattr(taste, "EVERYTHING", 3)
    assert {
        name: found[0].product
        for name, found in board.for_customers(list(board.customers), "new_for_you", n=1).items()
    } == {name: found[0].product for name, found in whole.items()}


def test_nobody_gets_an_empty_list_however_little_is_known(board):
    log = Log()
    log.columns = checkerboard()
    log.order("one", ["p03"], day=80)
    engine = train(log.columns, QUICK)
    for surface in ("for_you", "new_for_you", "next_basket", "buy_again"):
        for found in engine.for_customers(["one", "nobody", ""], surface).values():
            assert found and all(one.source for one in found)


def test_tuning_names_its_day_keeps_everything_else_and_is_the_same_twice():
    log = Log()
    chance = np.random.default_rng(3)
    for person in range(60):
        for visit in range(5):
            side = person % 3
            own = {f"p{side}{int(place):02d}" for place in chance.integers(0, 15, 3)}
            log.order(f"c{person:02d}", sorted(own), day=25 * visit + int(chance.integers(0, 20)))
    given = replace(QUICK, holdout_customers=50)
    chosen = recommender.tune(log.columns, given)
    assert chosen == recommender.tune(log.columns, given)
    assert chosen.tuned is not None
    assert replace(chosen, **{name: getattr(given, name) for name in TUNED}) == given
    engine = train(log.columns, chosen)
    assert kept_choice(engine.settings) == {name: getattr(chosen, name) for name in TUNED}


def test_too_little_history_leaves_the_usual_weights():
    log = Log()
    log.order("c", ["p"], day=1)
    assert recommender.tune(log.columns) == EngineSettings()
    assert kept_choice(EngineSettings()) == {} == kept_choice(None)


def test_somebody_new_is_shown_what_sells_and_what_people_buy_again():
    log = Log()
    for person in range(40):
        for visit in range(6):
            log.order(
                f"c{person:02d}", ["BREAD", f"odd{(person * 5 + visit) % 40:02d}"], day=6 * visit + person % 5
            )
        log.order(f"c{person:02d}", ["TABLE"], day=3)
    log.order("new", ["BREAD", "TABLE"], day=30)
    found = train(log.columns, QUICK).for_customers(["new"], "for_you", n=8)["new"]
    assert ("BREAD", "habit") in [(one.product, one.source) for one in found]
    assert "TABLE" not in [one.product for one in found]
    assert sum(one.source == "habit" for one in found) <= 4
    assert len(found) == 8


def test_in_a_small_shop_three_who_bought_both_order_a_list_but_are_never_spoken_of():
    log = Log()
    for person in range(40):
        log.order(f"c{person:02d}", ["BREAD", f"odd{person % 13:02d}", f"even{person % 7:02d}"], day=person)
    for person in (3, 14, 25):
        log.order(f"c{person:02d}", ["FLUTE", "SCORE"], day=40)
    log.order("c30", ["FLUTE"], day=41)
    log.order("c31", ["FLUTE"], day=41)
    log.order("c32", ["SCORE"], day=41)
    log.order("c33", ["SCORE"], day=41)
    engine = train(log.columns, QUICK)
    assert "SCORE" not in [one.product for one in engine.goes_with("FLUTE", 2) if one.source != "popular"]
    first = engine.for_customers(["c30"], "new_for_you", n=3)["c30"][0]
    assert (first.product, first.evidence.kind) == ("SCORE", "taste")


def test_somebody_new_is_shown_again_what_he_bought_though_nobody_came_back_for_it_yet():
    log = Log()
    for person in range(40):
        for visit in range(6):
            shelf = f"staple{person % 4}{visit // 3}"
            log.order(f"c{person:02d}", ["BREAD", shelf], day=6 * visit + person % 5)
    for person in range(12):
        log.order(f"c{person:02d}", ["TEA"], day=34)
    own = ["TEA", "JAM", "SALT", "RICE", "OATS", "CORN", "LEEK"]
    log.order("new", own, day=33)
    found = train(log.columns, QUICK).for_customers(["new"], "for_you", n=10)["new"]
    again = [one.product for one in found if one.source == "habit"]
    assert again and set(again) <= set(own) and len(again) <= 6
    assert len(found) == 10


def test_where_people_hardly_come_back_nothing_is_offered_again_that_nobody_came_back_for():
    log = Log()
    for person in range(40):
        for visit in range(6):
            log.order(f"c{person:02d}", [f"odd{person % 20:02d}{visit}"], day=6 * visit + person % 5)
    log.order("new", ["TEA", "JAM", "SALT"], day=30)
    found = train(log.columns, QUICK).for_customers(["new"], "for_you", n=10)["new"]
    assert not {"TEA", "JAM", "SALT"} & {one.product for one in found}


def test_what_somebody_new_bought_on_this_very_trip_is_not_offered_again():
    log = Log()
    for person in range(40):
        for visit in range(6):
            log.order(f"c{person:02d}", ["BREAD", f"odd{(person * 5 + visit) % 40:02d}"], day=6 * visit)
    log.order("new", ["BREAD"], day=40)
    found = train(log.columns, QUICK).for_customers(["new"], "for_you", n=8)["new"]
    assert found and "BREAD" not in [one.product for one in found]
