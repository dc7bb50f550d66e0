"""Which products are new in the shop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.training.history import DAY, History

FEW = 4  # times `min_buyers`: with so many buyers a product is left to the other models


def fit(history: History) -> dict[str, NDArray]:
    """Products first seen within the last `new_days`, of few buyers; none while the shop is that young."""
    data = history.data
    first = np.full(history.product_count, np.iinfo(np.int64).max)
    np.minimum.at(first, data.product, data.at)
    since = history.as_of - history.settings.new_days * DAY
    new = (first > since) & (first <= history.as_of) & (int(data.at.min()) <= since)
    new &= history.buyers < FEW * history.settings.min_buyers
    return {"product": np.flatnonzero(new).astype(np.int32)}
