"""Popularity: distinct recent buyers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.training.history import History

VIEW_WORTH = 0.02  # one looker beside one buyer: orders products that nobody bought yet


def fit(history: History) -> dict[str, NDArray]:
    """Each customer counts once per product, at the newest order; an anonymous order counts by itself."""
    lines = history.kept
    weight = history.decay(lines.at, history.settings.half_life_days)
    known = lines.customer >= 0
    score = np.bincount(lines.product[~known], weights=weight[~known], minlength=history.product_count)
    score = score + _newest_per_pair(
        lines.customer[known], lines.product[known], weight[known], history.product_count
    )
    rows = (history.data.kind == columns.VIEW) | (history.data.kind == columns.CART)
    looks = history.decay(history.data.at[rows], history.settings.half_life_days)
    person = np.where(history.data.customer >= 0, history.data.customer, -2 - history.data.session)[rows]
    seen = _newest_per_pair(person, history.data.product[rows], looks, history.product_count)
    return {"score": (score + VIEW_WORTH * seen).astype(np.float32)}


def _newest_per_pair(person: NDArray, product: NDArray, weight: NDArray[np.float64], count: int) -> NDArray:
    if not len(person):
        return np.zeros(count)
    ordered = np.lexsort((-weight, product, person))
    person, product, weight = person[ordered], product[ordered], weight[ordered]
    first = np.r_[True, (person[1:] != person[:-1]) | (product[1:] != product[:-1])]
    return np.bincount(product[first], weights=weight[first], minlength=count)
