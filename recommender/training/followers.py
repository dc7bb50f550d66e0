"""Follow-ups: what customers buy for the first time in one of their next orders; counted one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import in_order, pack_rows, row_starts, run_starts, unfold
from recommender.training.baskets import DAY
from recommender.training.history import History
from recommender.training.significance import log_likelihood_ratio, lower_share, strength_of

MOST_ORDERS = 8  # next orders that are looked at, fewer where that would be too many pairs
MOST_PAIRS = 3_000_000
PAIRS_AT_ONCE, KEYS_AT_ONCE = 500_000, 4_000_000  # joined, and sorted, at a time: bounds the memory


@dataclass(frozen=True)
class FollowUps:
    """Ordered pairs by customers: first A, and B for the first time in a later order within the window.

    `key` is A * products + B, ascending, `customers` how many did so: of pairs that at least `min_buyers` did
    in one of the two orders. `begun` per product how many customers bought it first in an order that is no
    bulk order, `followed` how often it came after something.
    """

    products: int
    key: NDArray[np.int64]
    customers: NDArray[np.int64]
    begun: NDArray[np.int64]
    followed: NDArray[np.int64]

    def count(self, left: NDArray, right: NDArray) -> NDArray[np.int64]:
        """Customers who bought `left` first and `right` after it, pair by pair."""
        if not len(self.key):
            return np.zeros(len(left), np.int64)
        wanted = np.asarray(left, np.int64) * self.products + right
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(self.key[place] == wanted, self.customers[place], 0)

    def against(self, left: NDArray, right: NDArray, least: int) -> NDArray[np.bool_]:
        """Whether `right` after `left` is the wrong way round: people buy them in the other order.

        At least `least` do, three times as many as this way, and not by chance (log-likelihood ratio of an
        even split at 99 %).
        """
        this, other = self.count(left, right), self.count(right, left)
        half = np.maximum((this + other) / 2, 1e-12)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(n > 0, n * np.log(np.maximum(n, 1e-12) / half), 0.0) for n in (this, other)]
        return (other >= least) & (other > 3 * this) & (2 * (parts[0] + parts[1]) >= 6.63)


def fit(history: History) -> dict[str, NDArray]:
    """Rows per product: what follows it surely more often than it follows anything, with exact customers."""
    found, settings = history.follow_ups, history.settings
    enough = found.customers >= settings.min_buyers
    left, right = found.key[enough] // max(found.products, 1), found.key[enough] % max(found.products, 1)
    both = found.customers[enough].astype(np.float64)
    events = float(found.begun.sum())
    before, after = found.begun[left].astype(np.float64), found.followed[right].astype(np.float64)
    surely = log_likelihood_ratio(both, before, after, events)
    strength = strength_of(lower_share(both, before), after / max(events, 1.0))
    strong = (surely >= settings.min_significance) & (strength > 0)
    strong &= both * events > before * after
    strong[strong] = ~found.against(left[strong], right[strong], settings.min_buyers)
    orders = np.zeros(len(both), np.int64)  # of both: there are none
    rows = tuple(column[strong] for column in (left, right, strength, both.astype(np.int64), orders))
    packed = pack_rows([rows], found.products, settings.complements_kept)
    return {**packed, "begun": found.begun.astype(np.int32), "rate": found.followed / max(events, 1.0)}


# --- counting ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Firsts:
    """First purchases, order by order of each customer, oldest first."""

    product: NDArray[np.int32]
    starts: NDArray[np.int64]  # per order, of its first purchases
    customer: NDArray[np.int32]  # per order
    at: NDArray[np.int64]  # per order


def count_follow_ups(history: History) -> FollowUps:
    """Count every ordered pair of first purchases; each customer counts once by nature."""
    firsts = _first_purchases(history)
    count = history.product_count
    key, customers = _tallied(_pairs(history, firsts))
    begun = np.bincount(firsts.product, minlength=count).astype(np.int64)
    followed = np.bincount(key % max(count, 1), weights=customers, minlength=count).astype(np.int64)
    kept = _either_way(key, customers, count, history.settings.min_buyers)
    return FollowUps(count, key[kept].astype(np.int64), customers[kept].astype(np.int64), begun, followed)


def _either_way(key: NDArray[Any], customers: NDArray[Any], count: int, least: int) -> NDArray:
    """Whether so many did this, or the reverse: of all others nothing is ever said."""
    kept = customers >= least
    often = key[kept]
    reverse = often % max(count, 1) * count + often // max(count, 1)
    place = np.minimum(np.searchsorted(key, reverse), max(len(key) - 1, 0))
    kept[place[key[place] == reverse]] = True
    return kept


def _first_purchases(history: History) -> _Firsts:
    kept, settings = history.kept, history.settings
    usable = kept.customer >= 0
    usable &= kept.size[kept.basket] <= history.bulk_size
    basket, product, customer, at = (c[usable] for c in (kept.basket, kept.product, kept.customer, kept.at))
    # Orders in the order of their customer and time.
    starts = run_starts(basket)
    place = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(basket)]))
    begun = np.asarray(np.minimum.reduceat(at, starts) if len(starts) else at, np.int64)
    owner = np.asarray(customer[starts], np.int32)
    sequence = in_order(begun, owner)
    number = np.empty(len(starts), np.int64)
    number[sequence] = np.arange(len(starts))
    order = number[place]
    by_person = in_order(order, product, customer)
    person, thing = customer[by_person], product[by_person]
    first = by_person[np.r_[True, (person[1:] != person[:-1]) | (thing[1:] != thing[:-1])][: len(by_person)]]
    first = first[history.buyers[product[first]] >= settings.min_buyers]
    first = first[in_order(product[first], order[first])]
    return _Firsts(product[first], row_starts(order[first], len(starts)), owner[sequence], begun[sequence])


def _pairs(history: History, firsts: _Firsts) -> Iterator[NDArray[Any]]:
    """Keys of pairs in blocks: each order with the next one, then with the one after it, while it pays."""
    window, spent = history.settings.follow_days * DAY, 0
    sizes = np.diff(firsts.starts)
    orders = np.arange(len(sizes))
    for step in range(1, MOST_ORDERS + 1):
        now = orders[:-step]
        gap = firsts.at[step:] - firsts.at[:-step]
        fits = (firsts.customer[step:] == firsts.customer[:-step]) & (gap > 0) & (gap <= window)
        fits &= (sizes[step:] > 0) & (sizes[:-step] > 0)
        now = now[fits]
        if not len(now):  # all of the same again; the order after may hold something new
            continue
        costs = sizes[now] * sizes[now + step]
        spent += int(costs.sum())
        if step > 1 and spent > MOST_PAIRS:
            return
        block = np.cumsum(costs) // PAIRS_AT_ONCE
        for part in np.split(now, np.flatnonzero(np.diff(block)) + 1):
            yield _joined(firsts, part, step, history.product_count)


def _joined(firsts: _Firsts, orders: NDArray, step: int, count: int) -> NDArray[Any]:
    """Each first purchase of these orders with each of the order `step` later."""
    sizes = np.diff(firsts.starts)
    lines = unfold(firsts.starts[orders], sizes[orders])
    of = np.repeat(orders, sizes[orders])
    later = sizes[of + step]
    short = count * count < 2**31  # half of what is held and sorted
    key = np.repeat(firsts.product[lines].astype(np.int32 if short else np.int64) * count, later)
    key += firsts.product[unfold(firsts.starts[of + step], later)]
    return key


def _tallied(blocks: Iterable[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distinct keys and how often each occurs."""
    tallies: list[tuple[NDArray[Any], NDArray[Any]]] = []
    held: list[NDArray[Any]] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= KEYS_AT_ONCE:
            tallies.append(_tally(held))
    tallies.append(_tally(held))
    if len(tallies) == 1:
        return tallies[0]
    keys, numbers = (np.concatenate(column) for column in zip(*tallies, strict=True))
    ordered = np.argsort(keys, kind="stable")
    keys, numbers = keys[ordered], numbers[ordered]
    first = run_starts(keys)
    return keys[first], np.add.reduceat(numbers, first) if len(first) else numbers


def _tally(held: list[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Of these blocks, which are let go."""
    keys = np.concatenate(held) if held else np.zeros(0, np.int64)
    held.clear()
    keys.sort()
    first = run_starts(keys)
    numbers = np.full(len(first), len(keys), np.int32)
    np.subtract(first[1:], first[:-1], out=numbers[:-1], casting="unsafe")
    numbers[-1:] -= first[-1:].astype(np.int32)
    return keys[first], numbers
