"""Facts about a customer: what they rest on, how sure they are, when they end, and what follows from them."""

from __future__ import annotations

import pytest

from recommender import Fact, train
from recommender.facts import lowest_share
from recommender.training.significance import lower_share
from tests.recommender.shops import QUICK, Log

SHELVES = ("laptops", "cameras", "screens", "kettles")


def shop() -> Log:
    """Ninety people; every third buys dear laptops, and dear cameras and screens follow. Kettles: no pattern."""
    log = Log()
    for person in range(90):
        rich = person % 3 == 0
        who = f"c{person:02d}"
        for shelf, day in (("laptops", 1), ("cameras", 20), ("screens", 40)):
            dear = rich and not (shelf == "screens" and person % 2)
            log.order(
                who, [f"{shelf}-{9 if dear else person % 5}"], day, price=900 if dear else 90, category=shelf
            )
        log.order(who, [f"kettles-{person % 10}"], 50, price=20 + person % 10, category="kettles")
    for shelf in SHELVES:
        for step in range(10):
            log.order("x", [f"{shelf}-{step}"], 55, price=20 + 10 * step, category=shelf)
    return log


def engine_of(log: Log):
    return train(log.columns, QUICK)


def premium(facts: list[Fact], category: str) -> Fact | None:
    return next((fact for fact in facts if fact.category == category), None)


def buy(log: Log, who: str, *products: str, day: float = 60) -> str:
    shelf = products[0].split("-")[0]
    return log.order(who, list(products), day, price="", category=shelf)


def test_two_dear_things_of_a_category_make_a_fact_and_name_what_they_rest_on():
    log = shop()
    buy(log, "me", "laptops-8", day=10)
    buy(log, "me", "laptops-7", day=60)
    fact = premium(engine_of(log).facts_of("me"), "laptops")
    assert (fact.kind, fact.because) == ("premium", ("laptops-7", "laptops-8"))
    assert fact.confidence == pytest.approx(0.4265, abs=1e-3)
    assert fact.until == "2027-09-01"  # 548 days after the second of them


@pytest.mark.parametrize(
    ("bought", "confidence"),
    [
        (["laptops-9"], 0.27),  # the dearest of ten: one is enough, and not much
        (["laptops-7"], None),  # in the dear third, but not clearly
        (["laptops-7", "laptops-8"], 0.43),
        (["laptops-7", "laptops-8", "laptops-0"], 0.39),  # a cheap thing beside two dear ones says little
        (["laptops-7", "laptops-8", "laptops-5", "laptops-4", "laptops-3"], None),
        (["laptops-9", "laptops-0"], None),  # as often as not
        (["laptops-9", "laptops-5"], None),
        (["laptops-7", "laptops-8", "laptops-9"], 0.53),
    ],
)
def test_how_sure_a_fact_is(bought, confidence):
    log = shop()
    buy(log, "me", *bought)
    fact = premium(engine_of(log).facts_of("me"), "laptops")
    assert (fact and round(fact.confidence, 2)) == confidence


def test_confidence_is_the_interval_that_training_uses_too():
    for of in range(1, 30):
        for hits in range(of + 1):
            assert lowest_share(hits, of) == pytest.approx(float(lower_share(float(hits), float(of))))


def test_buying_the_same_thing_again_is_the_same_choice():
    log = shop()
    for day in (60, 90, 120):
        buy(log, "me", "laptops-7", day=day)
    assert engine_of(log).facts_of("me") == []


def test_what_came_back_supports_nothing():
    log = shop()
    buy(log, "me", "laptops-8")
    order = buy(log, "me", "laptops-7")
    log.add("me", "laptops-7", "return", 70, order=order)
    assert engine_of(log).facts_of("me") == []


def test_a_fact_ends_eighteen_months_after_the_last_purchase_that_supports_it():
    log = shop()
    buy(log, "me", "laptops-9")
    buy(log, "me", "laptops-0", day=300)  # no support: it puts nothing off
    buy(log, "me", "laptops-8", day=10)
    engine = engine_of(log)
    until = engine.facts_of("me")[0].until
    assert engine.facts_of("me", at=until) == engine.facts_of("me", at=f"{until}T23:59:59")
    assert len(engine.facts_of("me", at=until)) == 1
    assert engine.facts_of("me", at="2027-09-01T00:00:00") == engine.facts_of("me", at=until)
    assert engine.facts_of("me", at="2027-09-02") == []
    assert all(one.evidence.until is None for one in engine.one_step_up("", "me", at="2027-09-02"))


