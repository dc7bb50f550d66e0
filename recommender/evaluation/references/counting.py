"""Counting: what everybody buys, what this person buys, and the one filled with the other.

Li et al. 2023, "A next basket recommendation reality check" (arXiv 2109.14233), calls them G-TopFreq,
P-TopFreq and GP-TopFreq.
"""

from __future__ import annotations

import numpy as np

from recommender.evaluation.purchases import Codes, Purchases
from recommender.evaluation.references.contract import Scores


class Popularity:
    """Baskets that hold the product, the same for everybody."""

    name: str = "popularity"

    def fit(self, before: Purchases) -> None:
        """Count baskets per product."""
        self.sold = before.sold

    def scores(self, users: Codes) -> Scores:
        """The same row for each user."""
        return np.tile(self.sold, (len(users), 1))


class PersonalTop:
    """The person's own baskets that hold the product; what was never bought has 0."""

    name: str = "P-Top"

    def fit(self, before: Purchases) -> None:
        """Count baskets per user and product."""
        self.counts = before.counts

    def scores(self, users: Codes) -> Scores:
        """Own frequencies."""
        return self.counts[users].toarray()


class PersonalThenPopular:
    """Own frequency first; among equals, and so for all that was never bought, popularity decides."""

    name: str = "GP-Top"

    def fit(self, before: Purchases) -> None:
        """Count both."""
        self.counts = before.counts
        self.share = before.sold / (before.sold.max(initial=0) + 1)  # below 1: never outweighs a purchase

    def scores(self, users: Codes) -> Scores:
        """Own frequency plus popularity below 1."""
        return self.counts[users].toarray() + self.share
