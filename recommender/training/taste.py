"""Personal taste: factors, each customer's own products with their weight, and what finds new buyers now.

Weighing older orders less before the factorisation follows Koren 2009 ("Collaborative filtering with
temporal dynamics"); counting only first purchases for `fresh` is this engine's own: what is tried now is what
a customer who never had it may try.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ragged import in_order
from recommender.settings import EngineSettings
from recommender.training import factors, neighbours
from recommender.training.history import History

FRESH_HALF_LIFE_DAYS = 14.0


Als = Callable[[sparse.csr_matrix, EngineSettings], tuple[NDArray[np.float32], NDArray[np.float32]]]


def fit(history: History, als: Als = factors.als) -> dict[str, NDArray]:
    """Factors of log-weighted interest, newer counting more; customers without any have an empty row."""
    interest = history.affinity
    customers, products = als(interest, history.settings)
    customers[np.diff(interest.indptr) == 0] = 0
    disliked, ignored = history.disliked, history.ignored
    hints = neighbours.hints(history)
    return {
        "customers": customers,
        "products": products,
        "liked_indptr": interest.indptr.astype(np.int64),
        "liked": interest.indices.astype(np.int32),
        "liked_weight": interest.data.astype(np.float32),
        "disliked_indptr": disliked.indptr.astype(np.int64),
        "disliked": disliked.indices.astype(np.int32),
        "disliked_weight": disliked.data.astype(np.float32),
        "ignored_indptr": ignored.indptr.astype(np.int64),
        "ignored": ignored.indices.astype(np.int32),
        "ignored_weight": ignored.data.astype(np.float32),
        "fresh": fresh(history),
        "hint_indptr": hints["indptr"],
        "hint": hints["product"],
        "hint_weight": hints["strength"],
        "hint_buyers": hints["support"],
    }


def fresh(history: History) -> NDArray[np.float32]:
    """Per product how many customers bought it for the first time lately: the root, with the most at 1."""
    lines = history.kept
    known = np.flatnonzero(lines.customer >= 0)
    known = known[in_order(lines.at[known], lines.product[known], lines.customer[known])]
    customer, product = lines.customer[known], lines.product[known]
    if not len(known):
        return np.zeros(history.product_count, np.float32)
    first = np.r_[True, (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])]
    weight = history.decay(lines.at[known][first], FRESH_HALF_LIFE_DAYS)
    tried = np.bincount(product[first], weights=weight, minlength=history.product_count)
    return np.sqrt(tried / tried.max()).astype(np.float32) if tried.max() > 0 else tried.astype(np.float32)
