"""Facts about products that every model shares, and the sentences' numbers made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, TEXT
from recommender.evidence import Evidence
from recommender.vocabulary import NamedCodes

BANDS = 4  # of prices


@dataclass(frozen=True)
class Catalogue:
    """Products as codes in alphabetical order, with counts net of returns."""

    products: NamedCodes
    categories: NamedCodes
    buyers: NDArray[np.int32]  # distinct known customers per product
    category_of: NDArray[np.int32]  # -1 without
    price_of: NDArray[np.float32]  # 0 unknown
    everyone: int  # distinct known customers who kept anything
    window: tuple[str, str] | None
    min_buyers: int

    SPEC: ClassVar[Mapping[str, str]] = {
        "product_text": TEXT,
        "product_offsets": INDPTR,
        "category_text": TEXT,
        "category_offsets": INDPTR,
        "buyers": NUMBER,
        "category_of": CODE,
        "price_of": NUMBER,
        "totals": NUMBER,
    }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], min_buyers: int) -> Catalogue:
        """Unpack what training stored: totals are everyone, first and last kept purchase (seconds)."""
        everyone, first, last = (int(value) for value in arrays["totals"])
        return cls(
            NamedCodes(arrays["product_text"], arrays["product_offsets"]),
            NamedCodes(arrays["category_text"], arrays["category_offsets"]),
            np.asarray(arrays["buyers"]),
            np.asarray(arrays["category_of"]),
            np.asarray(arrays["price_of"]),
            everyone,
            (day_text(first), day_text(last)) if last else None,
            min_buyers,
        )

    def __len__(self) -> int:
        return len(self.products)

    @cached_property
    def price_band(self) -> NDArray[np.int8]:
        """Which quarter of its category (of the shop, where that has fewer than eight priced products) each
        product belongs to by price: 0 the cheapest to 3; -1 without a price.
        """
        priced = np.flatnonzero(self.price_of > 0)
        field = self.category_of[priced]
        size = np.bincount(field + 1)
        field = np.where((field >= 0) & (size[field + 1] >= 2 * BANDS), field, -1)
        ordered = np.lexsort((self.price_of[priced], field))
        size = np.bincount(field + 1)
        rank = np.arange(len(priced)) - np.repeat(np.cumsum(size) - size, size)
        bands = np.full(len(self), -1, np.int8)
        bands[priced[ordered]] = BANDS * rank // np.maximum(size[field[ordered] + 1], 1)
        return bands

    def codes_of(self, products: Any) -> list[int]:
        """Codes of the known ones among these ids, in their order, each once."""
        found = (self.products.find(product) for product in products)
        return list(dict.fromkeys(code for code in found if code >= 0))

    def pair(
        self, kind: str, because: int, product: int, buyers: int, support: int | None = None
    ) -> Evidence:
        """What buyers of one product say about another; without numbers below `min_buyers`."""
        base, consequent = int(self.buyers[because]), int(self.buyers[product])
        names = (self.products.name(because),)
        if buyers < self.min_buyers or not base:
            return Evidence(kind, names, window=self.window)
        share = buyers / base
        lift = share / (consequent / self.everyone) if consequent else None
        return Evidence(kind, names, buyers, base, share, lift, support, window=self.window)

    def buyers_of(self, kind: str, product: int) -> Evidence:
        """How many of all customers kept this product; without numbers below `min_buyers`."""
        buyers, code = int(self.buyers[product]), int(self.category_of[product])
        category = self.categories.name(code) if code >= 0 else None
        if buyers < self.min_buyers:
            return Evidence(kind, category=category, window=self.window)
        share = buyers / self.everyone
        return Evidence(
            kind, buyers=buyers, base=self.everyone, share=share, category=category, window=self.window
        )


def day_text(seconds: int) -> str:
    """The UTC day of a time, as in 2026-11-05."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
