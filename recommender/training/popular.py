"""Popularity: distinct recent buyers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.ragged import in_order
from recommender.training.history import History

# Looks order products that nobody bought yet. All looks at a product together weigh less than one buyer, so
# that nobody who only looks, however often and under however many names, passes what people buy.
HALF_A_BUYER = 50.0  # lookers


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
    return {"score": (score + worth_of_looks(seen)).astype(np.float32)}


def worth_of_looks(lookers: NDArray[np.float64]) -> NDArray[np.float64]:
    """What so many lookers weigh beside one buyer: the more the more, but below 1."""
    return lookers / (lookers + HALF_A_BUYER)


def _newest_per_pair(history: History, person: NDArray, product: NDArray, at: NDArray) -> NDArray[np.float64]:
    if not len(person):
        return np.zeros(history.product_count)
    ordered = in_order(-at, product, person)
    person, product = person[ordered], product[ordered]
    first = np.r_[True, (person[1:] != person[:-1]) | (product[1:] != product[:-1])]
    weight = history.decay(at[ordered][first], history.settings.half_life_days)
    newest = np.bincount(product[first], weights=weight, minlength=history.product_count)
    return newest.astype(np.float64, copy=False)
