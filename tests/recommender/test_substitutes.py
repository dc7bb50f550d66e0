"""What stands in for a product: bought instead, looked at beside it, close in kind and price."""

from __future__ import annotations

import pytest

from recommender import Interactions, train
from recommender.errors import BadInteractions
from recommender.training.content import words_of
from tests.recommender.shops import QUICK, Log, planted_shop


def test_what_is_bought_instead_comes_first_and_says_by_how_many():
    found = train(kettles().columns, QUICK).instead_of("STEEL KETTLE")
    first = found[0]
    assert (first.product, first.source) == ("GLASS KETTLE", "bought_instead")
    assert (first.evidence.because, first.evidence.buyers, first.evidence.base) == (("STEEL KETTLE",), 8, 10)
    assert first.evidence.share == 0.8
    assert [(one.product, one.source) for one in found[1:]] == [("RED KETTLE", "close")]
    assert "TEA" not in [one.product for one in found]


def kettles() -> Log:
    """Ten look at the steel kettle and buy another; others buy it, and tea with it."""
    log = planted_shop()
    for person in range(10):
        log.add(f"k{person}", "STEEL KETTLE", "view", 5, session=f"s{person}", category="kettles", price=40)
        taken = "GLASS KETTLE" if person < 8 else "RED KETTLE"
        log.order(f"k{person}", [taken], day=5.1, category="kettles", price=42)
        log.order(f"b{person}", ["STEEL KETTLE"], day=8, category="kettles", price=40)
        log.order(f"b{person}", ["TEA"], day=8, category="tea", price=4)
    return log


def test_who_bought_the_first_as_well_did_not_leave_it():
    log = planted_shop()
    for person in range(9):
        log.add(f"k{person}", "A", "view", 5, session=f"s{person}", category="x")
        log.order(f"k{person}", ["A", "B"], day=5.1, category="x")
    assert not [one for one in train(log.columns, QUICK).instead_of("A") if one.source == "bought_instead"]


@pytest.mark.parametrize(("people", "told"), [(4, False), (5, True)])
def test_sent_back_and_another_bought_counts_from_five_people_on(people, told):
    log = planted_shop()
    for person in range(9):
        number = log.order(f"k{person}", ["SMALL TENT"], day=5, category="tents", price=90)
        if person < people:
            log.add(f"k{person}", "SMALL TENT", "return", 9, order=number, category="tents")
            log.order(f"k{person}", ["LARGE TENT"], day=11, category="tents", price=120)
    found = train(log.columns, QUICK).instead_of("SMALL TENT")
    assert found[0].product == "LARGE TENT"
    assert found[0].source == ("bought_instead" if told else "close")
    assert found[0].evidence.buyers == (people if told else None)


def test_a_cold_product_is_replaced_by_what_is_close_in_kind_price_and_words():
    log = planted_shop()
    about = {
        "NEW MUG": "Brindle | Stoneware mug | material=stoneware",
        "NEAR MUG": "Brindle | Stoneware cup | material=stoneware",
        "MUG": "Other | Mug",
        "GOLD MUG": "Other | Mug of gold",
    }
    for name, price in (("NEW MUG", 12), ("NEAR MUG", 13), ("MUG", 12), ("GOLD MUG", 900)):
        log.add("", name, "listed", 1, price=price, category="mugs")
    rows = {**log.columns, "about": [about.get(name, "") for name in log.columns["product"]]}
    found = train(rows, QUICK).instead_of("NEW MUG", 3)
    assert [(one.product, one.source) for one in found] == [("NEAR MUG", "close"), ("MUG", "close")]
    assert found[0].evidence.category == "mugs"
    assert found[0].evidence.buyers is None


def test_without_category_and_words_what_sells_is_the_labelled_answer():
    log = planted_shop()
    log.add("", "LONELY", "listed", 1)
    assert {one.source for one in train(log.columns, QUICK).instead_of("LONELY")} == {"popular"}


def test_a_product_that_is_only_listed_changes_nothing_that_is_learned():
    log = planted_shop()
    before = train(log.columns, QUICK)
    for number in range(200):
        log.add("", f"shelf{number}", "listed", 1, price=3, category="shelf")
    after = train(log.columns, QUICK)
    for product in ("LAMP", "item03"):
        assert after.goes_with(product) == before.goes_with(product)
    for name in ("c001", "c007"):
        for surface in ("new_for_you", "next_basket"):
            one, other = (engine.for_customers([name], surface)[name] for engine in (before, after))
            assert [entry.product for entry in one] == [entry.product for entry in other]


def test_words_are_read_once_per_product_and_only_as_words():
    rows = {"customer": ["", ""], "product": ["b", "a"], "kind": ["listed"] * 2, "at": ["2026-01-01"] * 2}
    assert Interactions.read({**rows, "about": ["Blue", None]}).about == {"b": "Blue"}
    with pytest.raises(BadInteractions) as caught:
        Interactions.read({**rows, "about": ["Blue", 7]})
    assert (caught.value.column, caught.value.row) == ("about", 2)
    assert words_of("Brindle | Blue mug, blue") == ["blue", "brindle", "mug"]
    assert words_of("不锈钢") == ["不锈", "锈钢"]
