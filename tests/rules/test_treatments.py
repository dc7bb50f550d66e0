"""Who is held back, and what rows about strips and orders hold."""

from __future__ import annotations

import pytest

from storefront.treatments.rules import (
    HELD_BACK,
    LARGEST_ROW,
    Exposure,
    SoldLine,
    arm_of,
    outcome_of,
    packed,
    person_key,
    weight,
)

PEOPLE = [f"visitor:{number:020x}" for number in range(20_000)]


def held_back(treatment: str, percent: float, salt: str = "salt") -> set[str]:
    return {person for person in PEOPLE if arm_of(treatment, person, salt, percent) == HELD_BACK}


@pytest.mark.parametrize("percent", [0, 1, 5, 10, 50])
def test_as_many_are_held_back_as_were_asked_for(percent: int) -> None:
    share = len(held_back("home-for-you", percent)) / len(PEOPLE)
    assert abs(share - percent / 100) < 0.01 if percent else share == 0


def test_an_assignment_is_stable_and_grows_with_the_share() -> None:
    assert held_back("home-for-you", 5) == held_back("home-for-you", 5)
    assert held_back("home-for-you", 5) < held_back("home-for-you", 10)


def test_each_treatment_and_each_shop_draws_for_itself() -> None:
    one = held_back("home-for-you", 10)
    for other in (held_back("home-viewed", 10), held_back("home-for-you", 10, salt="other")):
        both = len(one & other) / len(one)
        assert 0.06 < both < 0.14, "as many as chance"


def test_a_customer_is_the_same_person_at_every_machine() -> None:
    assert person_key(7, "abc") == person_key(7, None) == "customer:7"
    assert person_key(None, "abc") == "visitor:abc"
    assert person_key(None, None) is None


def test_a_row_keeps_all_it_can_and_what_was_shown_longest() -> None:
    shown = tuple((f"SKU-{number}", "bought_together", 0.123456789) for number in range(8))
    small = Exposure("a", "treated", "for_you", "home", "s", "v1", shown, ((5, "gone"),), {"products": [1]})
    assert packed(small) == {
        "shown": [[sku, "bought_together", 0.1235] for sku, *_ in shown],
        "filtered": [[5, "gone"]],
        "inputs": {"products": [1]},
    }
    many = tuple((number, "gone") for number in range(100_000, 100_500))
    large = packed(Exposure("a", "treated", "for_you", "home", "s", "v1", shown, many, {"products": [1]}))
    assert weight(large) <= LARGEST_ROW and len(large["shown"]) == 8 and large["filtered"]
    long = tuple(("名" * 120, "popular", 1.0) for _ in range(40))
    assert weight(packed(Exposure("a", "treated", "for_you", "home", "s", "v1", long))) <= LARGEST_ROW


def test_an_outcome_is_what_was_kept() -> None:
    lines = [SoldLine(1, 3, 1, 1000), SoldLine(2, 2, 2, 500), SoldLine(None, 1, 0, 70), SoldLine(3, 1, 9, 30)]
    result = outcome_of(lines, cancelled=False)
    assert (result.gross_minor, result.net_minor, result.pieces) == (1600, 666 + 70, 3)
    assert result.products == ((1, 2, 666),)


def test_of_a_cancelled_order_nothing_is_left() -> None:
    result = outcome_of([SoldLine(1, 3, 0, 900)], cancelled=True)
    assert (result.gross_minor, result.net_minor, result.pieces, result.products) == (900, 0, 0, ())


def test_money_that_went_back_without_goods_counts_once() -> None:
    lines = [SoldLine(1, 2, 1, 1000)]
    assert outcome_of(lines, cancelled=False, refunded_minor=500).net_minor == 500, "for what came back"
    assert outcome_of(lines, cancelled=False, refunded_minor=800).net_minor == 200
    assert outcome_of(lines, cancelled=False, refunded_minor=9000).net_minor == 0


def test_a_line_of_no_pieces_is_worth_nothing() -> None:
    assert outcome_of([SoldLine(1, 0, 0, 900)], cancelled=False).net_minor == 0
