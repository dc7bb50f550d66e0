"""Item to item: what the same customers bought, whenever."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import pack_rows
from recommender.training import factors
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio

CELLS_AT_ONCE = 20_000_000  # product pairs whose exact counts are held at a time


def fit(history: History) -> dict[str, NDArray]:
    """Nearest products by BM25, kept where `min_buyers` distinct customers bought both (exact counts) and
    that is more than chance, ruled out by `min_significance`.
    """
    likeness = factors.neighbours(history.owned.astype(np.float64), history.settings)
    by_customer = history.bought
    by_product = by_customer.T.tocsr()
    rows_at_once = max(1, CELLS_AT_ONCE // max(history.product_count, 1))
    parts = []
    for start in range(0, history.product_count, rows_at_once):
        near = likeness[start : start + rows_at_once].tocoo()
        if near.nnz:
            counts = (by_product[start : start + rows_at_once] @ by_customer).toarray()
            both = counts[near.row, near.col].astype(np.int64)
            row, product = near.row + start, near.col
            kept = (both >= history.settings.min_buyers) & (near.data > 0)
            kept &= _surely(history, row, product, both)
            row, product, both = row[kept], product[kept], both[kept]
            parts.append((row, product, near.data[kept], both, both))
    return pack_rows(parts, history.product_count, history.settings.neighbours_kept)


def _surely(history: History, row: NDArray, product: NDArray, both: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether so many buyers of both are more than chance: a lift above 1 that is no accident."""
    buyers = history.buyers.astype(np.float64)
    ratio = log_likelihood_ratio(both.astype(np.float64), buyers[row], buyers[product], history.everyone)
    return ratio >= history.settings.min_significance
