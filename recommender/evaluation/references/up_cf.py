"""UP-CF@r: Faggioli, Polato, Aiolli 2020, "Recency aware collaborative filtering for next basket
recommendation" (UMAP).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.evaluation.purchases import Codes, Purchases
from recommender.evaluation.references.contract import Scores


@dataclass
class UpCf:
    """Share of a user's newest baskets that hold a product, spread among users who bought the same things.

    Likeness of users is the asymmetric cosine of who bought what, raised to `locality`; the user's own row
    takes part with likeness 1.
    """

    recency: int = 50  # newest baskets of each user
    asymmetry: float = 0.25
    locality: float = 5
    name: str = "UP-CF@r"

    def fit(self, before: Purchases) -> None:
        """Shares of the newest baskets; who bought what at all."""
        self.shares = recent_shares(before, self.recency)
        self.bought = before.counts.copy()
        self.bought.data = np.ones_like(self.bought.data)
        self.length = np.asarray(self.bought.sum(axis=1)).ravel()

    def scores(self, users: Codes) -> Scores:
        """Likeness times shares."""
        both = (self.bought[users] @ self.bought.T).toarray()
        mine, theirs = self.length[users][:, None], np.maximum(self.length, 1)[None, :]
        likeness = both / (np.maximum(mine, 1) ** self.asymmetry * theirs ** (1 - self.asymmetry))
        return np.asarray((sparse.csr_matrix(likeness**self.locality) @ self.shares).todense())


def recent_shares(before: Purchases, recency: int) -> sparse.csr_matrix:
    """User x product: share of the user's `recency` newest baskets that hold it."""
    recent = before.age_of_basket[before.basket] < recency
    held = np.minimum(before.baskets_of, recency)[before.user[recent]]
    matrix = sparse.csr_matrix((1 / held, (before.user[recent], before.product[recent])), shape=before.shape)
    matrix.sum_duplicates()
    return matrix
