"""Substitutes: used in each other's stead, not bought together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ragged import pack_rows, row_starts
from recommender.training import switches
from recommender.training.distinct import among, distinct
from recommender.training.history import History
from recommender.training.sessions import visits
from recommender.training.significance import lower_share

ROWS_AT_ONCE, VISITED_AT_ONCE = 1_000, 200
LONGEST_VISIT = 50  # a visit of more products compares nothing
FEW_VISITS = 5.0  # with so many visits of both, their share counts half
SAME_CATEGORY = 1.5  # what a shared category adds as a factor
MOST_COMPARED = 20_000  # best-bought products that are compared by likeness, each with each
LEAST_LIKENESS = 0.4  # cosine of factors below which two products are not called alike

Codes = NDArray[np.int64]
Pairs = tuple[Codes, Codes, NDArray[np.float64], Codes, Codes]  # with distinct buyers, visits of both


def fit(history: History, complements: dict[str, NDArray], taste: dict[str, NDArray]) -> dict[str, NDArray]:
    """Products bought instead of each other and looked at in the same visits; where nobody's looks are known,
    of like factors. Few people and few visits count less than their share says.

    Pairs that are complements are left out, so that the two lists never show the same product. Known
    categories must agree when likeness is all there is. `left`: customers who took something else instead.
    """
    seen, switched = _visit_matrix(history), switches.count(history)
    together = _keys_both_ways(complements, history.product_count)
    least = history.settings.min_buyers
    parts = [_bought_instead(switched, least)]
    keep = 2 * history.settings.neighbours_kept  # some of them are complements
    parts += _co_viewed(seen, least, keep) if seen.nnz else _alike(history, taste["products"])
    row, col, strength, buyers, support = (np.concatenate(column) for column in zip(*parts, strict=True))
    usable = (row != col) & (strength > 0) & ~among(row * history.product_count + col, together)
    found = _joined(history, *(column[usable] for column in (row, col, strength, buyers, support)))
    rows = pack_rows([found], history.product_count, history.settings.neighbours_kept)
    return {**rows, "left": switched.base}


def _bought_instead(switched: switches.Switches, least: int) -> Pairs:
    """By the lower end of the share of those who left; a pair of fewer than `least` people says nothing."""
    enough = switched.people >= least
    left, taken, people = switched.left[enough], switched.taken[enough], switched.people[enough]
    share: NDArray[np.float64] = lower_share(people.astype(float), switched.base[left].astype(float))
    return left, taken, share, people, np.zeros(len(people), np.int64)


def _joined(
    history: History, row: Codes, col: Codes, strength: NDArray[np.float64], buyers: Codes, support: Codes
) -> Pairs:
    """Each pair once with all that speaks for it; more within a category."""
    width = max(history.product_count, 1)
    keys, place = np.unique(row * width + col, return_inverse=True)
    total = np.bincount(place, weights=strength, minlength=len(keys))
    people, visits_of_both = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    np.maximum.at(people, place, buyers)
    np.maximum.at(visits_of_both, place, support)
    row, col = keys // width, keys % width
    same = (history.category_of[row] == history.category_of[col]) & (history.category_of[row] >= 0)
    worth = np.where(same, SAME_CATEGORY, 1.0)
    return row, col, (total * worth).astype(np.float64), people, visits_of_both


def _visit_matrix(history: History) -> sparse.csc_matrix:
    session, product, _ = visits(history)
    size = np.bincount(session)
    short = size[session] <= LONGEST_VISIT if len(session) else np.zeros(0, np.bool_)
    ones = np.ones(int(short.sum()), np.float32)
    shape = (len(size), history.product_count)
    return sparse.csc_matrix((ones, (session[short], product[short])), shape=shape)


def _keys_both_ways(complements: dict[str, NDArray], count: int) -> NDArray[np.int64]:
    left = np.repeat(np.arange(count), np.diff(complements["indptr"]))
    right = complements["product"].astype(np.int64)
    return distinct(np.r_[left * count + right, right * count + left])


def _co_viewed(seen: sparse.csc_matrix, least: int, keep: int) -> Iterator[Pairs]:
    """Cosine of the sets of visits, where enough visits hold both: the `keep` nearest of each product."""
    total = np.asarray(seen.sum(axis=0)).ravel()
    by_product, by_visit = seen.T.tocsr(), seen.tocsr()
    for start in range(0, seen.shape[1], VISITED_AT_ONCE):
        both = (by_product[start : start + VISITED_AT_ONCE] @ by_visit).tocoo()
        often = both.data >= least
        row, col = both.row[often].astype(np.int64) + start, both.col[often].astype(np.int64)
        visited = both.data[often].astype(np.float64)
        share = visited / np.sqrt(total[row] * total[col]) * visited / (visited + FEW_VISITS)
        near = _nearest(row, col, share, keep)
        row, col, share, visited = row[near], col[near], share[near], visited[near]
        yield row, col, share, np.zeros(len(row), np.int64), visited.astype(np.int64)


def _nearest(row: Codes, col: Codes, share: NDArray[np.float64], keep: int) -> Codes:
    """The places of the `keep` largest shares of each row."""
    ordered = np.lexsort((col, -share, row))
    first = row_starts(row, int(row.max(initial=-1)) + 1)
    return ordered[np.arange(len(row)) - first[row[ordered]] < keep]


def _alike(history: History, factors: NDArray[np.float32]) -> Iterator[Pairs]:
    """Cosine of factors among products with enough buyers; other categories are left out where known."""
    compared = np.flatnonzero(history.buyers >= history.settings.min_buyers)
    compared = np.sort(compared[np.argsort(-history.buyers[compared], kind="stable")][:MOST_COMPARED])
    if not factors.shape[1] or not len(compared):
        return
    unit = factors[compared] / np.maximum(np.linalg.norm(factors[compared], axis=1, keepdims=True), 1e-9)
    for rows, others in _shelves(history.category_of[compared]):
        keep = min(2 * history.settings.neighbours_kept, len(others))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = rows[start : start + ROWS_AT_ONCE]
            place, col, likeness = _likest(unit[block] @ unit[others].T, keep)
            nobody = np.zeros(len(place), np.int64)
            yield compared[block[place]], compared[others[col]], likeness, nobody, nobody


def _shelves(category: NDArray[np.int32]) -> Iterator[tuple[Codes, Codes]]:
    """Which products are compared with which: those of a category among themselves, others with all."""
    everything = np.arange(len(category))
    for kind in np.unique(category).tolist():
        rows = np.flatnonzero(category == kind)
        yield rows, rows if kind >= 0 else everything


def _likest(cosine: NDArray[np.float32], keep: int) -> tuple[Codes, Codes, NDArray[np.float64]]:
    """Places of what is alike in each row, where that is much the `keep` nearest, and how alike."""
    alike = cosine >= LEAST_LIKENESS
    crowded = np.flatnonzero(np.count_nonzero(alike, axis=1) > keep)
    kth = cosine.shape[1] - keep
    alike[crowded] &= cosine[crowded] >= np.partition(cosine[crowded], kth, axis=1)[:, kth, None]
    row, col = np.nonzero(alike)
    return row, col, cosine[row, col].astype(np.float64)
