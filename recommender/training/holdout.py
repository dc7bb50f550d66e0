"""Offline metrics: the newest weeks are hidden, the models that serve persons are fitted on the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import metrics
from recommender.catalogue import Catalogue, day_text
from recommender.models.contract import Gate, Query
from recommender.models.habits import Habits
from recommender.models.popular import Popular
from recommender.models.registry import build
from recommender.models.taste import Taste
from recommender.training import catalogue, habits, neighbours, popular, taste
from recommender.training.history import DAY, History

PLACES = 10
SAMPLE = 20_000  # customers that measured models may learn from
LEARNERS = 1_000  # and do in every training: measuring must stay cheap beside it
FEWEST = 20  # customers in the hidden weeks below which a metric would be noise


def evaluate(history: History) -> Mapping[str, Any]:
    """recall, NDCG and hit rate at 10 of `next_basket` and `new_for_you`, each beside popularity.

    Empty when switched off or when fewer than 20 customers bought both before and within the hidden weeks.
    """
    settings = history.settings
    split = history.as_of - settings.holdout_days * DAY
    before = history.data.at < split
    if not settings.holdout_customers or not before.any():
        return {}
    before &= sampled(history, LEARNERS)
    past = History(history.data.where(before), settings, split)
    lines = history.kept
    late = (lines.at >= split) & (lines.customer >= 0)
    regulars = np.intersect1d(np.unique(lines.customer[late]), np.flatnonzero(np.diff(past.owned.indptr)))
    if len(regulars) < FEWEST:
        return {}
    regulars = chosen_codes(regulars, settings.holdout_customers, settings.seed)
    places = (lines.customer[late], lines.product[late])
    ones = np.ones(int(late.sum()))
    later = sparse.csr_matrix((ones, places), shape=(history.customer_count, history.product_count))
    wanted = {int(c): set(later[c].indices.tolist()) for c in regulars}
    models = _models(past)
    return {"from": day_text(split), "customers": len(regulars), **_measured(models, past, wanted)}


def sampled(history: History, most: int = SAMPLE) -> NDArray[np.bool_]:
    """Rows of at most so many customers."""
    if history.customer_count <= most:
        return np.ones(len(history.data), np.bool_)
    chosen = chosen_codes(np.arange(history.customer_count), most, history.settings.seed)
    inside = np.zeros(history.customer_count + 1, np.bool_)  # the last answers for anonymous rows
    inside[chosen] = True
    return inside[history.data.customer]


def chosen_codes(codes: NDArray, most: int, seed: int) -> NDArray:
    """At most so many of the codes, the same for the same seed, in order."""
    if len(codes) <= most:
        return codes
    return np.sort(np.random.default_rng(seed).choice(codes, most, replace=False))


def _models(past: History) -> dict[str, Any]:
    fewer = replace(past.settings, iterations=min(past.settings.iterations, 6))
    past = replace(past, settings=fewer)
    facts = Catalogue.from_arrays(catalogue.fit(past), fewer.min_buyers)
    parts = {"neighbours": neighbours.fit(past), "taste": taste.fit(past)}
    parts |= {"habits": habits.fit(past), "popular": popular.fit(past)}
    return {kind.name: build(kind, parts, facts, fewer) for kind in (Habits, Taste, Popular)}


def _measured(models: dict[str, Any], past: History, wanted: dict[int, set[int]]) -> dict[str, Any]:
    rows: dict[str, list[tuple[float, float, float]]] = {}
    everything = Gate(np.ones(past.product_count, np.bool_))
    best_sellers = models["popular"].rank(Query(), everything, PLACES).products.tolist()
    for customer, products in wanted.items():
        own = models["habits"].bought(customer)
        new = everything.without(own)
        shown = {
            "next_basket": (_next_basket(models["habits"], customer, everything), products),
            "next_basket_popular": (best_sellers, products),
            "new_for_you": (_filled(models, "taste", customer, new), products - set(own.tolist())),
            "new_for_you_popular": (_filled(models, "popular", customer, new), products - set(own.tolist())),
        }
        for task, (given, truth) in shown.items():
            if truth:
                scores = (
                    metrics.recall(given, truth),
                    metrics.ndcg(given, truth, PLACES),
                    metrics.hit(given, truth),
                )
                rows.setdefault(task, []).append(scores)
    names = (f"recall@{PLACES}", f"ndcg@{PLACES}", f"hr@{PLACES}")
    means = {task: np.mean(values, axis=0).tolist() for task, values in rows.items()}
    return {task: dict(zip(names, (round(v, 5) for v in mean), strict=True)) for task, mean in means.items()}


def _next_basket(habits: Any, customer: int, gate: Gate) -> list[int]:
    """Own and other products by their odds, as the engine mixes them."""
    query = Query(customer)
    both = [habits.expected(query, gate, PLACES), habits.others(query, gate, PLACES)]
    entries = [entry for one in both for entry in zip(-one.scores, one.products.tolist(), strict=True)]
    return [product for _, product in sorted(entries)[:PLACES]]


def _filled(models: dict[str, Any], name: str, customer: int, gate: Gate) -> list[int]:
    """The model's list, filled with what sells, as the engine does it."""
    first = models[name].rank(Query(customer), gate, PLACES).products
    if len(first) >= PLACES:
        return first.tolist()
    rest = models["popular"].rank(Query(), gate.without(first), PLACES - len(first)).products
    return [*first.tolist(), *rest.tolist()]
