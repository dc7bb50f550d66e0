"""The interactions as the models want them: baskets net of returns, and what each customer kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import columns
from recommender.errors import BadSettings
from recommender.interactions import Interactions
from recommender.settings import EngineSettings
from recommender.training.baskets import Baskets, net_baskets

if TYPE_CHECKING:
    from recommender.training.followers import FollowUps

DAY = 86_400
YEAR = 366 * DAY
NOT_LATER = 0.995  # share of the rows whose dates are believed; others at most a year later
RETURN_DISLIKE = 0.5  # what came back beside what was rejected in so many words


@dataclass(frozen=True)
class History:
    """One data set prepared for fitting. `as_of` (seconds, UTC) is the engine's "today"."""

    data: Interactions
    settings: EngineSettings
    as_of: int
    dated_later: int = 0  # rows whose time was after `as_of`, and now is `as_of`

    @classmethod
    def of(cls, data: Interactions, settings: EngineSettings) -> History:
        """Prepare a data set; `as_of` comes from the settings or from the last row.

        What is dated later than `as_of` counts as of then: a clock that went wrong ages nothing.
        """
        as_of = _as_of(data.at, settings)
        later = int((data.at > as_of).sum())
        if later:
            data = replace(data, at=np.minimum(data.at, as_of))
        return cls(data, settings, as_of, later)

    @property
    def customer_count(self) -> int:
        return len(self.data.customers)

    @property
    def product_count(self) -> int:
        return len(self.data.products)

    @cached_property
    def kept(self) -> Baskets:
        """Distinct (basket, product) with a positive quantity net of returns."""
        return net_baskets(self.data)

    def decay(self, at: NDArray[np.int64], half_life_days: float) -> NDArray[np.float64]:
        """1 today, one half after the half-life; a time after `as_of` counts as today."""
        age_days = np.maximum(self.as_of - at, 0) / DAY
        return np.exp2(-age_days / half_life_days)

    @cached_property
    def owned(self) -> sparse.csr_matrix:
        """Known customer x product: in how many orders it was bought and kept."""
        lines = self.kept
        known = lines.customer >= 0
        shape = (self.customer_count, self.product_count)
        ones = np.ones(int(known.sum()), np.float32)
        matrix = sparse.csr_matrix((ones, (lines.customer[known], lines.product[known])), shape=shape)
        matrix.sum_duplicates()
        matrix.sort_indices()
        return matrix

    @cached_property
    def bought(self) -> sparse.csr_matrix:
        """The same as ones: who bought what, distinct."""
        matrix = self.owned.copy()
        matrix.data = np.ones_like(matrix.data)
        return matrix

    @cached_property
    def buyers(self) -> NDArray[np.int32]:
        """Distinct known customers per product."""
        return np.bincount(self.owned.indices, minlength=self.product_count).astype(np.int32)

    @cached_property
    def everyone(self) -> int:
        """Distinct known customers who kept anything."""
        return int((np.diff(self.owned.indptr) > 0).sum())

    @cached_property
    def bulk_size(self) -> float:
        """Orders of more different products say nothing; in a shop of wholesalers large ones are usual."""
        usual = 4 * float(np.median(self.kept.size)) if len(self.kept.size) else 0.0
        return max(float(self.settings.bulk_items), usual)

    @cached_property
    def follow_ups(self) -> FollowUps:
        """What was first bought after what."""
        from recommender.training.followers import count_follow_ups

        return count_follow_ups(self)

    @cached_property
    def loose_returns(self) -> sparse.csr_matrix:
        """Known customer x product: returns that name no order."""
        rows = (self.data.kind == columns.RETURN) & (self.data.order < 0) & (self.data.customer >= 0)
        shape = (self.customer_count, self.product_count)
        ones = np.ones(int(rows.sum()), np.float32)
        return sparse.csr_matrix((ones, (self.data.customer[rows], self.data.product[rows])), shape=shape)

    @cached_property
    def rejected(self) -> sparse.csr_matrix:
        """Known customer x product: 1 where the last word is "not for me", not a purchase."""
        rows = np.flatnonzero((self.data.kind == columns.REJECT) & (self.data.customer >= 0))
        shape = (self.customer_count, self.product_count)
        if not len(rows):
            return sparse.csr_matrix(shape, dtype=np.float32)
        width = max(self.product_count, 1)
        pair = self.data.customer[rows].astype(np.int64) * width + self.data.product[rows]
        lines = np.flatnonzero(self.kept.customer >= 0)
        bought = self.kept.customer[lines].astype(np.int64) * width + self.kept.product[lines]
        last = np.full(len(rows), np.iinfo(np.int64).min)
        keys, place = np.unique(pair, return_inverse=True)
        at = np.minimum(np.searchsorted(keys, bought), len(keys) - 1)
        same = keys[at] == bought
        np.maximum.at(last, at[same], self.kept.at[lines][same])
        said = np.unique(pair[self.data.at[rows] > last[place]])
        matrix = (np.ones(len(said), np.float32), (said // width, said % width))
        return sparse.csr_matrix(matrix, shape=shape)

    @cached_property
    def disliked(self) -> sparse.csr_matrix:
        """Known customer x product, 0 to 1: rejected; half as strong, sent back and nothing kept."""
        rows = (self.data.kind == columns.RETURN) & (self.data.customer >= 0)
        places = (self.data.customer[rows], self.data.product[rows])
        back = sparse.csr_matrix((np.ones(int(rows.sum()), np.float32), places), shape=self.owned.shape)
        back.data = np.full_like(back.data, RETURN_DISLIKE)
        back = back - back.multiply(self.bought)
        matrix = self.rejected.maximum(back).tocsr().astype(np.float32)
        matrix.eliminate_zeros()
        matrix.sort_indices()
        return matrix

    @cached_property
    def ignored(self) -> sparse.csr_matrix:
        """Known customer x product, 0 to below 1: shown often and left lying since the last look or purchase.

        Grows with the times from `ignored_after` on; halves with every `ignored_half_life_days`.
        """
        data, shape = self.data, (self.customer_count, self.product_count)
        rows = np.flatnonzero((data.kind == columns.IGNORE) & (data.customer >= 0))
        if not len(rows):
            return sparse.csr_matrix(shape, dtype=np.float32)
        width = max(self.product_count, 1)
        pair = data.customer.astype(np.int64) * width + data.product
        keys, place = np.unique(pair[rows], return_inverse=True)
        deeds = np.flatnonzero((data.kind <= columns.PURCHASE) & (data.customer >= 0))
        at = np.minimum(np.searchsorted(keys, pair[deeds]), len(keys) - 1)
        same = keys[at] == pair[deeds]
        last = np.full(len(keys), np.iinfo(np.int64).min)
        np.maximum.at(last, at[same], data.at[deeds][same])
        counts = data.at[rows] > last[place]
        rows, place = rows[counts], place[counts]
        times = np.bincount(place, weights=data.quantity[rows], minlength=len(keys))
        seen = np.full(len(keys), np.iinfo(np.int64).min // 2)
        np.maximum.at(seen, place, data.at[rows])
        least = self.settings.ignored_after
        weight = np.where(times >= least, 1 - least / (times + 1.0), 0.0)
        weight *= self.decay(seen, self.settings.ignored_half_life_days)
        kept = np.flatnonzero(weight > 0.01)
        entries = (weight[kept].astype(np.float32), (keys[kept] // width, keys[kept] % width))
        return sparse.csr_matrix(entries, shape=shape)

    @cached_property
    def affinity(self) -> sparse.csr_matrix:
        """Known customer x product: log of orders, carts, views, newer ones more, less what came back."""
        lines = self.kept
        known = lines.customer >= 0
        interest = self._recent(lines.customer[known], lines.product[known], lines.at[known])
        for kind, weight in (
            (columns.CART, self.settings.cart_weight),
            (columns.VIEW, self.settings.view_weight),
        ):
            rows = (self.data.kind == kind) & (self.data.customer >= 0)
            seen = self._recent(self.data.customer[rows], self.data.product[rows], self.data.at[rows])
            seen.data = np.minimum(seen.data, 5.0) * np.float32(weight)
            interest = interest + seen
        interest = (interest - self.loose_returns).tocsr()
        interest.data = np.log1p(2 * np.maximum(interest.data, 0)).astype(np.float32)
        interest = interest - interest.multiply(self.rejected)
        interest.eliminate_zeros()
        interest.sort_indices()
        return interest.tocsr().astype(np.float32)

    def _recent(self, customer: NDArray, product: NDArray, at: NDArray[np.int64]) -> sparse.csr_matrix:
        shape = (self.customer_count, self.product_count)
        weight = self.decay(at, self.settings.taste_half_life_days).astype(np.float32)
        return sparse.csr_matrix((weight, (customer, product)), shape=shape)

    @cached_property
    def category_of(self) -> NDArray[np.int32]:
        """The last category named for each product, -1 without one."""
        return _last_by_product(
            self.data, self.data.category, self.data.category >= 0, -1, self.product_count
        )

    @cached_property
    def price_of(self) -> NDArray[np.float32]:
        """The last known price of each product, 0 without one."""
        return _last_by_product(self.data, self.data.price, self.data.price > 0, 0, self.product_count)


def _last_by_product(
    data: Interactions, values: NDArray, usable: NDArray[np.bool_], missing: float, count: int
) -> NDArray:
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(data.at[rows], kind="stable")]
    last = np.full(count, missing, values.dtype)
    last[data.product[rows]] = values[rows]  # numpy keeps the last of repeated places
    return last


def _as_of(at: NDArray[np.int64], settings: EngineSettings) -> int:
    if settings.as_of is not None:
        try:
            given = datetime.fromisoformat(settings.as_of)
        except ValueError:
            raise BadSettings(f"{settings.as_of!r} is no ISO date", key="as_of") from None
        return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())
    # a handful of rows dated years ahead must not make all real history look old
    usual = int(np.quantile(at, NOT_LATER, method="lower"))
    return int(at[at <= usual + YEAR].max())
