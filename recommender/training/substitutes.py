"""Substitutes: used in each other's stead, not bought together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ragged import pack_rows
from recommender.training.history import History
from recommender.training.sessions import visits

ROWS_AT_ONCE = 1_000
LONGEST_VISIT = 50  # a visit of more products compares nothing
ENOUGH_VISITS = 3  # visits that must hold both
SAME_CATEGORY = 1.5  # what a shared category adds as a factor
LEAST_LIKENESS = 0.3  # cosine of factors below which two products are not called alike


def fit(history: History, complements: dict[str, NDArray], taste: dict[str, NDArray]) -> dict[str, NDArray]:
    """Products looked at in the same visits; where nobody's looks are known, of like factors.

    Pairs that are complements are left out, so that the two lists never show the same product. Known
    categories must agree when likeness is all there is.
    """
    seen = _visit_matrix(history)
    together = _pair_matrix(complements, history.product_count)
    parts = []
    for start in range(0, history.product_count, ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, history.product_count))
        near = _co_viewed(seen, rows) if seen.nnz else _alike(taste["products"], rows, history)
        near = near - near.multiply(together[rows])
        near = near.tocoo()
        other = (near.row + start != near.col) & (near.data > 0)
        row, col, likeness = near.row[other] + start, near.col[other], near.data[other]
        same = (history.category_of[row] == history.category_of[col]) & (history.category_of[row] >= 0)
        likeness = likeness * np.where(same, SAME_CATEGORY, 1.0)
        nobody = np.zeros(len(row), np.int64)
        parts.append((row, col, likeness, nobody, nobody))
    return pack_rows(parts, history.product_count, history.settings.neighbours_kept)


def _visit_matrix(history: History) -> sparse.csc_matrix:
    session, product, _ = visits(history)
    size = np.bincount(session)
    short = size[session] <= LONGEST_VISIT if len(session) else np.zeros(0, np.bool_)
    ones = np.ones(int(short.sum()), np.float32)
    return sparse.csc_matrix(
        (ones, (session[short], product[short])), shape=(len(size), history.product_count)
    )


def _pair_matrix(complements: dict[str, NDArray], count: int) -> sparse.csr_matrix:
    ones = np.ones(len(complements["product"]), np.float32)
    one_way = sparse.csr_matrix((ones, complements["product"], complements["indptr"]), shape=(count, count))
    both_ways = one_way + one_way.T
    both_ways.data[:] = 1
    return both_ways.tocsr()


def _co_viewed(seen: sparse.csc_matrix, rows: slice) -> sparse.csr_matrix:
    """Cosine of the sets of visits, where enough visits hold both."""
    both = (seen[:, rows].T @ seen).tocoo()
    often = both.data >= ENOUGH_VISITS
    total = np.asarray(seen.sum(axis=0)).ravel()
    row, col, data = both.row[often], both.col[often], both.data[often]
    cosine = data / np.sqrt(total[row + rows.start] * total[col])
    return sparse.csr_matrix((cosine, (row, col)), shape=both.shape)


def _alike(factors: NDArray[np.float32], rows: slice, history: History) -> sparse.csr_matrix:
    """Cosine of factors among products with enough buyers; other categories are left out where known."""
    count = history.product_count
    if not factors.shape[1]:
        return sparse.csr_matrix((rows.stop - rows.start, count))
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-9)
    unit[history.buyers < history.settings.min_buyers] = 0
    cosine = unit[rows] @ unit.T
    category = history.category_of
    cosine[(category[rows, None] != category[None, :]) & (category[rows, None] >= 0)] = 0
    keep = min(2 * history.settings.neighbours_kept, count)
    bar = np.partition(cosine, count - keep, axis=1)[:, count - keep]
    cosine[(cosine < bar[:, None]) | (cosine < LEAST_LIKENESS)] = 0
    return sparse.csr_matrix(cosine)
