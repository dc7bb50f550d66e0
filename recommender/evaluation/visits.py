"""Visits (sessions): the distinct products of each, in the order in which they were first seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.evaluation.purchases import Codes
from recommender.interactions import Interactions
from recommender.ragged import row_starts

SECONDS_APART = 1800  # without session ids, half an hour without a look begins a new visit


@dataclass(frozen=True)
class Visits:
    """Entries sorted by visit, then by order within it. `begin` and `end` per visit (seconds, UTC)."""

    visit: Codes
    product: Codes
    begin: Codes
    end: Codes
    owner: Codes  # customer code, -1 unknown

    def __len__(self) -> int:
        return len(self.end)

    @property
    def starts(self) -> Codes:
        """Where each visit's entries begin."""
        return row_starts(self.visit, len(self))

    def where(self, chosen: NDArray[np.bool_]) -> Visits:
        """Only these visits, renumbered."""
        number = np.cumsum(chosen) - 1
        entries = chosen[self.visit]
        return Visits(
            number[self.visit[entries]], self.product[entries], self.begin[chosen], self.end[chosen],
            self.owner[chosen],
        )  # fmt: skip


def has_views(data: Interactions) -> bool:
    """Whether the history tells what people looked at."""
    return bool(((data.kind == columns.VIEW) | (data.kind == columns.CART)).any())


def with_orders_as_views(data: Interactions) -> Interactions:
    """The rows and, for each purchase, a look in a session named like its order: a stand-in where nobody
    recorded looks. The rows of an order are taken as the order in which its products were seen.
    """
    bought = np.flatnonzero((data.kind == columns.PURCHASE) & (data.order >= 0))
    nowhere = np.full(len(bought), -1, np.int32)
    return replace(
        data,
        kind=np.concatenate([data.kind, np.full(len(bought), columns.VIEW, np.int8)]),
        order=np.concatenate([data.order, nowhere]),
        session=np.concatenate([np.full(len(data), -1, np.int32), data.order[bought]]),
        customer=_again(data.customer, bought),
        product=_again(data.product, bought),
        at=_again(data.at, bought),
        quantity=_again(data.quantity, bought),
        price=_again(data.price, bought),
        category=_again(data.category, bought),
    )


def _again(column: NDArray, rows: NDArray[np.int64]) -> NDArray:
    return np.concatenate([column, column[rows]])


def visits_of(data: Interactions) -> Visits:
    """Visits of looks and carts with at least two different products. Rows without a session belong to a
    known customer's visit, which ends after half an hour without one; others are left out.
    """
    rows = np.flatnonzero((data.kind == columns.VIEW) | (data.kind == columns.CART))
    rows = rows[(data.session[rows] >= 0) | (data.customer[rows] >= 0)]
    key = _keys(data, rows)
    order = np.lexsort((rows, data.at[rows], key))
    rows, key = rows[order], key[order]
    product = data.product[rows].astype(np.int64)
    first = _first_of_pair(key, product)
    names, visit = np.unique(key, return_inverse=True)
    begin = np.full(len(names), np.iinfo(np.int64).max)
    end, owner = np.full(len(names), np.iinfo(np.int64).min), np.full(len(names), -1, np.int64)
    np.minimum.at(begin, visit, data.at[rows])
    np.maximum.at(end, visit, data.at[rows])
    np.maximum.at(owner, visit, data.customer[rows])
    entries = Visits(visit[first], product[first], begin, end, owner)
    return entries.where(np.bincount(entries.visit, minlength=len(names)) >= 2)


def _keys(data: Interactions, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number per visit: the session's, else a customer's stretch of looks."""
    named = data.session[rows] >= 0
    key = data.session[rows].astype(np.int64)
    loose = rows[~named]
    order = np.lexsort((data.at[loose], data.customer[loose]))
    person, at = data.customer[loose][order], data.at[loose][order]
    apart = np.r_[True, (person[1:] != person[:-1]) | (np.diff(at) > SECONDS_APART)][: len(loose)]
    stretch = np.empty(len(loose), np.int64)
    stretch[order] = np.cumsum(apart)
    key[~named] = int(key.max(initial=-1)) + stretch
    return key


def _first_of_pair(key: NDArray[np.int64], product: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the first entry of each (visit, product), in the given order."""
    order = np.lexsort((np.arange(len(key)), product, key))
    k, p = key[order], product[order]
    first = np.r_[True, (k[1:] != k[:-1]) | (p[1:] != p[:-1])][: len(key)]
    return np.sort(order[first])
