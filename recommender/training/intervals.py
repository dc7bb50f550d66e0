"""The usual time between two purchases of a product, and which products are not bought again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import in_order, run_starts
from recommender.training.history import DAY
from recommender.training.significance import lower_share

OWN_GAPS = 2  # gaps (three orders) from which a customer's own interval is trusted
REPEATERS = 5  # customers who came back before a product has a usual interval
ENOUGH_CHANCES = 3  # later baskets after which not having come back says something
SELDOM = 0.15  # upper end of the share who came back, below which a product lasts
LONG_DAYS = 365.0
ONE_SIDED = 1.645  # 95 %


def usual_intervals(
    pair: NDArray[np.int64], at: NDArray[np.int64], first: NDArray[np.int64], products: int
) -> NDArray[np.float64]:
    """For each pair the customer's own median gap, else the product's over all its repeat buyers, else 0.

    `pair` (customer * products + product) is sorted, then by time; `first` are the places where one begins.
    """
    width = max(products, 1)
    same = pair[1:] == pair[:-1]
    gaps = np.diff(at)[same]
    usable = gaps >= DAY  # two orders on one day are one shopping trip
    gap_pair, gaps = pair[1:][same][usable], gaps[usable]
    keys, own, counts = _medians(gap_pair, gaps)
    trusted = counts >= OWN_GAPS
    product_keys, usual, _ = _medians(gap_pair % width, gaps)
    people = np.bincount(keys % width, minlength=width)
    by_product = np.zeros(width)
    by_product[product_keys] = usual / DAY
    by_product[people < REPEATERS] = 0
    interval = by_product[pair[first] % width]
    interval[np.searchsorted(pair[first], keys[trusted])] = own[trusted] / DAY
    return interval


def lasting(
    product: NDArray,
    times: NDArray,
    chances: NDArray,
    interval: NDArray,
    *,
    category_of: NDArray,
    baskets: int,
) -> NDArray[np.int32]:
    """1 for products that are bought once: among their buyers with three or more later baskets hardly anybody
    came back (at most 15 %, 95 % sure), or no more than would by chance, or after more than a year.

    A product with too few such buyers is judged by its category, where there is one.
    """
    count = len(category_of)
    judged = chances >= ENOUGH_CHANCES
    buyers = np.bincount(product[judged], minlength=count).astype(np.float64)
    back = np.bincount(product[judged & (times > 1)], minlength=count).astype(np.float64)
    share = np.bincount(product, weights=times, minlength=count) / max(baskets, 1)
    by_chance = np.bincount(
        product[judged], weights=1 - (1 - share[product[judged]]) ** chances[judged], minlength=count
    )
    once = _seldom(back, buyers) | ((buyers >= 1 / SELDOM) & (back <= by_chance) & (back < buyers / 2))
    kinds = np.where(category_of >= 0, category_of, int(category_of.max(initial=-1)) + 1)
    came, could = (np.bincount(kinds, weights=part).astype(np.float64) for part in (back, buyers))
    of_kind = _seldom(came, could)[kinds]
    once |= of_kind & (category_of >= 0) & (buyers < 1 / SELDOM) & (back == 0)
    long = np.zeros(count)
    np.maximum.at(long, product, interval)
    return (once | (long > LONG_DAYS)).astype(np.int32)


def _seldom(back: NDArray[np.float64], buyers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the share that came back is surely small; never without anybody who could have."""
    return (buyers > 0) & (1 - lower_share(buyers - back, buyers, ONE_SIDED) < SELDOM)


def _medians(keys: NDArray, values: NDArray[np.int64]) -> tuple[NDArray, NDArray[np.int64], NDArray]:
    """Distinct keys, the lower median of each one's values, and how many there were."""
    ordered = in_order(values, keys)
    keys, values = keys[ordered], values[ordered]
    first = run_starts(keys)
    counts = np.diff(np.r_[first, len(keys)])
    return keys[first], values[first + (counts - 1) // 2], counts
