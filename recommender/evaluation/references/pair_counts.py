"""Pairs counted in baskets: of one product, those that share most baskets with it come first.

For one antecedent this is the order by confidence too (Agrawal and Srikant 1994).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommender.evaluation.purchases import Codes
from recommender.models.contract import best_of


class PairCounts:
    """Baskets that hold both, from `least` on; no cap, no decay, no correction for best-sellers."""

    name = "pair counts"

    def __init__(self, least: int = 3) -> None:
        self.least = least

    def fit(self, baskets: sparse.csr_matrix) -> None:
        """Count all pairs of a basket x product matrix of ones."""
        both = (baskets.T @ baskets).tocsr()
        both.setdiag(0)
        both.data[both.data < self.least] = 0
        both.eliminate_zeros()
        both.sort_indices()
        self.both = both

    def list_for(self, product: int, n: int) -> Codes:
        """At most n partners of a product, ties by product code."""
        row = slice(self.both.indptr[product], self.both.indptr[product + 1])
        partners = self.both.indices[row].astype(np.int64)
        return partners[best_of(partners, self.both.data[row], n)]


class MostSold:
    """The products in most baskets, whatever is asked."""

    name = "popularity"

    def fit(self, baskets: sparse.csr_matrix) -> None:
        """Count baskets per product."""
        sold = np.asarray(baskets.sum(axis=0)).ravel()
        self.order = np.argsort(-sold, kind="stable").astype(np.int64)

    def list_for(self, product: int, n: int) -> Codes:
        """The best-sellers without the product itself."""
        shown = self.order[: n + 1]
        return shown[shown != product][:n]
