"""What was bought together and kept: the one definition of "net of returns"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.interactions import Interactions
from recommender.ragged import in_order

DAY = 86_400
_NOTHING = 1e-9  # a net quantity below this is a rounding rest


@dataclass(frozen=True)
class Baskets:
    """Parallel arrays, one entry per distinct (basket, product), sorted by basket, then product."""

    basket: NDArray[np.int64]
    product: NDArray[np.int32]
    customer: NDArray[np.int32]  # -1: anonymous
    at: NDArray[np.int64]
    size: NDArray[np.int64]  # different products per basket

    def __len__(self) -> int:
        return len(self.basket)


def net_baskets(data: Interactions) -> Baskets:
    """Distinct (basket, product) whose purchases exceed the returns that name the same order.

    A basket is (customer, order); a row without customer takes the order's customer where that is unique.
    Purchases without an order form one basket per session, else per customer and UTC day, else per row.
    A return without an order takes part only when no row of the whole table has an order: it then takes
    back the customer's newest purchases of that product first.
    """
    rows = np.flatnonzero(
        (data.kind == columns.PURCHASE) | ((data.kind == columns.RETURN) & (data.order >= 0))
    )
    customer = _with_order_customer(data, rows)
    bought = data.kind[rows] == columns.PURCHASE
    quantity = np.where(bought, data.quantity[rows], -data.quantity[rows])
    if (data.order < 0).all():
        quantity = _less_returns(data, rows, quantity)
    basket = _basket_codes(data, rows, customer)
    return _net(
        basket,
        data.product[rows],
        customer,
        np.where(bought, data.at[rows], np.iinfo(np.int64).max),
        quantity,
    )


def _with_order_customer(data: Interactions, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    customer, order = data.customer[rows], data.order[rows]
    named = (customer >= 0) & (order >= 0)
    fillable = (customer < 0) & (order >= 0)
    if not fillable.any():
        return customer
    only = np.full(int(order.max()) + 1, -1, np.int32)
    only[order[named]] = customer[named]  # any of them
    several = named & (only[order] != customer)
    only[order[several]] = -1
    filled = customer.copy()
    filled[fillable] = only[order[fillable]]
    return filled


def _basket_codes(
    data: Interactions, rows: NDArray[np.int64], customer: NDArray[np.int32]
) -> NDArray[np.int64]:
    order, session = data.order[rows], data.session[rows]
    owner = customer.astype(np.int64) + 1
    day = data.at[rows] // DAY + 40_000  # 1900 lies 25,567 days before 1970
    by_order = order >= 0
    by_session = ~by_order & (session >= 0)
    by_day = ~by_order & ~by_session & (customer >= 0)
    alone = ~by_order & ~by_session & ~by_day
    codes = np.empty(len(rows), np.int64)
    start = 0
    place = np.arange(len(rows))
    for chosen, key in ((by_order, order), (by_session, session), (by_day, day), (alone, place)):
        if not chosen.any():
            continue
        part = key[chosen].astype(np.int64)
        joined = owner[chosen] * (int(part.max()) + 1) + part
        distinct, inverse = np.unique(joined, return_inverse=True)
        codes[chosen] = inverse + start
        start += len(distinct)
    return codes


def _less_returns(
    data: Interactions, rows: NDArray[np.int64], quantity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Take each customer's returns off his newest purchases of the same product."""
    back = (data.kind == columns.RETURN) & (data.customer >= 0)
    if not back.any():
        return quantity
    width = len(data.products)
    returned_key = data.customer[back].astype(np.int64) * width + data.product[back]
    keys, inverse = np.unique(returned_key, return_inverse=True)
    returned = np.bincount(inverse, weights=data.quantity[back])
    line_key = data.customer[rows].astype(np.int64) * width + data.product[rows]
    ordered = in_order(-data.at[rows], line_key)
    key, bought = line_key[ordered], quantity[ordered]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.empty(0, np.int64)
    total = np.cumsum(bought)
    before = np.repeat(total[first] - bought[first], np.diff(np.r_[first, len(key)]))
    place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    taken = np.where((keys[place] == key) & (data.customer[rows][ordered] >= 0), returned[place], 0.0)
    left = np.clip(total - before - taken, 0, bought)
    net = np.empty_like(quantity)
    net[ordered] = left
    return net


def _net(
    basket: NDArray[np.int64],
    product: NDArray[np.int32],
    customer: NDArray[np.int32],
    at: NDArray[np.int64],
    quantity: NDArray[np.float64],
) -> Baskets:
    ordered = in_order(product, basket)
    basket, product, customer = basket[ordered], product[ordered], customer[ordered]
    if not len(basket):
        return Baskets(basket, product, customer, at, np.zeros(0, np.int64))
    changed = (basket[1:] != basket[:-1]) | (product[1:] != product[:-1])
    first = np.flatnonzero(np.r_[True, changed])
    kept = np.add.reduceat(quantity[ordered], first) > _NOTHING
    earliest = np.minimum.reduceat(at[ordered], first)[kept]
    first = first[kept]
    left = basket[first]
    number = np.zeros(len(left), np.int64)
    np.cumsum(left[1:] != left[:-1], out=number[1:])
    return Baskets(number, product[first], customer[first], earliest, np.bincount(number))
