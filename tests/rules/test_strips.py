"""Which products a page's strips show, and how shares are spoken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storefront.personalization.rules import (
    GONE,
    NOT_DUE,
    REPEATED,
    SPARE,
    TOO_FEW,
    Answer,
    Candidate,
    Filled,
    StripRequest,
    is_due,
    is_personal,
    pick,
    spoken_share,
)


def answer(*products: int, **more: object) -> Answer:
    proposed = tuple(Candidate(product, 1.0 / place, "bought") for place, product in enumerate(products, 1))
    return Answer(StripRequest("product_below", "goes_with", "test", **{"size": 2, **more}), proposed)


def chosen(rows: list[Filled]) -> list[list[int]]:
    return [[candidate.product_id for candidate in row.chosen] for row in rows]


def codes(row: Filled) -> dict[int, str]:
    return {one.candidate.product_id: one.code for one in row.left_out}


def test_only_available_products_are_shown() -> None:
    assert chosen(pick([answer(1, 2, 3)], available=[2, 3])) == [[2, 3]]


def test_a_product_stands_once_on_a_page() -> None:
    rows = pick([answer(1, 2, 3), answer(1, 2, 3, 4)], available=[1, 2, 3, 4])
    assert chosen(rows) == [[1, 2], [3, 4]]


def test_the_page_itself_is_not_recommended() -> None:
    assert chosen(pick([answer(7, 8)], available=[7, 8], shown=[7])) == [[8]]


def test_a_product_on_trial_never_stands_first() -> None:
    trial, known = Candidate(2, 1.0, "new_here"), [Candidate(n, 1.0, "personal") for n in (1, 3, 4)]
    asked = replace(answer(size=4), candidates=(known[0], trial, *known[1:]))
    assert chosen(pick([asked], [1, 2, 3, 4])) == [[1, 2, 3, 4]]
    assert chosen(pick([asked], [2, 3, 4])) == [[3, 4]]


def test_a_strip_below_its_minimum_gives_its_products_back() -> None:
    rows = pick([answer(1, minimum=2), answer(1)], available=[1])
    assert chosen(rows) == [[], [1]]
    assert codes(rows[0]) == {1: TOO_FEW}


def test_what_is_not_shown_says_why() -> None:
    early = answer(1, 2, 3, 4, 5, 6, size=2).keep(lambda candidate: candidate.product_id != 2, NOT_DUE)
    [row] = pick([early], available=[1, 2, 4, 5, 6], shown=[1])
    assert chosen([row]) == [[4, 5]]
    assert codes(row) == {1: REPEATED, 2: NOT_DUE, 3: GONE, 6: SPARE}


@pytest.mark.parametrize(
    ("share", "spoken"),
    [(0.41, (4, 10)), (0.96, (10, 10)), (0.1, (1, 10)), (0.099, (10, 100)), (0.028, (3, 100)), (0.004, None)],
)
def test_shares_are_spoken_as_people_do(share: float, spoken: tuple[int, int] | None) -> None:
    assert spoken_share(share) == spoken


@pytest.mark.parametrize(
    ("source", "own", "personal"),
    [
        ("popular", True, False),
        ("category", True, False),
        ("bought_together", True, True),
        ("bought_together", False, False),
        ("habit", True, True),
    ],
)
def test_a_note_is_gold_only_when_something_of_yours_was_used(source: str, own: bool, personal: bool) -> None:
    assert is_personal(source, own) is personal


@pytest.mark.parametrize(
    ("days", "interval", "due"),
    [(6, 10, False), (7, 10, True), (30, 10, True), (31, 10, False), (10, None, False), (10, 0, False)],
)
def test_only_what_is_about_used_up_is_due(days: float, interval: float | None, due: bool) -> None:
    assert is_due(days, interval) is due
