"""What is on show, how stock is spoken of, slugs, and texts from outside."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from storefront.catalog.rules.slugs import free_slug, is_slug, make_slug
from storefront.catalog.rules.texts import one_line, page_title, plain_text, sanitize, shorten
from storefront.catalog.rules.visibility import (
    Shelf,
    badges,
    is_new,
    is_visible,
    may_be_suggested,
    stock_state,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "begin", "end", "shown"),
    [
        ("active", None, None, True),
        ("draft", None, None, False),
        ("archived", None, None, False),
        ("active", NOW, None, True),
        ("active", NOW + HOUR, None, False),
        ("active", None, NOW, False),
        ("active", None, NOW + HOUR, True),
        ("active", NOW - HOUR, NOW + HOUR, True),
    ],
)
def test_a_product_is_on_show_from_its_first_moment_until_its_last(status, begin, end, shown):
    assert is_visible(status, begin, end, NOW) is shown


@pytest.mark.parametrize(
    ("limit", "age", "may"), [(None, None, True), (18, None, False), (18, 17, False), (18, 18, True)]
)
def test_nobody_of_unknown_age_is_shown_what_has_a_limit(limit, age, may):
    assert may_be_suggested(limit, age) is may


@pytest.mark.parametrize(
    ("shelves", "said"),
    [
        ([Shelf(10)], ("in", None)),
        ([Shelf(5)], ("low", 5)),
        ([Shelf(0)], ("out", None)),
        ([Shelf(None)], ("in", None)),
        ([Shelf(0, backorder=True)], ("in", None)),
        ([Shelf(-2, backorder=True), Shelf(1)], ("in", None)),
        ([Shelf(2), Shelf(3)], ("low", 5)),
        ([Shelf(0), Shelf(6)], ("in", None)),
        ([], ("out", None)),
    ],
)
def test_stock_is_in_low_or_out(shelves, said):
    assert stock_state(shelves, 5) == said


def test_new_means_begun_within_thirty_days():
    assert is_new(NOW - timedelta(days=30), NOW) and not is_new(NOW - timedelta(days=31), NOW)
    assert not is_new(None, NOW) and not is_new(NOW + HOUR, NOW)
    assert badges("out", True, True) == ("sold_out", "sale", "new") and badges("in", False, False) == ()


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("无线蓝牙耳机", "wu-xian-lan-ya-er-ji"),
        ("Café & Tea", "cafe-tea"),
        ("///", "item"),
        ("a" * 900, "a" * 140),
    ],
)
def test_a_slug_is_plain(text, slug):
    assert make_slug(text) == slug and is_slug(make_slug(text))


@pytest.mark.parametrize(
    "text", ["", "a/b", "a b", "a?b", "a#b", "..", ".", "a\nb", "a\x00", "x" * 161, "a%2f"]
)
def test_what_means_something_in_an_address_is_no_slug(text):
    assert not is_slug(text)


def test_a_taken_slug_gets_a_number():
    assert free_slug("cup", set()) == "cup"
    assert free_slug("cup", {"cup", "cup-2"}) == "cup-3"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p onclick=x>Hi<script>alert(1)</script></p>", "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="nofollow noopener">x</a>'),
        ('<img src=x onerror=alert(1)><b style="x">y</b>', "<b>y</b>"),
        ("<h1>Title</h1>", "<h2>Title</h2>"),
        ("<svg><script>x</script></svg>ok", "ok"),
        ("nul\x00byte", "nulbyte"),
    ],
)
def test_html_from_outside_is_made_harmless(dirty, clean):
    assert sanitize(dirty) == clean


def test_words_without_markup():
    assert plain_text("<p>One &amp; two</p><ul><li>three</li></ul>") == "One & two three"
    assert one_line("a\r\nb\t c\x00", 10) == "a b c" and one_line("abcdef", 3) == "abc"


def test_titles_and_descriptions_fit():
    assert page_title("Cup", "Shop") == "Cup · Shop"
    assert len(page_title("word " * 40, "Shop")) <= 60
    assert shorten("one two three four", 12) == "one two…" and shorten("短句子", 10) == "短句子"
    assert len(shorten("长" * 300, 155)) == 155


@pytest.mark.parametrize("hostile", ["<" * 100_000, "<a " * 33_000, "a" * 100_000, "<h1" * 33_000])
def test_no_text_makes_the_rules_slow(hostile):
    begin = time.perf_counter()
    plain_text(hostile)
    sanitize(hostile[:20_000])
    assert time.perf_counter() - begin < 1.0