def test_nobody_knows_a_stranger_and_without_prices_there_is_no_upper_end(board):
    assert engine_of(shop()).facts_of("nobody") == []
    assert board.facts_of("c00") == []


def test_both_hops_are_in_the_evidence():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7", "laptops-1")
    first = engine_of(log).one_step_up("", "me")[0]
    assert (first.product, first.source) == ("cameras-9", "one_step_up")
    seen = first.evidence
    assert (seen.because, seen.category) == (("laptops-7", "laptops-8"), "laptops")
    assert seen.confidence == pytest.approx(0.368, abs=1e-3) and seen.until == "2027-09-01"
    # 30 rich people and x, who has one of everything, bought a dear laptop; the same 31 a dear camera. So did I.
    assert (seen.buyers, seen.base) == (31, 32)
    assert seen.share == pytest.approx(31 / 32)
    assert seen.lift == pytest.approx((31 / 32) / (31 / 92))


def test_without_the_customer_nothing_of_a_person_is_used():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7")
    engine = engine_of(log)
    assert engine.one_step_up("laptops-9")[0].evidence.confidence is None
    assert engine.one_step_up("laptops-9", customer="c01")[0].evidence.confidence is None
    assert engine.one_step_up("kettles-3", customer="me")[0].evidence.because == ("laptops-7", "laptops-8")


def test_an_untrue_fact_takes_the_second_hop_away_and_nothing_else():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7", "kettles-8", "kettles-9", "kettles-7")
    engine = engine_of(log)
    before, after = (engine.one_step_up("", "me", 40, without_facts=out) for out in ((), ("laptops",)))
    hops = {one.product for one in before if one.evidence.confidence is not None}
    assert hops and all(one.evidence.category == "laptops" for one in before[: len(hops)])
    assert not [one for one in after if one.source == "one_step_up"]
    assert hops == {one.product for one in before}
    assert {one.source for one in after} == {"popular"}, "labelled as what it is"
    assert premium(engine.facts_of("me"), "laptops"), (
        "what is untrue to the customer is still what they bought"
    )


def test_an_untrue_fact_counts_for_the_page_of_a_dear_thing_too():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7")
    engine = engine_of(log)
    assert engine.one_step_up("laptops-9", "me", 1)[0].source == "one_step_up"
    found = engine.one_step_up("laptops-9", "me", without_facts=["laptops"])
    assert "one_step_up" not in {one.source for one in found}


def test_of_two_facts_only_the_untrue_one_is_left_out():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7")
    buy(log, "me", "cameras-8", "cameras-7")
    engine = engine_of(log)
    assert [fact.category for fact in engine.facts_of("me")] == ["cameras", "laptops"]
    both = {one.product for one in engine.one_step_up("", "me", 20) if one.source == "one_step_up"}
    left = engine.one_step_up("", "me", 20, without_facts=["laptops"])
    assert {one.evidence.category for one in left} == {"cameras"}
    assert {one.product for one in left} < both
    assert "cameras-9" in both - {one.product for one in left}


def test_a_gate_holds_for_what_follows_from_facts():
    log = shop()
    buy(log, "me", "laptops-8", "laptops-7")
    engine = engine_of(log)
    assert engine.one_step_up("", "me", exclude=["cameras-9"])[0].product != "cameras-9"
    assert engine.one_step_up("", "me", allowed=["screens-9"])[0].product == "screens-9"


def test_what_fewer_than_five_people_did_follows_from_no_fact():
    log = shop()
    for person in range(4):
        buy(log, f"few{person}", "kettles-9", "kettles-8")
        buy(log, f"few{person}", "screens-8")
    buy(log, "me", "kettles-9", "kettles-8")
    found = engine_of(log).one_step_up("", "me", 20)
    assert "screens-8" not in {one.product for one in found if one.source == "one_step_up"}


def test_saved_and_loaded_facts_are_the_same(tmp_path):
    from recommender import load

    log = shop()
    buy(log, "我 🙂", "laptops-8", "laptops-7")
    engine = engine_of(log)
    engine.save(tmp_path)
    loaded = load(tmp_path)
    assert loaded.facts_of("我 🙂") == engine.facts_of("我 🙂") != []
    assert loaded.one_step_up("", "我 🙂") == engine.one_step_up("", "我 🙂")
