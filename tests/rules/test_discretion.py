"""Where sensitive products may stand, and what may rest on them."""

from __future__ import annotations

import pytest

from storefront.personalization.rules import Candidate, StripRequest
from storefront.personalization.rules.discretion import Discretion

TEST, GEL, MUG = 1, 2, 3
HEALTH, INTIMATE, BELOW = 10, 20, 11
RULE = Discretion(
    products={TEST: frozenset({HEALTH}), GEL: frozenset({INTIMATE})},
    categories={HEALTH: frozenset({HEALTH}), BELOW: frozenset({HEALTH}), INTIMATE: frozenset({INTIMATE})},
)
NOWHERE: frozenset[int] = frozenset()


@pytest.mark.parametrize(
    ("surface", "product", "category", "place"),
    [
        ("goes_with", TEST, HEALTH, {HEALTH}),
        ("instead_of", TEST, None, {HEALTH}),
        ("popular", None, BELOW, {HEALTH}),
        ("popular", None, None, set()),
        ("goes_with", MUG, 99, set()),
        ("because_you_viewed", TEST, HEALTH, set()),
        ("one_step_up", TEST, HEALTH, set()),
        ("for_you", TEST, HEALTH, set()),
    ],
)
def test_rows_about_nobody_are_at_home_on_pages_of_the_marked_category(surface, product, category, place):
    assert RULE.place_of(surface, product, category) == place


@pytest.mark.parametrize(
    ("product", "evidence", "place", "passes"),
    [
        (MUG, {}, NOWHERE, True),
        (TEST, {}, NOWHERE, False),
        (TEST, {}, {HEALTH}, True),
        (GEL, {}, {HEALTH}, False),
        (MUG, {"because": (str(TEST),)}, NOWHERE, False),
        (MUG, {"because": (str(MUG), str(TEST))}, NOWHERE, False),
        (MUG, {"because": (str(TEST),)}, {HEALTH}, True),
        (MUG, {"because": (str(MUG),), "category": str(BELOW)}, NOWHERE, False),
        (MUG, {"because": (str(MUG),), "category": "99"}, NOWHERE, True),
    ],
)
def test_neither_a_product_nor_its_reason_is_sensitive(product, evidence, place, passes):
    candidate = Candidate(product, 1.0, "also_bought", evidence)
    assert RULE.passes(candidate, frozenset(place)) is passes


def test_nothing_is_asked_because_of_it_elsewhere():
    basket = StripRequest("cart_below", "complete_basket", "cart", (MUG, TEST))
    assert RULE.asked(basket, NOWHERE).products == (MUG,)
    assert RULE.asked(StripRequest("cart_below", "goes_with", "cart", (TEST,)), NOWHERE) is None
    seen = StripRequest("home_viewed", "because_you_viewed", "viewed", (GEL, MUG))
    assert RULE.asked(seen, NOWHERE).products == (MUG,)
    whole = StripRequest("home_for_you", "for_you", "home")
    assert RULE.asked(whole, NOWHERE) is whole
    page = StripRequest("product_below", "goes_with", "product", (TEST,))
    assert RULE.asked(page, frozenset({HEALTH})) is page


def test_where_nothing_is_marked_all_is_open():
    assert Discretion().passes(Candidate(TEST, 1.0, "habit", {"because": (str(GEL),)}), NOWHERE)
    assert Discretion().shut(NOWHERE) == frozenset()
    assert RULE.shut(frozenset({HEALTH})) == {GEL}
