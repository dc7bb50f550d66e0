"""Words for the search: what an index holds and a query asks, in Latin and in Chinese."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalog.rules.corrections import closest, correct, distance, vocabulary
from storefront.catalog.rules.words import (
    MAX_QUERY,
    MAX_TERMS,
    clean_query,
    fts5_query,
    index_words,
    loose_terms,
    query_terms,
    tsquery,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("蓝牙耳机", "蓝牙 牙耳 耳机 蓝 牙 耳 机"),
        ("机", "机"),
        ("Wireless head-phones", "wireless head phones"),
        ("iPhone15 手机壳", "iphone15 手机 机壳 手 机 壳"),
        ("Café ＡＢＣ", "cafe abc"),
        ("snake_case", "snake case"),
        ("", ""),
    ],
)
def test_chinese_is_indexed_as_pairs_and_single_characters(text, words):
    assert index_words(text) == words


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("蓝牙", ["蓝牙"]),
        ("蓝牙耳机", ["蓝牙", "牙耳", "耳机"]),
        ("机", ["机"]),
        ("  Head   Phone ", ["head", "phone"]),
        ('" OR 1=1 --', ["or", "1"]),
        ("NEAR(a b)", ["near", "a", "b"]),
        ("\x00\x07", []),
    ],
)
def test_a_query_asks_for_pairs_and_words(query, terms):
    assert query_terms(query) == terms


def test_loosely_asked_single_characters_count_too():
    assert loose_terms("降噪 pro") == ["降噪", "pro", "降", "噪"]


def test_every_term_of_a_match_is_quoted():
    assert fts5_query(['a"b', "or"], every=True) == '"a""b" "or"'
    assert fts5_query(["a", "b"], every=False, prefix=True) == '"a" OR "b"*'
    assert tsquery(["o'neil", "b\\"], every=True) == "'o''neil' & 'b\\\\'"
    assert tsquery(["a", "b"], every=False, prefix=True) == "'a' | 'b':*"


@given(st.text(max_size=400))
def test_terms_are_few_short_and_words_of_the_index(query):
    terms = query_terms(query)
    assert len(terms) <= MAX_TERMS
    assert len(clean_query(query)) <= MAX_QUERY
    assert set(terms) <= set(index_words(clean_query(query)).split())


def test_ten_thousand_terms_cost_nothing():
    begin = time.perf_counter()
    assert len(query_terms("word " * 10_000)) == 1
    assert len(query_terms(" ".join(f"w{n}" for n in range(10_000)))) <= MAX_TERMS
    assert time.perf_counter() - begin < 0.05


# --- did you mean -----------------------------------------------------------------------------------------


WORDS = vocabulary(["Bluetooth headphones", "Bluetooth speaker", "Espresso machine", "蓝牙耳机", "蓝牙音箱"])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("blutooth", "bluetooth"),
        ("bluetoth speeker", "bluetooth speaker"),
        ("hedphones", "headphones"),
        ("expresso machine", "espresso machine"),
        ("兰牙", "蓝牙"),
        ("bluetooth", None),
        ("zzzzzz", None),
        ("", None),
        ("xy", None),
    ],
)
def test_the_closest_words_of_the_shop_are_offered(asked, meant):
    assert correct(asked, WORDS) == meant


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("cat", "cat", 0), ("cat", "cta", 1), ("cat", "cart", 1), ("cat", "dog", 3), ("a", "abcd", 3)],
)
def test_swapped_neighbours_are_one_edit(one, other, edits):
    assert distance(one, other, 2) == edits


def test_of_equally_near_words_the_common_one_wins():
    assert closest("bat", vocabulary(["cat", "cat", "rat"])) == "cat"


@given(st.text(max_size=60))
def test_correcting_never_fails(query):
    correct(query, WORDS)
