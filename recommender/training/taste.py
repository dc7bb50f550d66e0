"""Personal taste: factors and each customer's own products with their weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.training import factors
from recommender.training.history import History


def fit(history: History) -> dict[str, NDArray]:
    """Factors of log-weighted interest; customers without any have an empty row."""
    interest = history.affinity
    customers, products = factors.als(interest, history.settings)
    customers[np.diff(interest.indptr) == 0] = 0
    return {
        "customers": customers,
        "products": products,
        "liked_indptr": interest.indptr.astype(np.int64),
        "liked": interest.indices.astype(np.int32),
        "liked_weight": interest.data.astype(np.float32),
    }
