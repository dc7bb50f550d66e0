"""How each customer repeats each product, as numbers: how often, how lately, at which rate others do.

Counting in baskets with newer ones weighing more is TIFU-KNN's idea (Hu et al. 2020, arXiv 2006.00556);
a rate of its own for each product, shrunk for few chances, and time since the last purchase follow the
repeat-consumption models of Anderson et al. 2014 and Bhagat et al. 2018 ("Buy It Again").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import in_order, run_starts
from recommender.training.baskets import Baskets
from recommender.training.intervals import DAY, usual_intervals

BASKET_HALF_LIVES = (5.0, 20.0, 40.0)
SHRINK = (4.0, 4.0, 1.0)  # baskets' worth of the product's own rate beside the customer's
MONTH, WEEK = 20.0, 5.0  # half-lives in days of "lately" and "just now"
PRIOR_RATE, PRIOR_CHANCES = 0.02, 20.0
NO_INTERVAL = 60.0  # days, where nobody knows
OWN = (
    *(f"rate_{life:.0f}" for life in BASKET_HALF_LIVES),
    "product_rate",
    "lately",
    "just_now",
    "days_since",
    "baskets_since",
    "early",
    "late",
    "chances",
    "sold_lately",
    "sold",
    "times",
)
OTHER = ("other", "other_popular", "other_baskets")
_TINY = 1e-6


@dataclass(frozen=True)
class Rhythm:
    """One entry per (customer, product) bought before `now` (seconds), sorted by customer, then product."""

    now: int
    product_count: int
    customer: NDArray[np.int32]
    product: NDArray[np.int32]
    times: NDArray[np.int32]
    last_at: NDArray[np.int64]
    interval: NDArray[np.float32]  # days; 0 where nobody knows
    chances: NDArray[np.int32]  # baskets of this customer after the first with this product
    since: NDArray[np.int32]  # baskets of this customer after the last with this product
    decayed: tuple[NDArray[np.float32], ...]  # purchases, newer baskets counting more
    baskets_of: NDArray[np.int64]  # per customer
    sold: NDArray[np.float64]  # lines per product
    sold_lately: NDArray[np.float64]
    rates: tuple[NDArray[np.float64], ...]  # per product: ever, lately, just now

    def __len__(self) -> int:
        return len(self.customer)

    def own(self, rows: slice | NDArray) -> NDArray[np.float64]:
        """The numbers named in OWN of these entries, one row each."""
        product, chances = self.product[rows], self.chances[rows].astype(np.float64)
        ever, lately, now = (rate[product] for rate in self.rates)
        columns = []
        for life, shrink, decayed in zip(BASKET_HALF_LIVES, SHRINK, self.decayed, strict=True):
            possible = (1 - np.exp2(-(chances + 1) / life)) / (1 - np.exp2(-1 / life))
            columns.append(np.log((decayed[rows] + shrink * lately) / (possible + shrink)))
        columns += [np.log(ever), np.log(lately / ever), np.log(now / lately)]
        days = np.maximum(self.now - self.last_at[rows], 0) / DAY
        interval = self.interval[rows].astype(np.float64)
        waited = days / np.maximum(np.where(interval > 0, interval, NO_INTERVAL), 1.0)
        columns += [np.log1p(days), np.log1p(self.since[rows])]
        columns += [np.minimum(waited, 1.0), np.log(np.maximum(waited, 1.0)), np.log1p(chances)]
        columns += [np.log1p(self.sold_lately[product]), np.log1p(self.sold[product])]
        return np.column_stack([*columns, np.log(self.times[rows])])

    @cached_property
    def of_products(self) -> NDArray[np.float64]:
        """The numbers named in OTHER but for the last, one row for each product."""
        popular = np.log((self.sold_lately + 0.5) / (self.sold_lately.max(initial=0) + 0.5))
        return np.column_stack([np.ones(self.product_count), popular])

    def others(self, customer: NDArray, product: NDArray) -> NDArray[np.float64]:
        """The numbers named in OTHER of products that a customer never bought."""
        return np.column_stack([self.of_products[product], np.log1p(self.baskets_of[customer])])


def rhythm(lines: Baskets, now: int, customers: int, products: int) -> Rhythm:
    """What is known at `now` from the purchases before it of known customers."""
    chosen = np.flatnonzero((lines.customer >= 0) & (lines.at < now))
    trips, position = _trips(lines, chosen, customers)
    at = lines.at[chosen]
    pair = lines.customer[chosen].astype(np.int64)
    pair *= products
    pair += lines.product[chosen]
    del chosen  # of as many entries as there are lines only what is needed is held at a time
    ordered = in_order(position, at, pair)
    pair = pair[ordered]
    at = at[ordered]
    position = position[ordered]
    del ordered
    first = run_starts(pair)
    times = np.diff(np.r_[first, len(pair)])
    who = (pair[first] // max(products, 1)).astype(np.int32)
    what = (pair[first] % max(products, 1)).astype(np.int32)
    age = np.repeat((trips.per_customer[who] - 1).astype(np.int32), times)
    age -= position
    del position
    last = first + times - 1
    interval = usual_intervals(pair, at, first, products).astype(np.float32)
    del pair
    sold_lately = _per(np.repeat(what, times), np.exp2(-(now - at) / DAY / MONTH), products)
    return Rhythm(
        now=now,
        product_count=products,
        customer=who,
        product=what,
        times=times.astype(np.int32),
        last_at=at[last],
        interval=interval,
        chances=age[first].astype(np.int32),
        since=age[last].astype(np.int32),
        decayed=tuple(_summed(faded[age], first).astype(np.float32) for faded in _fading(age)),
        baskets_of=trips.per_customer,
        sold=_per(what, times, products),
        sold_lately=sold_lately,
        rates=_rates(
            who,
            what,
            first,
            (now - at) / DAY,
            chances=age[first],
            fresh=_fresh_baskets(trips, now),
            products=products,
        ),
    )


def _rates(
    who: NDArray,
    what: NDArray,
    first: NDArray[np.int64],
    days: NDArray[np.float64],
    *,
    chances: NDArray,
    fresh: tuple[NDArray[np.float64], ...],
    products: int,
) -> tuple[NDArray[np.float64], ...]:
    """Repeats per later basket of those who have a product: ever, lately, just now; shrunk.

    `days` is the age of each purchase, `fresh` each customer's baskets, newer ones counting more.
    """
    times = np.diff(np.r_[first, len(days)])
    again = np.ones(len(days), np.bool_)
    again[first] = False
    bought = np.repeat(what, times)[again]
    rate = (_per(what, times - 1, products) + PRIOR_RATE * PRIOR_CHANCES) / (
        _per(what, chances, products) + PRIOR_CHANCES
    )
    rates = [rate]
    for life, baskets in zip((MONTH, WEEK), fresh, strict=True):
        repeats = _per(bought, np.exp2(-days[again] / life), products)
        rate = (repeats + PRIOR_CHANCES * rate) / (_per(what, baskets[who], products) + PRIOR_CHANCES)
        rates.append(rate)
    return tuple(np.clip(rate, _TINY, 1.0) for rate in rates)


class _Trips(NamedTuple):
    """The baskets of known customers: when, and whose."""

    at: NDArray[np.int64]
    owner: NDArray[np.int32]
    per_customer: NDArray[np.int64]


def _trips(lines: Baskets, chosen: NDArray[np.int64], customers: int) -> tuple[_Trips, NDArray[np.int32]]:
    """Also, for each chosen line, the place of its basket in its customer's history."""
    basket = lines.basket[chosen]  # ascending, as all of them
    first = run_starts(basket)
    length = np.diff(np.r_[first, len(basket)])
    del basket
    at = np.minimum.reduceat(lines.at[chosen], first) if len(first) else np.empty(0, np.int64)
    owner = lines.customer[chosen[first]]
    ordered = in_order(at, owner)
    count = np.bincount(owner, minlength=customers)
    starts = np.r_[0, np.cumsum(count)]
    place = np.empty(len(first), np.int32)
    place[ordered] = np.arange(len(first)) - starts[owner[ordered]]
    return _Trips(at, owner, count), np.repeat(place, length)


def _fresh_baskets(trips: _Trips, now: int) -> tuple[NDArray[np.float64], ...]:
    days = (now - trips.at) / DAY
    return tuple(_per(trips.owner, np.exp2(-days / life), len(trips.per_customer)) for life in (MONTH, WEEK))


def _fading(age: NDArray[np.int32]) -> Iterator[NDArray[np.float64]]:
    """By age in baskets, for each half-life."""
    ages = np.arange(int(age.max(initial=0)) + 1)
    return (np.exp2(-ages / life) for life in BASKET_HALF_LIVES)


def _summed(values: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.add.reduceat(values, first) if len(first) else np.zeros(0)


def _per(product: NDArray, weights: NDArray, count: int) -> NDArray[np.float64]:
    return np.bincount(product, weights=weights, minlength=count).astype(np.float64)
