"""What a reference is: fitted on purchases, it scores every product for a block of users."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.purchases import Codes, Purchases

Scores = NDArray[np.float64]


class Reference(Protocol):
    """A method of the literature with its settings as attributes."""

    name: str

    def fit(self, before: Purchases) -> None:
        """Learn from the purchases before the window."""

    def scores(self, users: Codes) -> Scores:
        """One row per user, one column per product; higher is better, minus infinity is never shown."""
