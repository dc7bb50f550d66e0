"""Which products share an order, counted exactly: whose orders, how many, how much they weigh.

Most pairs occur once or twice, and bulk orders hold most of the pairs of a shop of wholesalers while nothing
is ever shown because of them. So orders that weigh something come first; bulk orders are looked at only for
the pairs that enough people have without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import run_starts, unfold
from recommender.training.history import History

PAIRS_AT_ONCE = 400_000  # pairs of one block: bounds the memory, and fits into caches
PRODUCTS_AT_ONCE = 512  # antecedents of one block: a pair, a customer and a weight fit into 63 bits
CELLS_AT_ONCE = 16_000_000  # antecedents times products of one block

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """Kept lines of products with enough buyers, sorted by product; `place` finds a line in its basket."""

    product: NDArray[np.int32]
    basket: NDArray[np.int64]
    customer: NDArray[np.int32]
    place: Codes  # of this line in `in_basket`
    in_basket: NDArray[np.int32]  # products, basket by basket, in code order
    basket_starts: Codes
    weight: NDArray[np.float64]  # per basket
    vote: NDArray[np.float64]  # per customer, the last for anonymous orders: what one of his orders counts

    def vote_of(self, history: History) -> NDArray[np.float64]:
        """The vote of each basket's customer."""
        owner = np.full(len(self.weight), -1, np.int64)
        owner[history.kept.basket] = history.kept.customer
        return self.vote[owner]


class Counts(NamedTuple):
    """Distinct pairs of a low and a high product code, and what is counted of each."""

    low: Codes
    high: Codes
    orders: Codes
    buyers: Codes  # distinct known customers
    unbulked: Codes  # those among them with a basket that is no bulk order
    weighted: NDArray[np.float64]  # orders, by their weight and their customer's vote


def counted(history: History, lines: Lines) -> Iterator[Counts]:
    """Counts of every pair that at least `min_buyers` have in no bulk order, by blocks of antecedents."""
    after = lines.basket_starts[lines.basket + 1] - lines.place - 1  # products of the basket behind this one
    counter = _Counter(history, lines, after)
    for a, b in _blocks(history, lines, after):
        yield counter.block(np.arange(a, b))


def _blocks(history: History, lines: Lines, after: Codes) -> Iterator[tuple[int, int]]:
    per_product = np.bincount(lines.product, weights=after, minlength=history.product_count)
    block_of = (np.cumsum(per_product) // PAIRS_AT_ONCE).astype(np.int64)
    block_of += np.arange(history.product_count) // _products_at_once(history.product_count)
    block_of = block_of[lines.product]
    changes = np.flatnonzero(block_of[1:] != block_of[:-1]) + 1
    return pairwise([0, *changes.tolist(), len(block_of)])


def _products_at_once(products: int) -> int:
    return max(1, min(PRODUCTS_AT_ONCE, CELLS_AT_ONCE // max(products, 1)))


class _Counter:
    """A pair, a customer and a lightness make one number, which sorts them: the heaviest basket first."""

    def __init__(self, history: History, lines: Lines, after: Codes) -> None:
        self.lines, self.after, self.width = lines, after, history.product_count
        self.least = history.settings.min_buyers
        heaviest, light = np.unique(-lines.weight, return_inverse=True)
        self.weights = -heaviest
        self.for_weight = len(heaviest).bit_length()
        self.for_customer = history.customer_count.bit_length()
        self.anonymous = (1 << self.for_customer) - 1
        self.shift = self.for_weight + self.for_customer
        who = np.where(lines.customer >= 0, lines.customer, self.anonymous).astype(np.int64)
        self.who_and_light = (who << self.for_weight) | light[lines.basket]
        self.bulk = lines.weight[lines.basket] <= 0
        self.wanted = np.zeros(_products_at_once(self.width) * self.width, np.bool_)  # pairs of a block

    def block(self, rows: Codes) -> Counts:
        first = int(self.lines.product[rows[0]]) if len(rows) else 0
        bulk = self.bulk[rows]
        pair, people, counts = self._usual(self._keys(rows[~bulk], first))
        if len(pair) and bulk.any():
            every = self._with_bulk(pair, people, self._keys(rows[bulk], first))
            counts = self._of_all(every, counts)
        return counts._replace(low=pair // max(self.width, 1) + first, high=pair % max(self.width, 1))

    def _keys(self, rows: Codes, first: int) -> Codes:
        """One number for each pair of these lines with what stands behind them in their baskets."""
        lines, after = self.lines, self.after[rows]
        own = (lines.product[rows] - first).astype(np.int64) * self.width
        key = lines.in_basket[unfold(lines.place[rows] + 1, after)].astype(np.int64)
        key <<= self.shift
        key += np.repeat((own << self.shift) + self.who_and_light[rows], after)
        return key

    def _usual(self, key: Codes) -> tuple[Codes, Codes, Counts]:
        """Pairs of enough people, their (pair, person)s, and counts without bulk orders."""
        key.sort()
        person = key >> self.for_weight
        first = np.zeros(len(key), np.bool_)
        first[run_starts(person)] = True
        first &= (person & self.anonymous) != self.anonymous
        starts = run_starts(person >> self.for_customer)
        sizes = np.diff(np.r_[starts, len(key)])
        people = _sums(first, starts)
        enough = people >= self.least
        kept = np.repeat(enough, sizes)
        key, person, first = key[kept], person[kept], first[kept]
        people, sizes = people[enough], sizes[enough]
        starts = np.cumsum(sizes) - sizes
        who = person & self.anonymous
        worth = self.weights[key & ((1 << self.for_weight) - 1)]
        worth *= self.lines.vote[np.where(who != self.anonymous, who, -1)]
        weighted = np.add.reduceat(worth, starts) if len(starts) else np.zeros(0)
        pair = person[starts] >> self.for_customer
        return pair, person[first], Counts(pair, pair, sizes, people, people, weighted)

    def _with_bulk(self, pair: Codes, people: Codes, key: Codes) -> Codes:
        """The (pair, person)s, and one more for each bulk order with one of these pairs; sorted."""
        key >>= self.for_weight
        self.wanted[pair] = True
        inside = self.wanted[key >> self.for_customer]
        self.wanted[pair] = False
        every = np.concatenate([people, key[inside]])
        every.sort()
        return every

    def _of_all(self, every: Codes, counts: Counts) -> Counts:
        """Orders and distinct customers, bulk orders too. Each pair has people: the runs are the pairs."""
        starts = run_starts(every >> self.for_customer)
        first = np.zeros(len(every), np.bool_)
        first[run_starts(every)] = True
        first &= (every & self.anonymous) != self.anonymous
        bulk = np.diff(np.r_[starts, len(every)]) - counts.unbulked
        return counts._replace(orders=counts.orders + bulk, buyers=_sums(first, starts))


def _sums(held: NDArray[np.bool_], starts: Codes) -> Codes:
    """How many hold, run by run."""
    until = np.cumsum(held)[np.r_[starts[1:], len(held)] - 1] if len(starts) else starts
    return np.diff(np.r_[0, until])
