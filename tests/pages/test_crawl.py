"""Under /zh no page says a word of the English shop, but for names and what people wrote."""

from __future__ import annotations

import re

import pytest

from tests.pages.walking import texts

LETTERS = re.compile(r"[A-Za-z]{2,}")
# The same in both languages: the shop's and the makers' names, article numbers, addresses, units.
NAMES = re.compile(
    r"Regulars|Maker \d+|Aldous|[CT]-[A-Z0-9-]+|\S+@\S+|https?://\S+|\b(?:EUR|GBP|SKU|RSS|cm|kg|g|ml|W)\b|R-[2-9A-Z]{8}|INV-\d+|1 Long Lane|Oldtown|EC1A 1HQ|Rea|Reg(?: Ular)?\b|Row|\d+"
)


@pytest.fixture(scope="module")
def spoken(visits):
    """What the English and the Chinese shop say: text -> where."""
    found = {"en": {}, "zh": {}}
    for visit in visits:
        if visit.is_html:
            said = found["zh" if visit.path.startswith("/zh") else "en"]
            for text, element in texts(visit):
                said.setdefault(text, f"{visit.path}: <{element.name} class={element.get('class')}>")
    return found


def words(text):
    """What is left of a text without names and numbers."""
    return LETTERS.search(NAMES.sub("", text)) is not None


def test_enough_was_read(spoken):
    assert len(spoken["en"]) > 150 and len(spoken["zh"]) > 150


def test_no_chinese_page_says_what_an_english_one_says(spoken):
    shared = {text: place for text, place in spoken["zh"].items() if text in spoken["en"] and words(text)}
    assert shared == {}


def test_no_chinese_page_speaks_english_at_all(spoken):
    """Whole English texts that no English page happens to say: three words in a row."""
    english = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
    found = {text: place for text, place in spoken["zh"].items() if english.search(NAMES.sub("", text))}
    assert found == {}


def test_the_english_shop_says_no_chinese(spoken):
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert {text: place for text, place in spoken["en"].items() if chinese.search(text)} == {}


def test_a_text_that_was_left_behind_would_be_found():
    assert words("Sold out")
    assert words("Only 3 left")
    assert not words("Regulars")
    assert not words("Maker 3 · £12.90")
