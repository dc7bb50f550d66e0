"""Item to item: what the same customers bought, whenever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import pack_rows
from recommender.settings import FEW_PAIRS
from recommender.training import factors
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio

HINTED = 3  # customers who bought both, from which a pair may order the lists of a small shop
HINT_NEAREST = 200
ROWS_AT_ONCE, CELLS_AT_ONCE = 256, 4_000_000  # of product x product, counted at a time: bounds the memory


# Product, other product, likeness, how many customers bought both: of the nearest.
Near = tuple[NDArray[Any], NDArray[Any], NDArray[np.float64], NDArray[np.int64]]


def fit(history: History, near: Callable[[History], Near] | None = None) -> dict[str, NDArray]:
    """Nearest products by BM25, kept where `min_buyers` distinct customers bought both (exact counts) and
    that is more than chance, ruled out by `min_significance`. `near` finds the nearest elsewhere.
    """
    row, product, likeness, both = (near or nearest)(history)
    kept = (likeness > 0) & (both >= history.settings.min_buyers)
    kept &= _surely(history, row, product, both)
    parts = [(row[kept], product[kept], likeness[kept], both[kept], both[kept])]
    return pack_rows(parts, history.product_count, history.settings.neighbours_kept)


def hints(history: History) -> dict[str, NDArray]:
    """The same where few pairs are known, from `HINTED` customers on and less sure: for personal lists.

    `support` is how many customers bought both where that may be said (by the rules of `fit`), else 0.
    """
    if history.bought.nnz >= FEW_PAIRS:
        return pack_rows([], history.product_count, 0)
    settings = history.settings
    least = min(HINTED, settings.min_buyers)
    wide = replace(settings, neighbours_kept=max(HINT_NEAREST, settings.neighbours_kept), min_buyers=least)
    row, product, likeness, both = nearest(replace(history, settings=wide))
    kept = (likeness > 0) & (both >= least)
    row, product, likeness, both = row[kept], product[kept], likeness[kept], both[kept]
    said = (both >= settings.min_buyers) & _surely(history, row, product, both)
    parts = [(row, product, likeness, both, np.where(said, both, 0))]
    return pack_rows(parts, history.product_count, settings.neighbours_kept)


def nearest(history: History) -> Near:
    """The nearest of each product, where both have enough buyers."""
    near = factors.neighbours(history.owned.astype(np.float64), history.settings).tocoo()
    hopeful = near.data > 0
    hopeful &= np.minimum(history.buyers[near.row], history.buyers[near.col]) >= history.settings.min_buyers
    row, product, likeness = near.row[hopeful], near.col[hopeful], near.data[hopeful]
    return row, product, likeness, _bought_both(history, row, product)


def _bought_both(history: History, left: NDArray, right: NDArray) -> NDArray[np.int64]:
    """Distinct customers who bought both products of each pair, in ascending order of the left ones."""
    bought, count = history.bought, history.product_count
    by_product = bought.T.tocsr()
    both = np.zeros(len(left), np.int64)
    rows = max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // max(count, 1)))
    starts = np.searchsorted(left, np.arange(0, count + rows, rows))
    for block, (start, end) in enumerate(pairwise(starts.tolist())):
        if end > start:
            first = block * rows
            shared = (by_product[first : first + rows] @ bought).toarray()
            both[start:end] = shared[left[start:end] - first, right[start:end]]
    return both


def _surely(history: History, row: NDArray, product: NDArray, both: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether so many buyers of both are more than chance: a lift above 1 that is no accident."""
    buyers = history.buyers.astype(np.float64)
    ratio = log_likelihood_ratio(both.astype(np.float64), buyers[row], buyers[product], history.everyone)
    return ratio >= history.settings.min_significance
