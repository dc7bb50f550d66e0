"""Complements: pairs in one order, counted exactly, ranked by how surely they beat chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import expand, pack_rows
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio, lower_share

PAIRS_AT_ONCE = 3_000_000  # pairs of one block: bounds the memory
CONFIDENCE_Z = 1.64  # the strength uses the lower end of the 90 % interval of the share


@dataclass(frozen=True)
class Lines:
    """Kept lines of products with enough buyers, sorted by product; and the same by basket."""

    product: NDArray[np.int32]
    basket: NDArray[np.int64]
    customer: NDArray[np.int32]
    basket_starts: NDArray[np.int64]
    in_basket: NDArray[np.int32]
    weight: NDArray[np.float64]  # per basket


class Counts(NamedTuple):
    """Distinct pairs (as one number) and what is counted of each."""

    pairs: NDArray[np.int64]
    orders: NDArray[np.int64]
    buyers: NDArray[np.int64]  # distinct known customers
    unbulked: NDArray[Any]  # those among them with a basket that is no bulk order
    weighted: NDArray[Any]  # each at the largest weight of his baskets


def fit(history: History) -> dict[str, NDArray]:
    """Rows per product: partners with strength, exact distinct buyers and exact orders of both.

    A basket of n products weighs min(1, cap / n) and nothing at all beyond `bulk_items`; a customer counts
    once per pair, at the largest weight. Quantities never count. A pair is kept when at least `min_buyers`
    customers bought both in baskets that weigh something and chance is ruled out by `min_significance`.
    """
    lines = _lines(history)
    base = _weighted_base(history, lines)
    parts = [_strong(history, block, base) for block in _blocks(history, lines)]
    keep = history.settings.complements_kept
    return pack_rows(parts, history.product_count, keep)


def _lines(history: History) -> Lines:
    kept, settings = history.kept, history.settings
    size = kept.size
    weight = np.minimum(1.0, settings.basket_cap / np.maximum(size, 1))
    # in a shop of wholesalers large orders are the usual ones
    usual = 4 * float(np.median(size)) if len(size) else 0.0
    weight[size > max(settings.bulk_items, usual)] = 0
    enough = history.buyers[kept.product] >= settings.min_buyers
    basket, product, customer = kept.basket[enough], kept.product[enough], kept.customer[enough]
    starts = np.zeros(len(size) + 1, np.int64)
    np.cumsum(np.bincount(basket, minlength=len(size)), out=starts[1:])
    by_product = np.argsort(product, kind="stable")
    return Lines(product[by_product], basket[by_product], customer[by_product], starts, product, weight)


def _weighted_base(history: History, lines: Lines) -> tuple[NDArray, float]:
    """Per product, and in all, the sum over known customers of their largest basket weight."""
    known = lines.customer >= 0
    weight = lines.weight[lines.basket[known]]
    customer, product = lines.customer[known], lines.product[known]
    key = customer.astype(np.int64) * history.product_count + product
    distinct, inverse = np.unique(key, return_inverse=True)
    per_pair = np.zeros(len(distinct))
    np.maximum.at(per_pair, inverse, weight)
    base = np.bincount(
        distinct % max(history.product_count, 1), weights=per_pair, minlength=history.product_count
    )
    everyone = np.zeros(history.customer_count)
    np.maximum.at(everyone, customer, weight)
    return base, float(everyone.sum())


def _blocks(history: History, lines: Lines) -> Iterator[Counts]:
    """Counts of every pair that occurs, block by block of antecedents."""
    per_line = np.diff(lines.basket_starts)[lines.basket]
    per_product = np.bincount(lines.product, weights=per_line, minlength=history.product_count)
    block_of = (np.cumsum(per_product) // PAIRS_AT_ONCE).astype(np.int64)[lines.product]
    bounds = (
        np.flatnonzero(np.r_[True, block_of[1:] != block_of[:-1], True]).tolist() if len(block_of) else [0]
    )
    for a, b in pairwise(bounds):
        places, lengths = expand(lines.basket_starts, lines.basket[a:b])
        source = np.repeat(np.arange(a, b), lengths)
        left, right = lines.product[source], lines.in_basket[places]
        once = left < right  # counts are the same both ways
        source, left, right = source[once], left[once], right[once]
        pair = left.astype(np.int64) * history.product_count + right
        yield _count(history, pair, lines.customer[source], lines.weight[lines.basket[source]])


def _count(history: History, pair: NDArray[np.int64], customer: NDArray, weight: NDArray) -> Counts:
    pairs, place = np.unique(pair, return_inverse=True)
    orders = np.bincount(place, minlength=len(pairs))
    frequent = orders >= history.settings.min_buyers
    usable = frequent[place] & (customer >= 0)
    place, customer, weight = place[usable], customer[usable], weight[usable]
    key = place.astype(np.int64) * max(history.customer_count, 1) + customer
    # the largest weight of each (pair, customer) comes first
    ordered = np.lexsort((-weight, key))
    key, weight = key[ordered], weight[ordered]
    first = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, np.bool_)
    place, weight = place[ordered][first], weight[first]
    buyers = np.bincount(place, minlength=len(pairs))
    unbulked = np.bincount(place, weights=weight > 0, minlength=len(pairs))
    weighted = np.bincount(place, weights=weight, minlength=len(pairs))
    return Counts(pairs, orders, buyers, unbulked, weighted)


def _strong(history: History, counts: Counts, base: tuple[NDArray, float]) -> tuple[NDArray, ...]:
    """The pairs worth showing, both ways: (antecedent, partner, strength, buyers, orders)."""
    enough = counts.unbulked >= history.settings.min_buyers
    pairs, orders, buyers, both = (
        column[enough] for column in (counts.pairs, counts.orders, counts.buyers, counts.weighted)
    )
    low, high = pairs // max(history.product_count, 1), pairs % max(history.product_count, 1)
    left, right = np.r_[low, high], np.r_[high, low]
    orders, buyers, both = np.r_[orders, orders], np.r_[buyers, buyers], np.r_[both, both]
    per_product, everyone = base
    expected = per_product[right] / max(everyone, 1e-12)
    share = lower_share(both, per_product[left], CONFIDENCE_Z)
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = share * np.log(share / expected)
    surely = log_likelihood_ratio(both, per_product[left], per_product[right], everyone)
    strong = (surely >= history.settings.min_significance) & (strength > 0)
    return tuple(column[strong] for column in (left, right, strength, buyers, orders))
