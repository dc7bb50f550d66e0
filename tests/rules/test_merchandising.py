"""The owner's rules between the engine's order and the row: who decides, what moves where, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storefront.personalization.rules import EXCLUDED, GONE, Answer, Candidate, Filled, StripRequest, pick
from storefront.personalization.rules import ruling as r
from storefront.personalization.rules.merchandising import merchandise, reaches_deeper, verdicts

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rule(key: str, action: str, *products: int, one: bool = False, **more: Any) -> r.Rule:
    """A rule about a category of `products`, or about the one product itself."""
    return r.Rule(key, key, action, frozenset(products), products[0] if one else None, **more)


def occasion(**more: Any) -> r.Occasion:
    usual = {"surface": "goes_with", "page": "product", "audiences": frozenset({"visitor"}), "at": NOW}
    return r.Occasion(**{**usual, **more})


def answer(*products: int, size: int = 4, minimum: int = 1) -> Answer:
    request = StripRequest("below", "goes_with", "test", size=size, minimum=minimum)
    return Answer(request, tuple(Candidate(one, 1 / one, "bought") for one in products))


def ruled(rules: list[r.Rule], *products: int, when: r.Occasion | None = None, **more: Any) -> Answer:
    in_order = sorted(rules, key=lambda one: one.rank)
    barred = more.pop("barred", frozenset())
    return merchandise(answer(*products, **more), in_order, when or occasion(), barred)


def row(asked: Answer, available: Any = range(1, 100), shown: tuple[int, ...] = ()) -> Filled:
    [filled] = pick([asked], available, shown)
    return filled


def ids(filled: Filled) -> list[int]:
    return [one.product_id for one in filled.chosen]


def codes(asked: Answer, filled: Filled) -> dict[str, str]:
    return {verdict.rule.key: verdict.code for verdict in verdicts(asked, filled)}


TEN = tuple(range(1, 11))


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        pytest.param([], [1, 2, 3, 4], id="no rule"),
        pytest.param([rule("a", r.EXCLUDE, 2)], [1, 3, 4, 5], id="excluded"),
        pytest.param([rule("a", r.PIN, 9, one=True, place=2)], [1, 9, 2, 3], id="pinned"),
        pytest.param([rule("a", r.PIN, 50, one=True, place=1)], [50, 1, 2, 3], id="pinned, not proposed"),
        pytest.param([rule("a", r.PIN, 7, 5, place=1)], [5, 1, 2, 3], id="the best of a category is pinned"),
        pytest.param([rule("a", r.BOOST, 8, factor=400)], [1, 8, 2, 3], id="8 / 4 meets 2 and goes first"),
        pytest.param([rule("a", r.BOOST, 8, factor=10_000)], [8, 1, 2, 3], id="boosted to the top"),
        pytest.param([rule("a", r.BOOST, 3, factor=101)], [1, 2, 3, 4], id="a boost too small to move"),
        pytest.param([rule("a", r.BURY, 1, factor=300)], [2, 3, 1, 4], id="1 x 3 meets 3 and goes last"),
        pytest.param([rule("a", r.BURY, 1, 2, factor=10_000)], [3, 4, 5, 6], id="buried out of the row"),
        pytest.param(
            [rule("a", r.PIN, 1, one=True), rule("b", r.EXCLUDE, 1)], [2, 3, 4, 5], id="exclude before pin"
        ),
        pytest.param(
            [rule("a", r.BURY, 6, factor=10_000), rule("b", r.PIN, 6, one=True)], [6, 1, 2, 3], id="pin, bury"
        ),
        pytest.param(
            [rule("a", r.BOOST, 1, factor=10_000), rule("b", r.BURY, 1, factor=10_000)],
            [2, 3, 4, 5],
            id="bury before boost",
        ),
        pytest.param(
            [rule("a", r.BOOST, 4, factor=200, position=2), rule("b", r.BOOST, 4, factor=400, position=1)],
            [4, 1, 2, 3],
            id="the higher one of two boosts",
        ),
        pytest.param(
            [rule("a", r.PIN, 8, one=True, position=2), rule("b", r.PIN, 9, one=True, position=1)],
            [9, 8, 1, 2],
            id="two want the first place",
        ),
        pytest.param([rule("a", r.PIN, 9, one=True, place=9)], [1, 2, 3, 4], id="no such place in the row"),
    ],
)
def test_who_decides_and_what_moves_where(rules: list[r.Rule], shown: list[int]) -> None:
    assert ids(row(ruled(rules, *TEN))) == shown


def test_the_same_rules_in_any_order_make_the_same_row() -> None:
    rules = [rule("a", r.BOOST, 8, 9), rule("b", r.BURY, 1, 2), rule("c", r.PIN, 5), rule("d", r.EXCLUDE, 3)]
    assert ids(row(ruled(rules, *TEN))) == ids(row(ruled(rules[::-1], *TEN)))


def test_scores_play_no_part() -> None:
    boost = [rule("a", r.BOOST, 8, factor=400)]
    asked = answer(*TEN)
    loud = Answer(asked.request, tuple(Candidate(one.product_id, 1e9, "x") for one in asked.candidates))
    assert ids(row(merchandise(loud, boost, occasion()))) == [1, 8, 2, 3]


def test_what_is_excluded_is_left_out_with_a_code() -> None:
    filled = row(ruled([rule("a", r.EXCLUDE, 2, 50)], *TEN))
    assert next((one.candidate.product_id, one.code) for one in filled.left_out) == (2, EXCLUDED)


def test_a_pin_is_no_evidence() -> None:
    [first, *_rest] = row(ruled([rule("a", r.PIN, 3, one=True)], *TEN)).chosen
    assert (first.source, dict(first.evidence)) == ("pinned", {"kind": "pinned", "rule": "a"})


@pytest.mark.parametrize(
    ("rules", "more", "code"),
    [
        ([rule("a", r.PIN, 1, one=True, enabled=False)], {}, r.OFF),
        ([rule("a", r.PIN, 1, one=True, starts_at=NOW + HOUR, surfaces=frozenset({"x"}))], {}, r.NOT_YET),
        ([rule("a", r.PIN, 1, one=True, ends_at=NOW)], {}, r.OVER),
        ([rule("a", r.PIN, 1, one=True, surfaces=frozenset({"popular"}))], {}, r.SURFACE),
        ([rule("a", r.PIN, 1, one=True, pages=frozenset({"home"}))], {}, r.PAGE),
        ([rule("a", r.PIN, 1, one=True, audiences=frozenset({"new", "returning"}))], {}, r.AUDIENCE),
        ([rule("a", r.PIN, known=False)], {}, r.MISSING),
        ([rule("a", r.PIN, 2, one=True)], {"when": occasion(held_back=True)}, r.HELD_BACK),
        ([rule("a", r.BOOST, 2)], {"when": occasion(held_back=True)}, r.HELD_BACK),
        ([rule("a", r.EXCLUDE, 2)], {"when": occasion(held_back=True)}, r.FIRED),
        ([rule("a", r.BOOST, 77)], {}, r.ABSENT),
        ([rule("a", r.EXCLUDE, 77)], {}, r.ABSENT),
        ([rule("a", r.PIN, 77)], {}, r.ABSENT),
        ([rule("a", r.PIN, 77, one=True)], {"available": TEN}, r.OUT),
        ([rule("a", r.BOOST, 2)], {"available": (1, 3, 4)}, r.OUT),
        ([rule("a", r.BOOST, 2), rule("z", r.EXCLUDE, 2)], {}, r.OVERRULED),
        ([rule("a", r.PIN, 77, one=True)], {"shown": (77,)}, r.SHOWN_ALREADY),
        ([rule("a", r.BOOST, 2)], {"shown": (2,)}, r.SHOWN_ALREADY),
        ([rule("a", r.PIN, 77, one=True)], {"available": (77,)}, r.NO_ROW),
        ([rule("a", r.PIN, 77, one=True, place=5)], {}, r.BEYOND),
        ([rule("a", r.BOOST, 1)], {}, r.UNMOVED),
        ([rule("a", r.BOOST, 2)], {}, r.FIRED),
        ([rule("a", r.BURY, 2)], {}, r.FIRED),
        ([rule("a", r.EXCLUDE, 2)], {}, r.FIRED),
        ([rule("a", r.PIN, 2, one=True)], {}, r.FIRED),
    ],
)
def test_why_a_rule_did_not_fire(rules: list[r.Rule], more: dict[str, Any], code: str) -> None:
    asked = ruled(rules, *TEN, when=more.get("when"))
    filled = row(asked, more.get("available", range(1, 100)), more.get("shown", ()))
    assert codes(asked, filled)["a"] == code


def test_a_verdict_says_from_where_to_where() -> None:
    rules = [
        rule("a", r.PIN, 9, one=True, place=2),
        rule("b", r.BOOST, 4, factor=400),
        rule("c", r.EXCLUDE, 3),
    ]
    asked = ruled(rules, *TEN)
    told = {one.rule.key: one.moves for one in verdicts(asked, row(asked))}
    assert told["a"] == (r.Move(9, 9, 2),)
    assert told["b"] == (r.Move(4, 4, 1),)
    assert told["c"] == (r.Move(3, 3, None),)


def test_what_is_lifted_to_where_nobody_looks_is_not_called_taken_out() -> None:
    """Of a long answer only the head is kept; what ends up behind it was not taken out by the boost."""
    asked = ruled([rule("a", r.BOOST, 60, factor=250)], *range(1, 61))
    asked = replace(asked, candidates=asked.candidates[:12])
    [verdict] = verdicts(asked, row(asked))
    assert (verdict.code, verdict.moves) == (r.UNMOVED, ())


def test_what_is_sold_out_counts_in_no_place() -> None:
    asked = ruled([rule("a", r.BOOST, 6, factor=10_000)], *TEN)
    [told] = verdicts(asked, row(asked, available=(3, 4, 5, 6, 7)))
    assert told.moves == (r.Move(6, 4, 1),)


def test_a_verdict_names_the_rule_that_overruled() -> None:
    asked = ruled([rule("a", r.BOOST, 2), rule("z", r.EXCLUDE, 2)], *TEN)
    [overruled] = [one for one in verdicts(asked, row(asked)) if one.code == r.OVERRULED]
    assert overruled.by is not None
    assert overruled.by.key == "z"


def test_a_pin_makes_no_row_and_does_not_help_one_over_its_minimum() -> None:
    pin = [rule("a", r.PIN, 50, one=True)]
    assert ids(row(ruled(pin))) == []
    assert ids(row(ruled(pin, 1, 2, minimum=3))) == []


def test_what_somebody_does_not_want_is_not_pinned() -> None:
    asked = ruled([rule("a", r.PIN, 50, one=True)], 1, 2, barred=frozenset({50}))
    assert ids(row(asked)) == [1, 2]


def test_what_is_pinned_in_one_row_stands_in_no_other() -> None:
    first = ruled([rule("a", r.PIN, 5, one=True)], 1, 2, size=2)
    rows = pick([first, answer(5, 6, 7, size=2)], range(1, 100))
    assert [ids(one) for one in rows] == [[5, 1], [6, 7]]


def test_what_is_gone_gives_its_pinned_place_to_the_next_of_the_category() -> None:
    asked = ruled([rule("a", r.PIN, 7, 8)], *TEN)
    filled = row(asked, available=(1, 2, 3, 8))
    assert ids(filled) == [8, 1, 2, 3]
    assert (7, GONE) in [(one.candidate.product_id, one.code) for one in filled.left_out]


def test_more_is_asked_of_the_engine_only_where_a_rule_counts() -> None:
    boost = rule("a", r.BOOST, 1, surfaces=frozenset({"popular"}))
    assert not reaches_deeper([boost], occasion())
    assert reaches_deeper([boost], occasion(surface="popular"))
    assert not reaches_deeper([rule("a", r.PIN, 1)], occasion())
