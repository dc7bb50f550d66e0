"""Choosing the weights of personal lists on the newest weeks of the history: before any test, never on it.

The choice is one of a few settings, tried on customers who bought something new in those weeks. A setting
takes the place of the usual one only when its recall is higher by more than one standard error of the paired
difference: on a small shop that is seldom so, and the usual weights stay ("one standard error rule", Breiman
et al. 1984).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import metrics
from recommender.catalogue import Catalogue, day_text
from recommender.interactions import Interactions
from recommender.models.contract import Gate, Query
from recommender.models.registry import build
from recommender.models.taste import Taste
from recommender.settings import EngineSettings, weights_of_size
from recommender.training import catalogue, holdout, neighbours, popular, taste
from recommender.training.history import DAY, History

HALF_LIVES = (90.0, 45.0, 365.0)
SHARES = (0.3, 0.15, 0.5)
FRESH = (0.8, 0.3, 1.5)
ASKED = 1_000  # customers whose lists are compared
TUNED = ("taste_half_life_days", "neighbour_share", "fresh_weight", "tuned")
Progress = Callable[[str, float], None]


def tune(
    data: Interactions | Any, settings: EngineSettings | None = None, progress: Progress | None = None
) -> EngineSettings:
    """The settings with the weights that served best in the newest `holdout_days`; `tuned` names the day
    before which the models tried had learned. Unchanged when fewer than 20 customers can be asked.
    """
    if not isinstance(data, Interactions):
        data = Interactions.read(data)
    usual = EngineSettings.of(settings)
    tell = progress or (lambda step, share: None)
    asked = min(usual.holdout_customers or ASKED, ASKED)
    history = History.of(data, usual)
    split = history.as_of - usual.holdout_days * DAY
    # From here on weights are what they say: those that this history's size supports are the ones to beat.
    usual = replace(weights_of_size(usual, history.bought.nnz), tuned=day_text(split))
    past = History(data.where((data.at < split) & holdout.sampled(history)), usual, split)
    wanted = _new_purchases(history, past, split, asked)
    if len(wanted) < holdout.FEWEST:
        return EngineSettings.of(settings)
    best, held = usual, np.zeros(0)
    for step, (tried, model) in enumerate(_tried(past)):
        tell("tune", step / (len(HALF_LIVES) * len(SHARES) * len(FRESH)))
        found = _recalls(model, past, wanted)
        if not len(held) or _surely_better(found, held):
            best, held = tried, found
    tell("tune", 1.0)
    return best


def kept_choice(settings: EngineSettings | None) -> dict[str, Any]:
    """What an earlier tuning chose, for the next training; empty when nothing was tuned."""
    if settings is None or settings.tuned is None:
        return {}
    return {name: getattr(settings, name) for name in TUNED}


def _new_purchases(history: History, past: History, split: int, most: int) -> dict[int, set[int]]:
    """What customers known before bought for the first time in the newest weeks."""
    lines = history.kept
    late = np.flatnonzero((lines.at >= split) & (lines.customer >= 0))
    known = np.diff(past.owned.indptr) > 0
    late = late[known[lines.customer[late]]]
    if not len(late):
        return {}
    owned = np.asarray(past.bought[lines.customer[late], lines.product[late]]).ravel() > 0
    late = late[~owned]
    people = holdout.chosen_codes(np.unique(lines.customer[late]), most, past.settings.seed)
    wanted: dict[int, set[int]] = {int(person): set() for person in people}
    for person, product in zip(lines.customer[late].tolist(), lines.product[late].tolist(), strict=True):
        if person in wanted:
            wanted[person].add(product)
    return wanted


def _tried(past: History) -> Iterator[tuple[EngineSettings, Taste]]:
    """Every setting with its model, the usual ones first; the weights of a blend need no new fit."""
    usual = past.settings
    shared = {"neighbours": neighbours.fit(past), "popular": popular.fit(past)}
    facts = Catalogue.from_arrays(catalogue.fit(past), usual.min_buyers)
    for half_life in dict.fromkeys((usual.taste_half_life_days, *HALF_LIVES)):
        fitting = replace(usual, taste_half_life_days=half_life)
        parts = {**shared, "taste": taste.fit(History(past.data, fitting, past.as_of))}
        for share in dict.fromkeys((usual.neighbour_share, *SHARES)):
            for fresh in dict.fromkeys((usual.fresh_weight, *FRESH)):
                tried = replace(fitting, neighbour_share=share, fresh_weight=fresh)
                model = build(Taste, parts, facts, tried)
                assert isinstance(model, Taste)
                yield tried, model


def _recalls(model: Taste, past: History, wanted: dict[int, set[int]]) -> NDArray[np.float64]:
    everything = Gate(np.ones(past.product_count, np.bool_))
    found = []
    for person, products in wanted.items():
        gate = everything.without(past.owned[person].indices)
        shown = model.rank(Query(person), gate, holdout.PLACES).products
        found.append(metrics.recall(shown.tolist(), products))
    return np.array(found)


def _surely_better(now: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
    gain = now - before
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain)))
