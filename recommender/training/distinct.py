"""Distinct whole numbers by sorting: numpy's `unique` and `isin` hash them, slower and in more memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import run_starts


def distinct(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each value once, ascending."""
    ordered = np.sort(keys)
    return ordered[run_starts(ordered)]


def among(keys: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each key is one of the known ones, which are ascending."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
