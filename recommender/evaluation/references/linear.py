"""Models of the user x product matrix: ALS, item-to-item, EASE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from recommender.evaluation.purchases import Codes, Purchases
from recommender.evaluation.references.contract import Scores
from recommender.training import raw

MOST_PRODUCTS_OF_EASE = 15_000  # three dense matrices of products squared


@dataclass
class Als:
    """Implicit-feedback matrix factorisation (Hu, Koren, Volinsky 2008) by the library implicit."""

    name: str = "ALS 32 log"
    factors: int = 32
    log: bool = True  # log(1 + baskets) instead of baskets
    regularization: float = 10.0
    alpha: float = 1.0
    iterations: int = 15
    threads: int = 0

    def fit(self, before: Purchases) -> None:
        """Factorise the matrix of baskets per user and product."""
        matrix = before.counts.astype(np.float32)
        if self.log:
            matrix.data = np.log1p(matrix.data)
        width = max(1, min(self.factors, *(size - 1 for size in before.shape)))
        self.users, self.products = raw.als(
            matrix, factors=width, regularization=self.regularization, alpha=self.alpha,
            iterations=self.iterations, threads=self.threads,
        )  # fmt: skip

    def scores(self, users: Codes) -> Scores:
        """Dot products."""
        return (self.users[users] @ self.products.T).astype(np.float64)


@dataclass
class ItemItem:
    """Item-to-item: likeness of columns of baskets per user and product, summed over what a user has."""

    name: str = "cosine-ii"
    kind: str = "cosine"
    nearest: int = 200
    weights: tuple[tuple[str, float], ...] = ()
    threads: int = 0

    def fit(self, before: Purchases) -> None:
        """Keep the nearest products of each, itself among them."""
        self.counts = before.counts
        self.likeness = raw.item_item(
            before.counts, self.kind, nearest=self.nearest, threads=self.threads, **dict(self.weights)
        )

    def scores(self, users: Codes) -> Scores:
        """Own baskets times likeness."""
        return np.asarray((self.counts[users] @ self.likeness).todense())


class Ease:
    """EASE^R (Steck 2019, arXiv 1905.03375): a linear autoencoder with an empty diagonal, in closed form."""

    name: str = "EASE"

    def __init__(self, regularization: float = 1000.0) -> None:
        self.regularization = regularization

    def fit(self, before: Purchases) -> None:
        """Invert the regularised Gram matrix of who bought what: three matrices of products squared."""
        self.bought = before.counts.copy().astype(np.float32)
        self.bought.data = np.ones_like(self.bought.data)
        self.weights = ease_weights(self.bought, self.regularization)

    def scores(self, users: Codes) -> Scores:
        """Own products times weights."""
        return np.asarray(self.bought[users] @ self.weights, np.float64)


def ease_weights(bought: sparse.csr_matrix, regularization: float) -> np.ndarray:
    """B = -P / diag(P) with an empty diagonal, where P is the inverse of X'X + regularization."""
    gram = (bought.T @ bought).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += regularization
    inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices_from(weights)] = 0
    return weights
