"""The facts about products that all models share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.training.history import History


def fit(history: History) -> dict[str, NDArray]:
    """Ids, distinct buyers, last category and price, and the totals behind every share."""
    data, kept = history.data, history.kept
    first, last = (int(kept.at.min()), int(kept.at.max())) if len(kept) else (0, 0)
    return {
        "product_text": data.products.blob,
        "product_offsets": data.products.offsets,
        "category_text": data.categories.blob,
        "category_offsets": data.categories.offsets,
        "buyers": history.buyers,
        "category_of": history.category_of,
        "price_of": history.price_of,
        "totals": np.array([history.everyone, first, last], np.int64),
    }
