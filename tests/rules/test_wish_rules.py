"""Wish lists and who is told that something is back: the decisions."""

from __future__ import annotations

import pytest

from storefront.reviews.rules import (
    MOST_KEPT,
    Kept,
    fallen_by,
    kept_with,
    kept_without,
    moved,
    people_to_tell,
    read_kept,
    read_line,
    read_wanted,
    still_wanted,
)


def wish(variant_id: int) -> Kept:
    return Kept(variant_id, variant_id + 100, 990, 1_700_000_000)


def test_what_is_kept_comes_back_from_the_cookie_as_it_was():
    kept = (wish(3), Kept(1, 101, 500, 1_700_000_000, was_out=True))
    assert read_kept([one.as_list() for one in kept]) == kept


@pytest.mark.parametrize(
    "found",
    [None, {}, "x", [1, 2], [[1, 2, 3]], [["1", 2, 3, 4, 0]], [[True, 2, 3, 4, 0]], [[1.5, 2, 3, 4, 0]]],
)
def test_whatever_else_a_cookie_holds_is_left_out(found):
    assert read_kept(found) == ()


def test_the_newest_stands_in_front_and_each_once():
    kept = kept_with(kept_with((), wish(1)), wish(2))
    assert [one.variant_id for one in kept] == [2, 1]
    assert kept_with(kept, wish(1)) == kept
    full = tuple(wish(number) for number in range(MOST_KEPT))
    assert len(kept_with(full, wish(999))) == MOST_KEPT
    assert [one.variant_id for one in kept_without(kept, [2, 77])] == [1]


@pytest.mark.parametrize(
    ("key", "up", "order"),
    [
        (2, True, [2, 1, 3]),
        (2, False, [1, 3, 2]),
        (1, True, [1, 2, 3]),
        (3, False, [1, 2, 3]),
        (9, True, [1, 2, 3]),
    ],
)
def test_a_wish_moves_one_place_and_never_off_the_list(key, up, order):
    assert moved([1, 2, 3], key, up) == order


def test_only_a_fall_of_the_price_is_told():
    assert (fallen_by(1000, 800), fallen_by(1000, 1000), fallen_by(800, 1000)) == (200, 0, 0)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        *[("1", 1), (" 99 ", 99), ("007", 7), ("0", None), ("100", None), ("-1", None), ("1.5", None)],
        *[("", None), (None, None), ("²", None), ("١", None), ("1_0", None), ("9" * 5000, None)],
    ],
)
def test_numbers_of_pieces(text, pieces):
    assert read_wanted(text) == pieces


def test_a_line_of_words_holds_no_control_signs_and_ends_somewhere():
    assert read_line(" For\r\nthe  \x00kitchen\u202e ", 200) == "For the kitchen"
    assert len(read_line("x" * 5000, 200)) == 200
    assert read_line(None, 80) == ""


def test_three_people_hear_of_each_piece():
    assert [people_to_tell(pieces) for pieces in (0, -2, 1, 4, None)] == [0, 0, 3, 12, None]
    assert [still_wanted(3, given) for given in (0, 2, 3, 5)] == [3, 1, 0, 0]
