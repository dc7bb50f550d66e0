"""What a browser keeps of "Not for me", and what of it goes along at sign-in."""

from __future__ import annotations

import pytest

from storefront.personalization.rules import REJECTED, Answer, Candidate, StripRequest
from storefront.personalization.rules.rejecting import (
    MOST_KEPT,
    kept_with,
    kept_without,
    of_this_visit,
    read_kept,
)

MINUTE = 60


@pytest.mark.parametrize(
    "brought", [None, 1, "x", {}, [1], [[1]], [["1", 2]], [[1, 2, 3]], [[True, 1]], [[1.5, 1]]]
)
def test_what_is_no_list_of_pairs_is_nothing(brought):
    assert read_kept(brought) == ()


def test_said_twice_it_counts_once_from_the_first_time():
    assert kept_with(((7, 100),), 7, 200) == ((7, 100),)
    assert kept_without(((7, 100), (8, 100)), 7) == ((8, 100),)


def test_the_oldest_gives_way():
    kept: tuple = ()
    for number in range(MOST_KEPT + 5):
        kept = kept_with(kept, number, number)
    assert len(kept) == MOST_KEPT and kept[-1] == (MOST_KEPT + 4, MOST_KEPT + 4) and kept[0][0] == 5
    assert read_kept([list(one) for one in kept]) == kept


@pytest.mark.parametrize(
    ("said", "now", "joined"),
    [
        ([(1, 0)], 30 * MINUTE, (1,)),
        ([(1, 0)], 31 * MINUTE, ()),
        ([(1, 0), (2, 25 * MINUTE)], 50 * MINUTE, (1, 2)),
        ([(1, 0), (2, 40 * MINUTE)], 50 * MINUTE, (2,)),
        ([(1, 60 * MINUTE)], 50 * MINUTE, ()),  # of a clock that runs ahead
        ([], 50 * MINUTE, ()),
    ],
)
def test_what_was_said_in_one_visit(said, now, joined):
    assert of_this_visit(said, now) == joined


def test_what_is_left_out_for_it_says_so():
    answer = Answer(
        StripRequest("s", "popular", "t"), (Candidate(1, 1.0, "popular"), Candidate(2, 0.5, "popular"))
    )
    kept = answer.keep(lambda one: one.product_id != 1, REJECTED)
    assert [one.product_id for one in kept.candidates] == [2]
    assert [(one.candidate.product_id, one.code) for one in kept.left_out] == [(1, "rejected")]
