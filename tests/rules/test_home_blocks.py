"""Beginnings of texts, and the wall of the window."""

from __future__ import annotations

import pytest

from storefront.catalog.rules.texts import opening
from storefront.homepage.rules import first_sentences, window_hue


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("Short.", "Short."),
        (
            "A first sentence that is long enough. A second one follows here.",
            "A first sentence that is long enough.",
        ),
        (
            "一句话，足够长，可以单独放在这里，不用再多说别的什么了。还有第二句话，它把整段文字拖得太长，所以不该出现。",
            "一句话，足够长，可以单独放在这里，不用再多说别的什么了。",
        ),
        (
            "It costs 2.90 pounds at the very least, and so on and on",
            "It costs 2.90 pounds at the very least, and…",
        ),
    ],
)
def test_a_beginning_ends_with_a_sentence_or_a_word(text: str, begin: str) -> None:
    assert first_sentences(text, 45) == begin


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Who we are.</p><h2>How we choose</h2><p>With care.</p>", "Who we are."),
        ("<h2>Shoes</h2><p>Half a size small.</p>", "Shoes Half a size small."),
        ("<p>Only this.</p>", "Only this."),
    ],
)
def test_an_opening_leaves_out_headings(html: str, words: str) -> None:
    assert opening(html) == words


def test_the_wall_is_that_of_most_things() -> None:
    assert window_hue(["baby", "tech", None, "baby"]) == "baby"
    assert window_hue([], "home") == "home"
