"""Metrics: per person, so that people can be resampled; and of all lists together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.purchases import Codes

Numbers = NDArray[np.float64]
HEAD_SHARE = 0.8  # the best-sellers that make up this share of sales are the head, the rest the long tail
PRICE_BANDS = 5


def per_person(lists: Codes, wanted: sparse.csr_matrix, k: int) -> dict[str, Numbers]:
    """recall, NDCG, hit rate and reciprocal rank at k of each list (-1 is an empty place).

    NDCG has binary gains and divides by the best possible list of *all* wanted products, also where these
    are more than k (as the published code of TIFU-KNN does, Hu et al. 2020); `ndcg_cut` divides by the best
    list of k places.
    """
    shown = lists[:, :k]
    hits = _hits(shown, wanted)
    count = np.diff(wanted.indptr).astype(np.float64)
    places = max(k, int(count.max(initial=1)))
    discount = 1 / np.log2(np.arange(2, places + 2))
    gain = hits @ discount[: shown.shape[1]]
    ideal = np.cumsum(discount)[np.maximum(count, 1).astype(np.int64) - 1]
    cut = np.cumsum(discount)[np.clip(count, 1, k).astype(np.int64) - 1]
    first = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, np.inf)
    return {
        f"recall@{k}": hits.sum(axis=1) / np.maximum(count, 1),
        f"ndcg@{k}": gain / ideal,
        f"ndcg_cut@{k}": gain / cut,
        f"hr@{k}": hits.any(axis=1).astype(np.float64),
        f"mrr@{k}": 1 / first,
    }


def _hits(shown: Codes, wanted: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Whether each place of each list holds something wanted."""
    width = wanted.shape[1]
    rows = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    right = np.sort(rows * width + wanted.indices)
    asked = np.where(shown >= 0, np.arange(len(shown))[:, None] * width + shown, -1)
    if not len(right):
        return np.zeros(shown.shape, np.bool_)
    place = np.minimum(np.searchsorted(right, asked), len(right) - 1)
    return right[place] == asked


def coverage(lists: Codes, products: int) -> float:
    """Share of the products that appear in any list."""
    return len(np.unique(lists[lists >= 0])) / max(products, 1)


def novelty(lists: Codes, sold: Numbers) -> Numbers:
    """Per person: mean self-information -log2(share of sales) of what was shown, in bits.

    Zhou et al. 2010 (PNAS 107:4511). A product never sold counts as sold once.
    """
    bits = -np.log2(np.maximum(sold, 1) / max(sold.sum(), 1))
    return _mean_of(lists, bits)


def long_tail(lists: Codes, sold: Numbers) -> Numbers:
    """Per person: share of the list outside the best-sellers that make up 80 % of sales."""
    order = np.argsort(-sold, kind="stable")
    before = np.cumsum(sold[order]) - sold[order]
    tail = np.ones(len(sold))
    tail[order[before < HEAD_SHARE * sold.sum()]] = 0
    return _mean_of(lists, tail)


def price_calibration(lists: Codes, owned: sparse.csr_matrix, prices: NDArray) -> Numbers:
    """Per person: 1 - Jensen-Shannon divergence (bits) between price bands of own purchases and of the list.

    1 is the same mix of cheap and dear, 0 nothing in common (after Steck 2018, "Calibrated recommendations").
    The bands hold equally many products; NaN where no price is known.
    """
    known = prices > 0
    if known.sum() < PRICE_BANDS:
        return np.full(len(lists), np.nan)
    edges = np.quantile(prices[known], np.arange(1, PRICE_BANDS) / PRICE_BANDS)
    band = np.searchsorted(edges, prices, side="right")
    member = sparse.csr_matrix(
        (np.ones(int(known.sum())), (np.flatnonzero(known), band[known])), shape=(len(prices), PRICE_BANDS)
    )
    mine = np.asarray((owned @ member).todense())
    rows, places = np.nonzero(lists >= 0)
    given = sparse.csr_matrix((np.ones(len(rows)), (rows, lists[rows, places])), shape=owned.shape)
    theirs = np.asarray((given @ member).todense())
    return 1 - _divergence(_shares(mine), _shares(theirs))


def _shares(counts: Numbers) -> Numbers:
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def _divergence(one: Numbers, other: Numbers) -> Numbers:
    middle = (one + other) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(side > 0, side * np.log2(side / middle), np.where(np.isnan(side), np.nan, 0))
                 for side in (one, other)]  # fmt: skip
    return (parts[0].sum(axis=1) + parts[1].sum(axis=1)) / 2


def _mean_of(lists: Codes, values: Numbers) -> Numbers:
    shown = lists >= 0
    taken = np.where(shown, values[lists], 0).sum(axis=1)
    return np.divide(taken, shown.sum(axis=1), out=np.full(len(lists), np.nan), where=shown.any(axis=1))
