"""Purchases of a fixed population as every reference wants them: renumbered, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.training.baskets import Baskets

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Distinct (basket, product) lines, sorted by user, time, basket, product; all numbered from 0.

    `users[i]` and `products[j]` are the codes that the interactions give to user i and product j.
    """

    users: Codes
    products: Codes
    user: Codes
    basket: Codes
    product: Codes
    at: Codes

    @classmethod
    def of(cls, lines: Baskets, users: Codes, products: Codes) -> Purchases:
        """The lines of these users and products (sorted codes); baskets that lose all lines disappear."""
        user, product = places(users, lines.customer), places(products, lines.product)
        inside = (user >= 0) & (product >= 0)
        user, product = user[inside], product[inside]
        basket = lines.basket[inside].astype(np.int64)
        begun = np.full(int(basket.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(begun, basket, lines.at[inside])
        at = begun[basket]
        order = np.lexsort((product, basket, at, user))
        user, basket, product, at = user[order], basket[order], product[order], at[order]
        changed = np.r_[True, (user[1:] != user[:-1]) | (basket[1:] != basket[:-1])][: len(user)]
        return cls(users, products, user, np.cumsum(changed) - 1, product, at)

    def __len__(self) -> int:
        return len(self.user)

    @property
    def shape(self) -> tuple[int, int]:
        """Users, products."""
        return len(self.users), len(self.products)

    @cached_property
    def basket_count(self) -> int:
        return int(self.basket[-1]) + 1 if len(self) else 0

    @cached_property
    def counts(self) -> sparse.csr_matrix:
        """User x product: in how many baskets."""
        ones = np.ones(len(self))
        matrix = sparse.csr_matrix((ones, (self.user, self.product)), shape=self.shape)
        matrix.sum_duplicates()
        return matrix

    @cached_property
    def sold(self) -> NDArray[np.float64]:
        """Per product: in how many baskets."""
        return np.bincount(self.product, minlength=len(self.products)).astype(np.float64)

    @cached_property
    def basket_user(self) -> Codes:
        """Whose each basket is."""
        return self.user[self._basket_first]

    @cached_property
    def baskets_of(self) -> Codes:
        """How many baskets each user has."""
        return np.bincount(self.basket_user, minlength=len(self.users))

    @cached_property
    def age_of_basket(self) -> Codes:
        """0 for a user's newest basket, 1 for the one before it, and so on."""
        first_of_user = np.cumsum(self.baskets_of) - self.baskets_of
        place = np.arange(self.basket_count) - first_of_user[self.basket_user]
        return self.baskets_of[self.basket_user] - 1 - place

    @cached_property
    def _basket_first(self) -> Codes:
        return np.flatnonzero(np.r_[True, self.basket[1:] != self.basket[:-1]][: len(self)])


def places(sorted_codes: Codes, codes: NDArray) -> Codes:
    """Where each code stands among the sorted ones, -1 where it does not."""
    if not len(sorted_codes):
        return np.full(len(codes), -1, np.int64)
    place = np.minimum(np.searchsorted(sorted_codes, codes), len(sorted_codes) - 1)
    return np.where(sorted_codes[place] == codes, place, -1)
