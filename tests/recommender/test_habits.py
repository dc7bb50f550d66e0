"""What is bought again, when, and what is not: durable goods, due replenishables, next baskets."""

from __future__ import annotations

import numpy as np

from recommender import train
from recommender.training import choice
from recommender.training.habits import usual_weights
from recommender.training.rhythm import OTHER, OWN
from tests.recommender.shops import QUICK, Log


def household() -> Log:
    """Forty people: coffee every 20 days or so, a lamp once each, a desk once by some."""
    log = Log()
    for person in range(40):
        name = f"c{person:02d}"
        log.order(name, ["LAMP"], day=1 + person % 7)
        for visit in range(7):
            log.order(
                name, ["COFFEE", f"odd{(person * 7 + visit) % 60:02d}"], day=10 + 20 * visit + person % 3
            )
    for person in range(40):
        log.order(f"c{person:02d}", ["SOAP"], day=30 + person % 4)
        log.order(f"c{person:02d}", ["SOAP"], day=90 + person % 4)
    return log


def test_what_everybody_buys_once_is_not_offered_again():
    engine = train(household().columns, {**QUICK.as_dict(), "as_of": "2026-05-20"})
    for found in engine.for_customers(list(engine.customers), "buy_again", n=20).values():
        names = [one.product for one in found]
        assert "COFFEE" in names and "SOAP" in names
        assert "LAMP" not in names


def test_what_one_person_keeps_buying_is_his_habit_even_when_others_buy_it_once():
    log = household()
    for visit in range(4):
        log.order("c07", ["LAMP"], day=20 + 30 * visit)
    found = train(log.columns, QUICK).for_customers(["c07", "c08"], "buy_again", n=20)
    assert "LAMP" in [one.product for one in found["c07"]]
    assert "LAMP" not in [one.product for one in found["c08"]]


def test_what_is_due_comes_first_with_its_interval_and_durable_goods_stay_out_of_for_you():
    engine = train(household().columns, {**QUICK.as_dict(), "as_of": "2026-06-05"})
    found = engine.for_customers(["c03"], "buy_again")["c03"]
    coffee = next(one for one in found if one.product == "COFFEE")
    assert (coffee.evidence.times, coffee.evidence.interval_days) == (7, 20.0)
    assert coffee.evidence.last_at == "2026-05-11"
    shown = [one.product for one in engine.for_customers(["c03"], "for_you", n=30)["c03"]]
    assert "COFFEE" in shown and "LAMP" not in shown


def test_the_next_basket_holds_the_habit_before_what_was_bought_once():
    engine = train(household().columns, QUICK)
    for found in engine.for_customers(list(engine.customers), "next_basket", n=10).values():
        assert found[0].product == "COFFEE"
        assert len(found) == 10
        scores = [one.score for one in found if one.source == "habit"]
        assert scores == sorted(scores, reverse=True)


def test_weights_follow_what_people_chose_and_few_choices_leave_them_as_they_are():
    chance = np.random.default_rng(4)
    numbers = chance.normal(size=(4000, 2))
    first = np.arange(0, 4000, 10)
    taken = np.zeros(4000)
    taken[first + (numbers[:, 0].reshape(-1, 10)).argmax(1)] = 1
    usual = np.array([0.0, 1.0])
    many = choice.fit(choice.Choices(numbers, taken, first), usual, 1.0)
    assert many[0] > 3 and abs(many[1]) < 0.3
    few = choice.fit(choice.Choices(numbers[:20], taken[:20], first[:2]), usual, 200.0)
    assert np.abs(few - usual).max() < 0.1
    none = choice.fit(choice.Choices(numbers[:0], taken[:0], first[:0]), usual, 1.0)
    assert np.array_equal(none, usual)


def test_every_number_has_its_usual_weight():
    assert usual_weights().shape == (len(OWN) + len(OTHER),)


def test_best_sellers_nobody_has_tried_yet_fill_the_basket_with_their_own_label():
    log = household()
    log.order("newcomer", ["odd05"], day=140)
    found = train(log.columns, QUICK).for_customers(["newcomer"], "next_basket", n=70)["newcomer"]
    assert {one.source for one in found} == {"habit", "popular"}
    assert "COFFEE" in [one.product for one in found if one.source == "popular"]
