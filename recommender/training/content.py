"""What products are in words: brand, title and attributes, as far as the shop tells them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import row_starts
from recommender.training.history import History

MOST_WORDS = 60  # of one product
USUAL = 0.2  # a word that more of the products have says nothing
_WORDS = re.compile(r"\w+")
Arrays = dict[str, NDArray]


def fit(history: History) -> Arrays:
    """Per product its telling words and the length of its vector, per word who has it and how rare it is."""
    names = history.data.products
    found = [words_of(history.data.about.get(name, "")) for name in names] if history.data.about else []
    known = {word: code for code, word in enumerate(sorted({word for words in found for word in words}))}
    product = np.repeat(np.arange(len(found)), [len(words) for words in found]).astype(np.int64)
    word = np.array([known[word] for words in found for word in words], np.int64)
    held = np.bincount(word, minlength=len(known))
    telling = (held >= 2) & (held <= max(USUAL * len(names), 10))
    kept = telling[word]
    product, word = product[kept], (np.cumsum(telling) - 1)[word[kept]]
    held = held[telling]
    rarity = np.log1p(len(names) / np.maximum(held, 1)).astype(np.float32)
    by_word = np.lexsort((product, word))
    length = np.sqrt(np.bincount(product, weights=rarity[word] ** 2, minlength=len(names)))
    return {
        "indptr": row_starts(product, len(names)),
        "word": word.astype(np.int32),
        "holder_indptr": row_starts(word, len(held)),
        "holder": product[by_word].astype(np.int32),
        "rarity": rarity,
        "length": length.astype(np.float32),
    }


def words_of(text: str) -> list[str]:
    """The distinct words of a text, sorted; scripts without spaces in pairs of characters."""
    found: set[str] = set()
    for word in _WORDS.findall(text.lower()):
        if word.isascii() or len(word) <= 2:
            found.add(word)
        else:
            found.update(word[place : place + 2] for place in range(len(word) - 1))
    return sorted(found)[:MOST_WORDS]
