"""The products that a task may show, and what is known of them before the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.purchases import Codes, places
from recommender.evaluation.splits import Split
from recommender.interactions import Interactions
from recommender.training.baskets import Baskets


@dataclass(frozen=True)
class Shelf:
    """Product codes (sorted) of a population, baskets that held each, its last known price (0 unknown)."""

    data: Interactions
    products: Codes
    sold: NDArray[np.float64]
    prices: NDArray[np.float64]

    @classmethod
    def of(cls, split: Split, products: Codes) -> Shelf:
        """Facts of these products before the window."""
        lines = split.known_lines
        place = places(products, lines.product)
        sold = np.bincount(place[place >= 0], minlength=len(products)).astype(np.float64)
        return cls(split.data, products, sold, _last_prices(split)[products])

    def __len__(self) -> int:
        return len(self.products)

    def names(self) -> list[str]:
        """Product ids, in the order of places."""
        return [self.data.products.name(int(code)) for code in self.products]

    def place_of(self) -> dict[str, int]:
        """Place of each product id."""
        return {name: place for place, name in enumerate(self.names())}


def _last_prices(split: Split) -> NDArray[np.float64]:
    known = split.known
    rows = np.flatnonzero(known.price > 0)
    rows = rows[np.argsort(known.at[rows], kind="stable")]
    last = np.zeros(len(split.data.products))
    last[known.product[rows]] = known.price[rows]
    return last


def often_bought(lines: Baskets, count: int, least: int) -> Codes:
    """Codes of products in at least `least` baskets."""
    return np.flatnonzero(np.bincount(lines.product, minlength=count) >= least).astype(np.int64)
