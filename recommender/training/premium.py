"""The two-hop chain: premium buyers of one category and the premium products they choose in others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ragged import pack_rows
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio, lower_share

CONFIDENCE_Z = 1.64
SMALLEST_FIELD = 3  # priced products a category needs before one of them can be premium


def fit(history: History) -> dict[str, NDArray]:
    """Per category rows of premium products elsewhere; tier 0..1 is the price rank within the category."""
    tier = _tiers(history)
    premium = tier >= 1 - history.settings.premium_share
    fields = len(history.data.categories)
    buyers = _premium_buyers(history, premium, fields)
    base = np.asarray(buyers.sum(axis=0)).ravel().astype(np.int64)
    both = (buyers.T @ history.bought).tocoo()
    field, product, count = both.row, both.col, both.data.astype(np.int64)
    elsewhere = premium[product] & (history.category_of[product] != field)
    elsewhere &= count >= history.settings.min_buyers
    field, product, count = field[elsewhere], product[elsewhere], count[elsewhere]
    everyone = float((np.diff(history.bought.indptr) > 0).sum())
    both_f, left, right = (
        count.astype(float),
        base[field].astype(float),
        history.buyers[product].astype(float),
    )
    share = lower_share(both_f, left, CONFIDENCE_Z)
    with np.errstate(divide="ignore"):
        strength = share * np.log(share * max(everyone, 1.0) / np.maximum(right, 1.0))
    surely = log_likelihood_ratio(both_f, left, right, everyone) >= history.settings.min_significance
    chosen = surely & (strength > 0)
    part = tuple(column[chosen] for column in (field, product, strength, count, count))
    rows = pack_rows([part], fields, history.settings.complements_kept)
    del rows["support"]
    return {"tier": tier, "base": base.astype(np.int32), **rows}


def _tiers(history: History) -> NDArray[np.float32]:
    """Share of the category's priced products that cost at most as much; 0 without price or category."""
    tier = np.zeros(history.product_count, np.float32)
    priced = np.flatnonzero((history.price_of > 0) & (history.category_of >= 0))
    for category in np.unique(history.category_of[priced]):
        inside = priced[history.category_of[priced] == category]
        if len(inside) >= SMALLEST_FIELD:
            prices = history.price_of[inside]
            tier[inside] = np.searchsorted(np.sort(prices), prices, side="left") / (len(inside) - 1)
    return np.minimum(tier, 1)


def _premium_buyers(history: History, premium: NDArray[np.bool_], fields: int) -> sparse.csc_matrix:
    """Customer x category: 1 where a premium product of that category was bought and kept."""
    own = np.flatnonzero(premium)
    in_field = sparse.csr_matrix(
        (np.ones(len(own), np.float32), (own, history.category_of[own])),
        shape=(history.product_count, fields),
    )
    counts = (history.bought @ in_field).tocsc()
    counts.data = np.ones_like(counts.data)
    return counts
