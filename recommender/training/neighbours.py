"""Item to item: what the same customers bought, whenever."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import pack_rows
from recommender.training import factors
from recommender.training.history import History

CELLS_AT_ONCE = 20_000_000  # product pairs whose exact counts are held at a time


def fit(history: History) -> dict[str, NDArray]:
    """Nearest products by BM25, kept where `min_buyers` distinct customers bought both (exact counts)."""
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
            kept = (both >= history.settings.min_buyers) & (near.data > 0)
            row, product, both = near.row[kept] + start, near.col[kept], both[kept]
            parts.append((row, product, near.data[kept], both, both))
    return pack_rows(parts, history.product_count, history.settings.neighbours_kept)
