"""Complements: pairs in one order, counted exactly, ranked by how surely they beat chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import pack_rows, run_starts
from recommender.training.counting import Counts, Lines, counted
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio, lower_share, strength_of

Counter = Callable[[History, Lines], Iterator[Counts]]


def fit(history: History, count: Counter | None = None) -> dict[str, NDArray]:
    """Rows per product: partners with strength, exact distinct buyers and exact orders of both.

    A basket of n products weighs min(1, cap / n) and nothing at all beyond `bulk_items`; the orders of one
    customer share one vote, so that nobody outweighs others. Quantities never count. A pair is kept when at
    least `min_buyers` customers bought both in baskets that weigh something and chance is ruled out by
    `min_significance`; not the way round that people avoid: a case goes with a phone when cases are bought
    after phones.
    `count` counts the pairs elsewhere; it may leave out those of fewer than `min_buyers` people.
    """
    lines = lines_of(history)
    base = _base_of(history, lines)
    parts = [_strong(history, block, base) for block in (count or counted)(history, lines)]
    return pack_rows(parts, history.product_count, history.settings.complements_kept)


def lines_of(history: History) -> Lines:
    """The kept lines that may become pairs."""
    kept, settings = history.kept, history.settings
    size = kept.size
    weight = np.minimum(1.0, settings.basket_cap / np.maximum(size, 1))
    weight[size > history.bulk_size] = 0
    enough = history.buyers[kept.product] >= settings.min_buyers
    basket, product, customer = kept.basket[enough], kept.product[enough], kept.customer[enough]
    starts = np.zeros(len(size) + 1, np.int64)
    np.cumsum(np.bincount(basket, minlength=len(size)), out=starts[1:])
    by_product = np.argsort(product, kind="stable")
    return Lines(
        product=product[by_product],
        basket=basket[by_product],
        customer=customer[by_product],
        place=by_product,
        in_basket=product,
        basket_starts=starts,
        weight=weight,
        vote=_votes(history, weight),
    )


def _votes(history: History, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over the number of each customer's orders, times the mean number: together as many as orders.

    An anonymous order counts as much as one of a customer with the mean number. Bulk orders are nobody's.
    """
    kept = history.kept
    first = run_starts(kept.basket)
    owner = kept.customer[first][weight > 0]
    orders = np.bincount(owner[owner >= 0], minlength=history.customer_count)
    known = max(int((orders > 0).sum()), 1)
    return np.r_[orders.sum() / known / np.maximum(orders, 1), 1.0]


class Base(NamedTuple):
    """Per product, and of all orders: weights and votes, and the plain number."""

    weighted: NDArray[np.float64]
    everything: float
    orders: NDArray[np.int64]
    all_orders: int


def _base_of(history: History, lines: Lines) -> Base:
    kept = history.kept
    worth = lines.weight * lines.vote_of(history)
    weighted = np.bincount(lines.product, weights=worth[lines.basket], minlength=history.product_count)
    orders = np.bincount(kept.product, minlength=history.product_count).astype(np.int64)
    return Base(weighted.astype(np.float64), float(worth.sum()), orders, len(worth))


def _strong(history: History, counts: Counts, base: Base) -> tuple[NDArray, ...]:
    """The pairs worth showing, both ways: (antecedent, partner, strength, buyers, orders)."""
    enough = counts.unbulked >= history.settings.min_buyers
    low, high, orders, buyers, _, both = (column[enough] for column in counts)
    left, right = np.r_[low, high], np.r_[high, low]
    orders, buyers, both = np.r_[orders, orders], np.r_[buyers, buyers], np.r_[both, both]
    per_product, everyone = base.weighted, base.everything
    expected = per_product[right] / max(everyone, 1e-12)
    strength = strength_of(lower_share(both, per_product[left]), expected)
    surely = log_likelihood_ratio(both, per_product[left], per_product[right], everyone)
    strong = (surely >= history.settings.min_significance) & (strength > 0)
    # Plain orders, all alike, have to say the same.
    number = base.orders.astype(np.float64)
    strong &= orders * float(base.all_orders) > number[left] * number[right]
    strong[strong] = ~history.follow_ups.against(left[strong], right[strong], history.settings.min_buyers)
    return tuple(column[strong] for column in (left, right, strength, buyers, orders))
