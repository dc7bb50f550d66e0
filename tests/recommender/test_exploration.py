"""A few places for what is new: measured, labelled, never the first, the same all day."""

from __future__ import annotations

from collections import Counter

import pytest

from recommender import load, train
from recommender.exploring import places
from tests.recommender.shops import QUICK, Log, planted_shop

DAYS = [f"2026-05-{day:02d}" for day in range(1, 29)]


def shelves() -> Log:
    """Even customers buy from the one shelf, odd ones from the other; each shelf has new products."""
    log = planted_shop()
    for customer in range(60):
        shelf = "even" if customer % 2 == 0 else "odd"
        for visit in range(4):
            for step in range(3):
                product = f"{shelf}{(customer + 3 * visit + step) % 25:02d}"
                log.order(f"c{customer:03d}", [product], day=20 * visit, category=shelf)
    for number in range(6):
        for shelf in ("even", "odd"):
            log.add("", f"{shelf}-new{number}", "listed", 78, category=shelf, price=5)
    return log


@pytest.fixture(scope="module")
def engine():
    return train(shelves().columns, {**QUICK.as_dict(), "new_days": 30})


@pytest.fixture(scope="module")
def lists(engine):
    """Twenty places for sixty customers on four weeks of days."""
    names = [f"c{customer:03d}" for customer in range(60)]
    return {day: engine.for_customers(names, "new_for_you", 20, day=day) for day in DAYS}


def new_places(found):
    return [place for place, one in enumerate(found) if one.source == "new_here"]


def test_about_one_place_in_twenty_is_new_and_never_the_first(lists):
    taken = [new_places(found) for answers in lists.values() for found in answers.values()]
    of = sum(len(found) for answers in lists.values() for found in answers.values())
    assert 0.04 < sum(map(len, taken)) / of < 0.06
    assert not any(0 in found for found in taken)


def test_what_is_new_is_from_a_shelf_the_person_likes_and_says_so(lists):
    for answers in lists.values():
        for name, found in answers.items():
            for place in new_places(found):
                shelf = "even" if int(name[1:]) % 2 == 0 else "odd"
                assert found[place].product.startswith(f"{shelf}-new")
                assert (found[place].evidence.kind, found[place].evidence.category) == ("new_here", shelf)


def test_every_new_product_gets_its_turn(lists):
    shown = Counter(
        one.product for answers in lists.values() for found in answers.values() for one in found
        if one.source == "new_here"
    )  # fmt: skip
    assert len(shown) == 12
    assert max(shown.values()) < 3 * min(shown.values())


def test_the_same_day_gives_the_same_list_also_after_storing_and_another_day_another(engine, lists, tmp_path):
    engine.save(tmp_path / "model")
    stored = load(tmp_path / "model")
    names = list(lists[DAYS[0]])
    assert stored.for_customers(names, "new_for_you", 20, day=DAYS[0]) == lists[DAYS[0]]
    first, second = ({n: new_places(found) for n, found in lists[day].items()} for day in DAYS[:2])
    assert first != second


def test_without_a_day_or_a_share_there_is_none_and_the_rest_of_the_list_stays(engine, lists):
    plain = engine.for_customers(list(lists[DAYS[0]]), "new_for_you", 20)
    for name, found in plain.items():
        assert not new_places(found)
        rest = [one.product for one in lists[DAYS[0]][name] if one.source != "new_here"]
        kept = [one.product for one in found if not one.product.count("-new")]
        assert [one for one in rest if not one.count("-new")] == kept[
            : len([o for o in rest if not o.count("-new")])
        ]
    none = train(shelves().columns, {**QUICK.as_dict(), "new_days": 30, "exploration_share": 0.0})
    assert none.for_customers(["c001"], "new_for_you", 20, day=DAYS[0])["c001"] == plain["c001"]


def test_strangers_and_what_was_excluded_or_rejected_get_no_new_product(engine):
    names = [f"{shelf}-new{number}" for number in range(6) for shelf in ("even", "odd")]
    for day in DAYS:
        found = engine.for_customers(["c001", "nobody"], "for_you", 20, day=day, exclude=names)
        assert not new_places(found["c001"]) and not new_places(found["nobody"])


@pytest.mark.parametrize(("listed_on", "buyers", "is_new"), [(78, 0, True), (78, 30, False), (10, 0, False)])
def test_new_is_what_came_lately_and_few_have(listed_on, buyers, is_new):
    log = shelves()
    log.add("", "CLOCK", "listed", listed_on, category="even")
    for buyer in range(buyers):
        log.order(f"b{buyer}", ["CLOCK"], day=79, category="even")
    engine = train(log.columns, {**QUICK.as_dict(), "new_days": 30})
    names = [engine.products.name(int(code)) for code in engine.parts["arrivals"]["product"]]
    assert ("CLOCK" in names) == is_new


def test_training_says_how_many_places_went_to_new_products(engine):
    told = engine.report.exploration
    assert told["new_products"] == 12
    assert 0.002 < told["places"] / told["of"] < 0.06  # of everybody, also of those without a shelf
    assert train(planted_shop().columns, QUICK).report.exploration["places"] == 0


def test_places_are_drawn_one_by_one():
    assert places(("c",), 20, 0.0) == []
    assert places(("c",), 20, 1.0) == list(range(1, 20))
