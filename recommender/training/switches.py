"""Bought instead: who looked at one product and bought another of its kind, or sent it back and did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.ragged import unfold
from recommender.training.distinct import among, distinct
from recommender.training.history import DAY, History

AFTER_RETURN_DAYS = 30
LONGEST_VISIT = 50  # a day of more looks compares nothing
TAKEN_AT_ONCE = 50_000  # purchases of one block: bounds the memory

Codes = NDArray[np.int64]


class Switches(NamedTuple):
    """From `left` to `taken` went so many distinct `people`; `base`: per product all who left it."""

    left: Codes
    taken: Codes
    people: Codes
    base: NDArray[np.int32]


def count(history: History) -> Switches:
    """Distinct known customers per pair of one category. Whoever kept the first that day did not leave it."""
    empty = np.empty(0, np.int64)
    products = history.product_count
    if not (history.category_of >= 0).any():
        return Switches(empty, empty, empty, np.zeros(products, np.int32))
    keys = distinct(np.concatenate([*_looked_and_left(history), _sent_back(history)]))
    people = max(history.customer_count, 1)
    pair, counted = np.unique(keys // people, return_counts=True)
    left = keys // people // products
    leavers = distinct(left * people + keys % people) // people
    base = np.bincount(leavers, minlength=products).astype(np.int32)
    return Switches(pair // products, pair % products, counted, base)


def _keys(history: History, left: Codes, taken: Codes, customer: Codes) -> Codes:
    """Distinct (left, taken, customer) of one category as one number each."""
    kind = history.category_of
    fits = (left != taken) & (kind[left] >= 0) & (kind[left] == kind[taken])
    pair = left[fits].astype(np.int64) * history.product_count + taken[fits]
    return distinct(pair * max(history.customer_count, 1) + customer[fits])


def _looked_and_left(history: History) -> Iterator[Codes]:
    """Looked at and not bought that day, but another that day: block by block."""
    data, kept, width = history.data, history.kept, max(history.product_count, 1)
    rows = ((data.kind == columns.VIEW) | (data.kind == columns.CART)) & (data.customer >= 0)
    looks = distinct(_day_of(data.customer[rows], data.at[rows]) * width + data.product[rows])
    if not len(looks):
        return
    known = kept.customer >= 0
    bought = distinct(_day_of(kept.customer[known], kept.at[known]) * width + kept.product[known])
    looks = looks[~among(looks, bought)]
    day, begin, length = np.unique(looks // width, return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(day, bought // width), max(len(day) - 1, 0))
    if not len(day):
        return
    met = (day[place] == bought // width) & (length[place] <= LONGEST_VISIT)
    bought, place = bought[met], place[met]
    for start in range(0, len(bought), TAKEN_AT_ONCE):
        some, at = bought[start : start + TAKEN_AT_ONCE], place[start : start + TAKEN_AT_ONCE]
        entries = unfold(begin[at], length[at])
        taken = np.repeat(some, length[at])
        yield _keys(history, looks[entries] % width, taken % width, taken // width // _DAYS)


def _sent_back(history: History) -> Codes:
    """Sent back, and another bought within a month after."""
    data, kept = history.data, history.kept
    rows = np.flatnonzero((data.kind == columns.RETURN) & (data.customer >= 0))
    known = np.flatnonzero(kept.customer >= 0)
    day = _day_of(kept.customer[known], kept.at[known])
    ordered = np.argsort(day, kind="stable")
    day, product = day[ordered], kept.product[known][ordered].astype(np.int64)
    back = _day_of(data.customer[rows], data.at[rows])
    begin = np.searchsorted(day, back, side="left")
    within = np.searchsorted(day, back + AFTER_RETURN_DAYS, side="right") - begin
    entries = unfold(begin, within)
    repeated = np.repeat(rows, within)
    same = day[entries] // _DAYS == data.customer[repeated]
    entries, repeated = entries[same], repeated[same]
    return _keys(history, data.product[repeated], product[entries], data.customer[repeated])


_DAYS = 200_000  # of 1900 to 2199, and to spare


def _day_of(customer: NDArray, at: NDArray[np.int64]) -> Codes:
    return customer.astype(np.int64) * _DAYS + at // DAY + 40_000
