"""Habits: per customer and product how often, when last, at what interval, how likely next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.ragged import expand, row_starts
from recommender.training import choice
from recommender.training.baskets import Baskets
from recommender.training.distinct import among, distinct
from recommender.training.history import DAY, History
from recommender.training.intervals import lasting
from recommender.training.rhythm import OTHER, OWN, Rhythm, rhythm

AT_ONCE = 65_536  # pairs whose numbers are held at a time
LEARNERS = 500  # customers whose newest baskets the weights are learned from
WORTH = 20.0  # customers' choices that the usual weights are worth
BESIDE = 50  # best sellers that stand beside a customer's own products
# Regulars have had the best sellers offered often and know their mind: how much a best seller's rank counts
# for somebody new cannot be learned from them.
FIXED = ("other_popular",)
MOST = 25.0  # odds lie between exp(-25) and exp(25)
# What a shop starts from: learned on two histories (groceries, gifts) and averaged.
USUAL = {
    "rate_5": 0.17,
    "rate_20": 0.07,
    "rate_40": 0.44,
    "product_rate": 0.20,
    "lately": -0.06,
    "just_now": 0.17,
    "days_since": -0.09,
    "baskets_since": 0.09,
    "early": 0.22,
    "late": -0.01,
    "chances": 0.18,
    "sold_lately": 0.31,
    "sold": -0.12,
    "times": 0.52,
    "other": -1.8,
    "other_popular": 1.0,
    "other_baskets": -0.24,
}


def fit(history: History) -> dict[str, NDArray]:
    """Rows per known customer, products in code order. `interval` is in days, 0 where nobody knows; `score`
    are the odds of the next basket, exp(`other` + `tempo`) those of a best seller that was never bought.
    """
    lines = history.kept
    if int(lines.at.max(initial=0)) > history.as_of:
        lines = replace(lines, at=np.minimum(lines.at, history.as_of))
    weights = _learned(history, lines)  # before `known`: two rhythms at a time are the peak of a training
    known = rhythm(lines, history.as_of + 1, history.customer_count, history.product_count)
    left = _not_returned(history, known)
    held = left > 0
    own, others = weights[: len(OWN)], weights[len(OWN) :]
    beside = np.sort(_best_sellers(known))
    return {
        "indptr": row_starts(known.customer[held], history.customer_count),
        "product": known.product[held],
        "weight": (left * history.decay(known.last_at, history.settings.habit_half_life_days))[held].astype(
            np.float32
        ),
        "score": (left * _odds(known, own))[held].astype(np.float32),
        "times": known.times[held],
        "last_at": known.last_at[held],
        "interval": known.interval[held],
        "as_of": np.array([history.as_of], np.int64),
        "lasting": lasting(
            known.product,
            known.times,
            known.chances,
            known.interval,
            category_of=history.category_of,
            baskets=int(known.baskets_of.sum()),
        ),
        "other_product": beside.astype(np.int32),
        "other": (known.of_products[beside] @ others[:-1]).astype(np.float32),
        "baskets": known.baskets_of.astype(np.int32),
        "tempo": (others[-1] * np.log1p(known.baskets_of)).astype(np.float32),
    }


def _odds(known: Rhythm, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    score = np.empty(len(known))
    for start in range(0, len(known), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        score[rows] = known.own(rows) @ weights
    return np.exp(np.clip(score, -MOST, MOST))


def _not_returned(history: History, known: Rhythm) -> NDArray[np.float64]:
    """The part that did not come back without naming an order: 0 is no habit.

    What was rejected stays: the engine leaves it out while that counts, which may be taken back.
    """
    left = np.ones(len(known))
    if history.loose_returns.nnz and len(known):
        back = np.asarray(history.loose_returns[known.customer, known.product]).ravel()
        left = np.maximum(known.times - back, 0) / known.times
    return left


def usual_weights() -> NDArray[np.float64]:
    """The weights of a shop without enough history of its own."""
    return np.array([USUAL[name] for name in (*OWN, *OTHER)])


def _learned(history: History, lines: Baskets) -> NDArray[np.float64]:
    """Weights learned from the first basket of the newest weeks, seen from the moment before them."""
    cut = history.as_of - history.settings.holdout_days * DAY
    late = np.flatnonzero((lines.customer >= 0) & (lines.at >= cut))
    late = late[np.lexsort((lines.basket[late], lines.at[late], lines.customer[late]))]
    customers, first = np.unique(lines.customer[late], return_index=True)
    chosen = np.zeros(history.customer_count, np.bool_)
    chosen[_sample(customers, history.settings.seed)] = True
    basket = np.full(history.customer_count, -1, np.int64)
    basket[customers] = lines.basket[late][first]
    taken = late[(lines.basket[late] == basket[lines.customer[late]]) & chosen[lines.customer[late]]]
    wanted = lines.customer[taken].astype(np.int64) * history.product_count + lines.product[taken]
    past = rhythm(lines, cut, history.customer_count, history.product_count)
    free = np.array([name not in FIXED for name in (*OWN, *OTHER)])
    choices = _choices(past, np.flatnonzero(chosen), distinct(wanted))
    return choice.fit(choices, usual_weights(), WORTH, free)


def _best_sellers(known: Rhythm) -> NDArray[np.int64]:
    """What stands beside own products; further ones are far from anything the weights were learned from."""
    best = np.argsort(-known.sold_lately, kind="stable")[:BESIDE]
    return best[known.sold_lately[best] > 0]


def _sample(customers: NDArray, seed: int) -> NDArray:
    if len(customers) <= LEARNERS:
        return customers
    return np.sort(np.random.default_rng(seed).choice(customers, LEARNERS, replace=False))


def _choices(past: Rhythm, customers: NDArray, wanted: NDArray[np.int64]) -> choice.Choices:
    """Own products and best sellers of these customers, and which of them they bought next."""
    starts = row_starts(past.customer, len(past.baskets_of))
    customers = customers[np.diff(starts)[customers] > 0]
    rows, _ = expand(starts, customers)
    own = past.customer[rows].astype(np.int64) * past.product_count + past.product[rows]
    new = (customers[:, None] * past.product_count + _best_sellers(past)).ravel().astype(np.int64)
    new = new[~among(new, np.sort(own))]
    pair = np.r_[own, new]
    numbers = np.zeros((len(pair), len(OWN) + len(OTHER)))
    numbers[: len(own), : len(OWN)] = past.own(rows)
    if len(new):
        numbers[len(own) :, len(OWN) :] = past.others(new // past.product_count, new % past.product_count)
    ordered = np.argsort(pair, kind="stable")
    pair, numbers = pair[ordered], numbers[ordered]
    taken = among(pair, wanted).astype(np.float64)
    who = pair // max(past.product_count, 1)
    bought = np.bincount(who, weights=taken, minlength=len(past.baskets_of)) > 0
    kept = bought[who] if len(who) else np.zeros(0, np.bool_)
    who = who[kept]
    first = np.flatnonzero(np.r_[True, who[1:] != who[:-1]]) if len(who) else np.empty(0, np.int64)
    return choice.Choices(numbers[kept], taken[kept], first)
