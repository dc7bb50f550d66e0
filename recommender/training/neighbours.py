"""Item to item: what the same customers bought, whenever."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ragged import pack_rows
from recommender.training import factors
from recommender.training.history import History

ROWS_AT_ONCE = 2_000  # products whose exact counts are made at a time


def fit(history: History) -> dict[str, NDArray]:
    """Nearest products by BM25, kept where `min_buyers` distinct customers bought both (exact counts)."""
    likeness = factors.neighbours(history.owned.astype(np.float64), history.settings)
    parts = []
    bought = history.bought.tocsc()
    for start in range(0, history.product_count, ROWS_AT_ONCE):
        near = likeness[start : start + ROWS_AT_ONCE].tocoo()
        both = _common(bought, start, near)
        kept = (both >= history.settings.min_buyers) & (near.data > 0)
        row, product, both = near.row[kept] + start, near.col[kept], both[kept]
        parts.append((row, product, near.data[kept], both, both))
    return pack_rows(parts, history.product_count, history.settings.neighbours_kept)


def _common(bought: sparse.csc_matrix, start: int, near: sparse.coo_matrix) -> NDArray[np.int64]:
    """Distinct customers of both products, for the pairs of one block."""
    if not near.nnz:
        return np.zeros(0, np.int64)
    counts = (bought[:, start : start + ROWS_AT_ONCE].T @ bought).tocsr()
    return np.asarray(counts[near.row, near.col]).ravel().astype(np.int64)
