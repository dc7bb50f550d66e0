"""Habits: per customer and product how often, when last, at what interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.training.history import DAY, History

OWN_GAPS = 2  # gaps (three orders) from which a customer's own interval is trusted
REPEATERS = 5  # customers who came back before a product has a usual interval


def fit(history: History) -> dict[str, NDArray]:
    """Rows per known customer, products in code order. interval is in days, 0 where nobody knows."""
    lines = history.kept
    known = np.flatnonzero(lines.customer >= 0)
    known = known[np.lexsort((lines.at[known], lines.product[known], lines.customer[known]))]
    customer, product, at = lines.customer[known], lines.product[known], lines.at[known]
    pair = customer.astype(np.int64) * history.product_count + product
    first = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]]) if len(pair) else np.empty(0, np.int64)
    times = np.diff(np.r_[first, len(pair)])
    weight = history.decay(at, history.settings.habit_half_life_days)
    weight = np.add.reduceat(weight, first) if len(first) else weight
    last = first + times - 1
    held = _less_returns(history, customer[first], product[first], weight, times)
    indptr = np.zeros(history.customer_count + 1, np.int64)
    np.cumsum(np.bincount(customer[first][held], minlength=history.customer_count), out=indptr[1:])
    return {
        "indptr": indptr,
        "product": product[first][held].astype(np.int32),
        "weight": weight[held].astype(np.float32),
        "times": times[held].astype(np.int32),
        "last_at": at[last][held].astype(np.int64),
        "interval": _intervals(history, pair, at, first)[held].astype(np.float32),
        "as_of": np.array([history.as_of], np.int64),
    }


def _less_returns(
    history: History, customer: NDArray, product: NDArray, weight: NDArray[np.float64], times: NDArray
) -> NDArray[np.bool_]:
    """Lower the weight by what came back without an order; drop what came back as often as it was bought."""
    if not history.loose_returns.nnz or not len(customer):
        return np.ones(len(customer), np.bool_)
    back = np.asarray(history.loose_returns[customer, product]).ravel()
    weight *= np.maximum(times - back, 0) / times
    return back < times


def _intervals(history: History, pair: NDArray, at: NDArray, first: NDArray) -> NDArray[np.float64]:
    """The customer's own median gap, else the product's over all its repeat buyers, else 0."""
    product = pair % max(history.product_count, 1)
    same = pair[1:] == pair[:-1]
    gaps = (np.diff(at) / DAY)[same]
    usable = gaps >= 1.0  # two orders on one day are one shopping trip
    gap_pair, gap_product, gaps = pair[1:][same][usable], product[1:][same][usable], gaps[usable]
    keys, own, counts = _medians(gap_pair, gaps)
    own = own[counts >= OWN_GAPS]
    keys = keys[counts >= OWN_GAPS]
    product_keys, usual, _ = _medians(gap_product, gaps)
    people = np.bincount(np.unique(gap_pair) % max(history.product_count, 1), minlength=history.product_count)
    by_product = np.zeros(history.product_count)
    by_product[product_keys] = usual
    by_product[people < REPEATERS] = 0
    interval = by_product[product[first]]
    places = np.searchsorted(pair[first], keys)
    interval[places] = own
    return interval


def _medians(keys: NDArray, values: NDArray[np.float64]) -> tuple[NDArray, NDArray[np.float64], NDArray]:
    """Distinct keys, the lower median of each one's values, and how many there were."""
    ordered = np.lexsort((values, keys))
    keys, values = keys[ordered], values[ordered]
    distinct, first, counts = np.unique(keys, return_index=True, return_counts=True)
    return distinct, values[first + (counts - 1) // 2], counts
