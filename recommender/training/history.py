"""The interactions as the models want them: baskets net of returns, and what each customer kept."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class History:
    """One data set prepared for fitting. `as_of` (seconds, UTC) is the engine's "today"."""

    data: Interactions
    settings: EngineSettings
    as_of: int

    @classmethod
    def of(cls, data: Interactions, settings: EngineSettings) -> History:
        """Prepare a data set; `as_of` comes from the settings or from the last row."""
        return cls(data, settings, _as_of(data.at, settings))

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
    def affinity(self) -> sparse.csr_matrix:
        """Known customer x product: log of orders, carts and views, less what came back."""
        interest = self.owned.astype(np.float32)
        for kind, weight in (
            (columns.CART, self.settings.cart_weight),
            (columns.VIEW, self.settings.view_weight),
        ):
            rows = (self.data.kind == kind) & (self.data.customer >= 0)
            places = (self.data.customer[rows], self.data.product[rows])
            seen = sparse.csr_matrix((np.ones(int(rows.sum()), np.float32), places), shape=interest.shape)
            seen.data = np.minimum(seen.data, 5.0) * np.float32(weight)
            interest = interest + seen
        interest = (interest - self.loose_returns).tocsr()
        interest.data = np.log1p(np.maximum(interest.data, 0)).astype(np.float32)
        interest.eliminate_zeros()
        interest.sort_indices()
        return interest

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
    latest = int(at.max())
    # a handful of rows dated years ahead must not make all real history look old
    usual = int(np.quantile(at, 0.999, method="lower"))
    return usual if latest - usual > YEAR else latest
