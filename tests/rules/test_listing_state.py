"""The state of a list is its URL."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalog.rules.listing_state import (
    ListingState,
    bare,
    read_state,
    toggled,
    url_of,
    without_facet,
)
from storefront.catalog.rules.paging import MAX_PAGE, clamp_page, make_page, page_window, read_page_number


def state(query: str) -> ListingState:
    return read_state(parse_qsl(query, keep_blank_values=True), "GBP")


def test_arguments_in_any_order_mean_one_state_with_one_url():
    one = state(
        "o-size=m&brand=B&o-colour=red&brand=A&o-colour=blue&price_max=20&available=1&page=3&sort=price"
    )
    other = state(
        "sort=price&page=3&available=1&brand=A&brand=B&o-colour=blue&o-colour=red&price_max=20.00&o-size=m"
    )
    assert one == other
    assert url_of("/c/x", one, "GBP") == (
        "/c/x?brand=A&brand=B&o-colour=blue&o-colour=red&o-size=m&price_max=20.00&available=1&sort=price&page=3"
    )


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=x", "page=１", "page=1_0", "price_min=-1", "price_min=1e5", "price_min=NaN",
        "price_min=0.001", "sort=title;drop", "available=yes", "o-=x", "brand=", "colour=red", "page[]=2", "=x",
        "brand=%00", "sort=" + "a" * 500, "o-colour=" + "x" * 500,
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(query):
    assert state(query) == ListingState()


@pytest.mark.parametrize(
    ("text", "page"),
    [("2", 2), ("007", 7), ("", 1), ("9" * 5000, MAX_PAGE), ("²", 1), ("٣", 1), ("1.5", 1), (" 2", 1)],
)
def test_a_page_is_a_plain_number(text, page):
    assert read_page_number(text) == page


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=60))
def test_reading_what_was_written_gives_the_same(arguments):
    first = read_state(arguments, "GBP")
    written = url_of("/c/x", first, "GBP")
    assert read_state(parse_qsl(urlsplit(written).query), "GBP") == first


def test_ticking_twice_changes_nothing_and_goes_to_the_first_page():
    start = state("brand=A&page=4")
    ticked = toggled(start, "o-colour", "red")
    assert ticked.options == (("colour", ("red",)),) and ticked.page == 1
    assert toggled(ticked, "o-colour", "red") == state("brand=A")
    assert toggled(start, "brand", "A").brands == ()


def test_a_facet_is_counted_without_its_own_choices():
    chosen = state("brand=A&o-colour=red&a-watts=40&price_min=5&sale=1")
    assert without_facet(chosen, "brand").brands == () and without_facet(chosen, "brand").sale
    assert without_facet(chosen, "o-colour").options == ()
    assert without_facet(chosen, "a-watts").attributes == ()
    assert without_facet(chosen, "price").price_min is None
    assert bare(chosen) == ListingState()


@pytest.mark.parametrize(
    ("current", "last", "window"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 20, [1, 2, 3, None, 20]),
        (5, 20, [1, 2, 3, 4, 5, 6, 7, None, 20]),
        (10, 20, [1, None, 8, 9, 10, 11, 12, None, 20]),
        (20, 20, [1, None, 18, 19, 20]),
    ],
)
def test_the_ends_and_the_neighbours_are_offered(current, last, window):
    assert page_window(current, last) == window


def test_a_page_says_what_it_shows():
    page = make_page(list("abc"), number=3, total=51, size=24, url=lambda number: f"?page={number}")
    assert (page.first, page.last, page.prev_url, page.next_url) == (49, 51, "?page=2", None)
    assert clamp_page(99, 51, 24) == 3 and clamp_page(5, 0, 24) == 1
    empty = make_page([], number=1, total=0, size=24, url=str)
    assert (empty.first, empty.last, empty.pages) == (0, 0, ())
