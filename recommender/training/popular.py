"""Popularity: distinct recent buyers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.ragged import in_order
from recommender.training.history import History

VIEW_WORTH = 0.02  # one looker beside one buyer: orders products that nobody bought yet


def fit(history: History) -> dict[str, NDArray]:
    """Each customer counts once per product, at the newest order; an anonymous order counts by itself."""
    lines = history.kept
    known = lines.customer >= 0
    weight = history.decay(lines.at[~known], history.settings.half_life_days)
    anonymous = np.bincount(lines.product[~known], weights=weight, minlength=history.product_count)
    score = anonymous + _newest_per_pair(
        history, lines.customer[known], lines.product[known], lines.at[known]
    )
    rows = (history.data.kind == columns.VIEW) | (history.data.kind == columns.CART)
    person = np.where(history.data.customer >= 0, history.data.customer, -2 - history.data.session)[rows]
    seen = _newest_per_pair(history, person, history.data.product[rows], history.data.at[rows])
    return {"score": (score + VIEW_WORTH * seen).astype(np.float32)}


def _newest_per_pair(history: History, person: NDArray, product: NDArray, at: NDArray) -> NDArray[np.float64]:
    if not len(person):
        return np.zeros(history.product_count)
    ordered = in_order(-at, product, person)
    person, product = person[ordered], product[ordered]
    first = np.r_[True, (person[1:] != person[:-1]) | (product[1:] != product[:-1])]
    weight = history.decay(at[ordered][first], history.settings.half_life_days)
    newest = np.bincount(product[first], weights=weight, minlength=history.product_count)
    return newest.astype(np.float64, copy=False)
