"""What a list costs inside a request, beside a bare dot product and top-k of the same size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import thread_time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from recommender import train
from recommender.engine import Engine
from recommender.evaluation.synthetic import history
from recommender.evaluation.timing import Turns
from recommender.models.contract import Gate, Query

N = 10
BARE, SCORING = "bare", "scoring alone"
CALLS = (SCORING, "for_you", "new_for_you", "goes_with", "for_session")


def engine_of(products: int, *, customers: int = 20_000, threads: int = 0) -> Engine:
    """An engine over so many products, few iterations: what serving costs does not depend on them."""
    data = history(customers * 17, customers=customers, products=products)
    return train(data, {"iterations": 1, "holdout_customers": 0, "threads": threads})


def measured(engine: Engine, *, rounds: int, calls: int, seed: int = 3) -> Turns:
    """p50 and p99 of the CPU milliseconds of one list, by turns."""
    chance = np.random.default_rng(seed)
    people = chance.integers(0, len(engine.customers), calls).tolist()
    things = chance.integers(0, len(engine.products), (calls, 3)).tolist()
    names = [engine.customers.name(code) for code in people]
    seen = [[engine.products.name(code) for code in row] for row in things]
    taste, everything = engine.models["taste"], Gate(np.ones(len(engine.products), np.bool_))

    def bare(i: int) -> Any:
        scores = taste.products @ taste.customers[people[i]]
        top = np.argpartition(-scores, N)[:N]
        return top[np.argsort(-scores[top])]

    ways: dict[str, Callable[[int], Any]] = {
        BARE: bare,
        SCORING: lambda i: taste.rank(Query(people[i]), everything, N),
        "for_you": lambda i: engine.for_customers([names[i]], "for_you", N),
        "new_for_you": lambda i: engine.for_customers([names[i]], "new_for_you", N),
        "goes_with": lambda i: engine.goes_with(seen[i][:1], N),
        "for_session": lambda i: engine.for_session(seen[i], N),
    }
    for way in ways.values():
        way(0)  # what is made on first use is made now
    with threadpool_limits(1, "blas"):  # threads of BLAS would be measured as CPU of nobody
        return Turns().take({name: partial(_timed, way, calls) for name, way in ways.items()}, rounds)


def _timed(way: Callable[[int], Any], calls: int) -> dict[str, float]:
    spent = np.empty(calls)
    for i in range(calls):
        started = thread_time()
        way(i)
        spent[i] = thread_time() - started
    p50, p99 = np.quantile(spent * 1000, [0.5, 0.99])
    return {"cpu_p50_ms": float(p50), "cpu_p99_ms": float(p99)}
