"""Close in kind and price: the same category, a like price, shared words. Knows products nobody bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import CLOSE, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, nothing
from recommender.ragged import expand

KIND, PRICE, WORDS, KEPT = 0.4, 0.3, 0.3, 0.05  # what each says; together a little above 1
BAND = 2.5  # so many times as dear, or as cheap, is another thing
UNKNOWN_PRICE = 0.3
ALIKE = 0.3  # likeness of words from which the category no longer has to be the same
FEW_BUYERS = 5.0


class Content:
    """Words of products, and who has them; category, price and buyers are the catalogue's."""

    name: ClassVar[str] = "content"
    SPEC: ClassVar[Mapping[str, str]] = {
        "indptr": INDPTR,
        "word": CODE,
        "holder_indptr": INDPTR,
        "holder": CODE,
        "rarity": NUMBER,
        "length": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        words = len(arrays["rarity"])
        check_rows(self.name, arrays, "indptr", "word", rows=len(catalogue))
        check_rows(self.name, arrays, "holder_indptr", "holder", rows=words)
        check_below(self.name, arrays, "word", words)
        check_below(self.name, arrays, "holder", len(catalogue))
        if len(arrays["length"]) != len(catalogue):
            raise BadArtifact(f"{self.name}: {len(arrays['length'])} lengths for {len(catalogue)} products")
        self.catalogue = catalogue
        self.words = Rows(arrays["indptr"], arrays["word"])
        self.holders, self.holder = arrays["holder_indptr"], arrays["holder"]
        self.rarity, self.length = np.asarray(arrays["rarity"]), np.asarray(arrays["length"])

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """What is closest to the last product."""
        if not query.products or n <= 0:
            return nothing()
        product = query.products[-1]
        scores = np.where(gate.open, self.scores(product), 0)
        scores[list(query.products)] = 0
        products = best(scores, n)
        evidence = self.evidence(product)
        return Ranked(products, scores[products].astype(np.float64), lambda i: evidence)

    def evidence(self, product: int) -> Evidence:
        """The product it is close to, and its category where that is known."""
        category = int(self.catalogue.category_of[product])
        named = self.catalogue.categories.name(category) if category >= 0 else None
        return Evidence(CLOSE, (self.catalogue.products.name(product),), category=named)

    def scores(self, product: int) -> NDArray[np.float32]:
        """How close every product is to this one, 0 to about 1; 0 where the price is another altogether."""
        words = self._likeness(product)
        category, prices = int(self.catalogue.category_of[product]), self.catalogue.price_of
        same = (self.catalogue.category_of == category) & (category >= 0)
        candidates = np.flatnonzero(same | (words >= ALIKE))
        near = self._near(prices[candidates], float(prices[product]))
        kept = self.catalogue.buyers[candidates].astype(np.float32)
        found = KIND * same[candidates] + PRICE * near + WORDS * words[candidates]
        found += KEPT * kept / (kept + FEW_BUYERS)
        scores = np.zeros(len(self.catalogue), np.float32)
        scores[candidates] = np.where(near >= 0, found, 0)
        return scores

    def _likeness(self, product: int) -> NDArray[np.float32]:
        words = self.words(product)[0]
        if not len(words):
            return np.zeros(len(self.catalogue), np.float32)
        places, lengths = expand(self.holders, words)
        shared = np.repeat(self.rarity[words] ** 2, lengths)
        both = np.bincount(self.holder[places], weights=shared, minlength=len(self.catalogue))
        return (both / np.maximum(self.length * self.length[product], 1e-6)).astype(np.float32)

    def _near(self, prices: NDArray[np.float32], price: float) -> NDArray[np.float32]:
        """1 at the same price, 0 at the end of the band, below 0 beyond it."""
        if price <= 0:
            return np.full(len(prices), UNKNOWN_PRICE, np.float32)
        apart = np.abs(np.log(np.maximum(prices, 1e-6) / price)) / np.log(BAND)
        return np.where(prices > 0, 1 - apart, UNKNOWN_PRICE).astype(np.float32)
