"""Spark beside this engine: the same lists, and what either takes. For `regulars bench spark`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.arrays import Arrays
from recommender.interactions import Interactions
from recommender.settings import EngineSettings
from recommender.spark import factors
from recommender.spark.run import Cluster
from recommender.tables import table_at, write_rows
from recommender.training import factors as local
from recommender.training.history import History
from recommender.training.run import train

PLACES = 10
ASKED = 1_000  # customers whose lists are compared
CHUNK = 100_000
SHARED = ("popular", "complements", "neighbours", "taste")
Pair = tuple[NDArray[np.float32], NDArray[np.float32]]


def overlap(spark: Any, data: Interactions, settings: EngineSettings) -> dict[str, float]:
    """The mean share of common products among ten that customers have not bought, by factors alone: Spark's
    and ours, and ours with one seed and with another.
    """
    history = History.of(data, settings)
    interest = history.affinity
    ours = local.als(interest, settings)
    other = local.als(interest, replace(settings, seed=settings.seed + 1))
    theirs = factors.als(spark, interest, settings)
    known = np.flatnonzero(np.diff(interest.indptr))
    asked = np.sort(np.random.default_rng(settings.seed).permutation(known)[:ASKED])
    lists = [_lists(pair, history, asked) for pair in (ours, other, theirs)]
    return {"spark_and_local": _common(lists[0], lists[2]), "two_seeds": _common(lists[0], lists[1])}


def _lists(pair: Pair, history: History, asked: NDArray) -> list[set[int]]:
    found = []
    for customer in asked.tolist():
        scores = pair[1] @ pair[0][customer]
        scores[history.owned[customer].indices] = -np.inf
        found.append(set(np.argsort(-scores, kind="stable")[:PLACES].tolist()))
    return found


def _common(left: list[set[int]], right: list[set[int]]) -> float:
    return round(float(np.mean([len(a & b) / PLACES for a, b in zip(left, right, strict=True)])), 3)


# --- what it takes ----------------------------------------------------------------------------------------


@dataclass
class Clock:
    """Seconds of each step, told by the progress of a training."""

    step: str = "read"
    since: float = field(default_factory=perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, step: str, share: float = 0.0) -> None:
        moment = perf_counter()
        self.seconds[self.step] = round(self.seconds.get(self.step, 0.0) + moment - self.since, 2)
        self.step, self.since = step, moment


def growth(spark: Any, data: Interactions, place: str) -> dict[str, Any]:
    """Seconds of reading and training here and on Spark, from the same Parquet; `same` are equal counts."""
    settings = EngineSettings(holdout_customers=0)
    write_rows(rows_of(data), place, by_day=False)
    clock, began = Clock(), _cpu(spark)
    here = train(table_at(place), settings, clock)
    there_clock, between = Clock(), _cpu(spark)
    there = Cluster.read(spark, place).train(settings, there_clock)
    ended = _cpu(spark)
    same = {name: _equal(here.parts[name], there.parts[name]) for name in ("popular", "complements")}
    return {
        "rows": len(data),
        "customers": len(data.customers),
        "products": len(data.products),
        "local": {**_summed(clock.seconds), "cpu": round(between - began, 1)},
        "spark": {**_summed(there_clock.seconds), "cpu": round(ended - between, 1)},
        "same": same,
    }


def _cpu(spark: Any) -> float:
    """CPU seconds of this process and of the Java beside it, where the system tells them."""
    own = process_time()
    try:
        java = Path(f"/proc/{spark.sparkContext._gateway.proc.pid}/stat").read_text()
    except (OSError, AttributeError):
        return own
    ticks = java.rpartition(")")[2].split()[11:13]
    return own + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _equal(left: Arrays, right: Arrays) -> bool:
    exact = (name for name in left if name != "strength")
    return all(np.array_equal(left[name], right[name]) for name in exact) and np.allclose(
        left.get("strength", 0), right.get("strength", 0), rtol=1e-5
    )


def _summed(seconds: dict[str, float]) -> dict[str, float]:
    named = {name: seconds.get(name, 0.0) for name in ("read", *SHARED)}
    total = round(sum(seconds.values()), 2)
    return {**named, "the rest": round(total - sum(named.values()), 2), "all": total}


def rows_of(data: Interactions) -> Iterator[dict[str, list[Any]]]:
    """The rows as columns of plain cells, in chunks."""
    names = {
        columns.CUSTOMER: list(data.customers),
        columns.PRODUCT: data.products.names,
        columns.CATEGORY: data.categories.names,
    }
    for start in range(0, len(data), CHUNK):
        part = slice(start, start + CHUNK)
        cells: dict[str, Any] = {
            name: _named(getattr(data, name)[part].tolist(), known.__getitem__)
            for name, known in names.items()
        }
        cells |= {
            columns.ORDER: _named(data.order[part].tolist(), str),
            columns.SESSION: _named(data.session[part].tolist(), str),
            columns.KIND: [columns.KINDS[kind] for kind in data.kind[part].tolist()],
            columns.AT: data.at[part].tolist(),
            columns.QUANTITY: data.quantity[part],
            columns.PRICE: data.price[part].astype(np.float64),
        }
        yield cells


def _named(codes: list[int], name: Callable[[int], str]) -> list[str]:
    return [name(code) if code >= 0 else "" for code in codes]
