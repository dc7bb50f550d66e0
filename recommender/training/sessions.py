"""Sessions of looks and carts, as rows that serving can search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.ragged import in_order, row_starts
from recommender.training.distinct import distinct
from recommender.training.history import DAY, History


def visits(history: History) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Distinct (session, product) of views and carts with at least two products: session, product, its end.

    Without a session id, a known customer's day is one session. Sessions are numbered by their end.
    """
    data = history.data
    rows = (data.kind == columns.VIEW) | (data.kind == columns.CART)
    rows &= (data.session >= 0) | (data.customer >= 0)
    by_day = (data.customer[rows].astype(np.int64) + 1) * 200_000 + data.at[rows] // DAY + 40_000
    key = np.where(data.session[rows] >= 0, data.session[rows], -1 - by_day)
    product, at = data.product[rows], data.at[rows]
    names, session = np.unique(key, return_inverse=True)
    end = np.full(len(names), np.iinfo(np.int64).min)
    np.maximum.at(end, session, at)
    pair = distinct(session.astype(np.int64) * history.product_count + product)
    session, product = pair // max(history.product_count, 1), pair % max(history.product_count, 1)
    size = np.bincount(session, minlength=len(names))
    usable = np.flatnonzero(size >= 2)
    usable = usable[np.lexsort((usable, end[usable]))][-history.settings.sessions_kept :]
    number = np.full(len(names), -1, np.int64)
    number[usable] = np.arange(len(usable))
    session = number[session]
    kept = session >= 0
    session, product = session[kept], product[kept].astype(np.int32)
    ordered = in_order(product, session)
    return session[ordered], product[ordered], end[usable]


def fit(history: History) -> dict[str, NDArray]:
    """Session rows, per product its newest sessions, and how rare it is."""
    session, product, _ = visits(history)
    count = int(session[-1]) + 1 if len(session) else 0
    by_product = in_order(-session, product)
    starts = row_starts(product, history.product_count)
    rank = np.arange(len(session)) - starts[product[by_product]]
    newest = by_product[rank < history.settings.session_sample]
    holding = np.bincount(product, minlength=history.product_count)
    rarity = np.log1p(count / np.maximum(holding, 1))
    return {
        "indptr": row_starts(session, count),
        "product": product,
        "seen_indptr": row_starts(product[newest], history.product_count),
        "seen_in": session[newest].astype(np.int32),
        "rarity": rarity.astype(np.float32),
    }
