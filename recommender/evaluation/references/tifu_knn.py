"""TIFU-KNN: Hu et al. 2020, "Modeling personalized item frequency information for next-basket
recommendation" (SIGIR).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.evaluation.purchases import Codes, Purchases
from recommender.evaluation.references.contract import Scores


@dataclass
class TifuKnn:
    """Frequencies that fade within and across groups of baskets, mixed with those of the nearest users.

    A user's baskets are cut into `groups` groups of equal size; where that does not divide, the newest hold
    one more (as in the published code). Within a group the i-th newest basket weighs within ** i, the g-th
    newest group across ** g; both levels are means. Neighbours are the nearest by Euclidean distance.
    """

    groups: int = 7
    within: float = 0.9
    across: float = 0.8
    nearest: int = 300
    own_share: float = 0.7
    name: str = "TIFU-KNN"

    def fit(self, before: Purchases) -> None:
        """One vector per user."""
        self.vectors = tifu_vectors(before, self.groups, self.within, self.across)
        self.length = np.asarray(self.vectors.multiply(self.vectors).sum(axis=1)).ravel()

    def scores(self, users: Codes) -> Scores:
        """Own vector and the mean vector of the nearest other users."""
        near = self._nearest(users)
        return self.own_share * self.vectors[users].toarray() + (1 - self.own_share) * near

    def _nearest(self, users: Codes) -> Scores:
        count = self.vectors.shape[0]
        keep = min(self.nearest, count - 1)
        if keep < 1:
            return np.zeros((len(users), self.vectors.shape[1]))
        distance = self.length - 2 * (self.vectors[users] @ self.vectors.T).toarray()
        distance[np.arange(len(users)), users] = np.inf
        chosen = np.argpartition(distance, keep - 1, axis=1)[:, :keep]
        rows = np.repeat(np.arange(len(users)), keep)
        share = sparse.csr_matrix(
            (np.full(chosen.size, 1 / keep), (rows, chosen.ravel())), shape=(len(users), count)
        )
        return (share @ self.vectors).toarray()


def tifu_vectors(before: Purchases, groups: int, within: float, across: float) -> sparse.csr_matrix:
    """User x product: the frequencies of TIFU-KNN."""
    count, age = before.baskets_of[before.basket_user], before.age_of_basket
    used = np.minimum(count, groups)
    size, larger = np.divmod(count, used)  # the newest `larger` groups hold one basket more
    in_larger = age < larger * (size + 1)
    beyond = age - larger * (size + 1)
    group = np.where(in_larger, age // (size + 1), larger + beyond // size)
    held = np.where(in_larger, size + 1, size)
    place = np.where(in_larger, age % (size + 1), beyond % size)
    weight = within**place / held * across**group / used
    matrix = sparse.csr_matrix((weight[before.basket], (before.user, before.product)), shape=before.shape)
    matrix.sum_duplicates()
    return matrix
