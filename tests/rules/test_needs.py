"""Declared needs: which a page asks for, and their place beside what was learned."""

from __future__ import annotations

import pytest

from storefront.personalization.rules.needs import Need, blend, declared_for
from storefront.personalization.rules.strips import Candidate

BOTTLE, CUP, PLATE = 1, 2, 3


def need(of: set[int], *needs: int, category: int | None = None) -> Need:
    return Need(frozenset(of), needs, dict.fromkeys(needs, category))


def found(*products: int, source: str = "bought_together") -> list[Candidate]:
    return [Candidate(product, 1.0, source, {"kind": source}) for product in products]


def ids(candidates: list[Candidate]) -> list[int]:
    return [one.product_id for one in candidates]


def test_evidence_is_the_product_that_needs_it_and_no_number():
    (only,) = declared_for([BOTTLE], [need({BOTTLE}, 10), need({CUP}, 11)])
    assert (only.product_id, only.source) == (10, "declared")
    assert dict(only.evidence) == {"kind": "declared", "because": ("1",)}


def test_of_several_products_the_newest_that_needs_it_is_named():
    (only,) = declared_for([BOTTLE, CUP, PLATE], [need({BOTTLE, CUP}, 10)])
    assert only.evidence["because"] == (str(CUP),)


def test_needs_take_turns_and_nothing_stands_twice():
    assert ids(declared_for([BOTTLE], [need({BOTTLE}, 10, 11, 12), need({BOTTLE}, 20, 10)])) == [
        10,
        20,
        11,
        12,
    ]


def test_what_is_there_already_is_not_needed():
    assert ids(declared_for([BOTTLE, CUP], [need({BOTTLE}, CUP, 10)])) == [10]


def test_one_category_does_not_fill_the_row():
    needs = [need({BOTTLE}, 10, 11, 12, 13, category=5), need({BOTTLE}, 20, 21, category=6)]
    assert ids(declared_for([BOTTLE], needs)) == [10, 20, 11, 21, 12, 13]


@pytest.mark.parametrize(
    ("learned", "fallback", "declared", "expected"),
    [
        ([], [], [10, 11], [10, 11]),
        ([1, 2], [], [10], [1, 2, 10]),
        ([1, 2, 3, 4, 5], [], [10, 11], [1, 2, 3, 10, 4, 5, 11]),  # four places: the last one is kept
        ([1], [7, 8], [10, 11], [1, 10, 11, 7, 8]),
        ([10, 1], [], [10, 11], [10, 1, 11]),  # buyers show it: theirs counts
        ([], [10, 7], [10], [10, 7]),
    ],
)
def test_learned_then_declared_then_what_sells(learned, fallback, declared, expected):
    engine = [*found(*learned), *found(*fallback, source="popular")]
    blended = blend(engine, declared_for([99], [need({99}, *declared)]), 4)
    assert ids(blended) == expected
    assert next(one for one in blended if one.product_id == 10).source == (
        "bought_together" if 10 in learned else "declared"
    )
