"""Ragged rows in numpy: unfolding row starts, keeping the best of each row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def expand(starts: NDArray[np.int64], rows: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of all entries of the given rows, one row after the other, and each row's length."""
    begin = starts[rows]
    lengths = starts[np.asarray(rows) + 1] - begin
    return unfold(begin, lengths), lengths


def unfold(begin: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """begin, begin + 1, ... for each run, one run after the other."""
    if not len(lengths):
        return np.empty(0, np.int64)
    ends = np.cumsum(lengths)
    return np.repeat(begin - ends + lengths, lengths) + np.arange(int(ends[-1]))


def row_starts(rows: NDArray, count: int) -> NDArray[np.int64]:
    """Row starts of entries sorted by row."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return starts


def run_starts(keys: NDArray) -> NDArray[np.int64]:
    """The places where a new value begins, of sorted keys."""
    if not len(keys):
        return np.empty(0, np.int64)
    changes = np.empty(len(keys), np.bool_)
    changes[0] = True
    np.not_equal(keys[1:], keys[:-1], out=changes[1:])
    return changes.nonzero()[0]


def in_order(*keys: NDArray) -> NDArray[np.int64]:
    """As np.lexsort: the last key counts most, ties keep their order.

    Whole numbers whose ranges fit together into 63 bits are sorted as one number, several times as fast.
    """
    if not len(keys[0]) or any(key.dtype.kind != "i" for key in keys):
        return np.lexsort(keys)
    bounds = [(int(key.min()), int(key.max())) for key in keys]
    if math.prod(high - low + 1 for low, high in bounds) >= 2**63:
        return np.lexsort(keys)
    joined = np.zeros(len(keys[0]), np.int64)
    for key, (low, high) in zip(reversed(keys), reversed(bounds), strict=True):
        joined *= high - low + 1
        joined += key
        joined -= low
    return np.argsort(joined, kind="stable")


# What fewer people did is ordered by rounded strengths, in steps of a quarter, equal ones by product: one
# purchase, which changes a strength a little, does not show in the order of a public list.
ROUNDED_BELOW, ROUND_STEP = 20, 1.25


def rounded(strength: NDArray[np.float64], buyers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Strengths as they may be shown: those of 1 to ROUNDED_BELOW - 1 distinct buyers to the nearest power of
    ROUND_STEP. Where nobody was counted (0 buyers), nothing is told of anybody.
    """
    few = (buyers > 0) & (buyers < ROUNDED_BELOW) & (strength > 0)
    result = strength.astype(np.float64)
    step = np.log(ROUND_STEP)
    result[few] = np.exp(np.round(np.log(result[few]) / step) * step)
    return result


def pack_rows(parts: Sequence[tuple[NDArray, ...]], count: int, keep: int) -> dict[str, NDArray]:
    """(row, product, strength, buyers, support) entries -> stored rows, the `keep` strongest of each, as they
    may be shown."""
    empty = (np.zeros(0, np.int64),) * 2 + (np.zeros(0),) + (np.zeros(0, np.int64),) * 2
    row, product, strength, buyers, support = (np.concatenate(c) for c in zip(*parts, empty, strict=True))
    strength = rounded(strength, buyers).astype(np.float32)
    ordered = np.lexsort((product, -strength, row))
    starts = row_starts(row, count)
    rank = np.arange(len(row)) - starts[row[ordered]]
    chosen = ordered[rank < keep]
    return {
        "indptr": row_starts(row[chosen], count),
        "product": product[chosen].astype(np.int32),
        "strength": strength[chosen],
        "buyers": buyers[chosen].astype(np.int32),
        "support": support[chosen].astype(np.int32),
    }
