"""Lists of whatever is measured: the engine asked as a shop asks it, references by their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from recommender.engine import Engine
from recommender.evaluation.forgetting import on_their_own
from recommender.evaluation.purchases import Codes
from recommender.evaluation.references.contract import Reference
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import NEW, NEXT_BASKET, Task, top
from recommender.settings import EngineSettings

SURFACE_OF = {NEXT_BASKET: "next_basket", NEW: "new_for_you"}
BLOCK = 200  # users scored at a time
PLACES = 10
Settings = EngineSettings | Mapping[str, Any] | None


@dataclass(frozen=True)
class Answer:
    """Lists (users x places, product places of the population, -1 empty) and what they took."""

    name: str
    lists: Codes
    train_seconds: float
    seconds: float


def of_reference(
    made: Reference, split: Split, tasks: Mapping[str, Task], n: int = PLACES
) -> dict[str, Answer]:
    """Fit once and answer every task."""
    started = perf_counter()
    made.fit(split.before)
    fitted = perf_counter() - started
    return {name: _timed(made.name, fitted, partial(_best, made, task, n)) for name, task in tasks.items()}


def of_engine(
    engine: Engine, split: Split, tasks: Mapping[str, Task], *, name: str = "engine", n: int = PLACES,
    train_seconds: float = 0.0,
) -> dict[str, Answer]:  # fmt: skip
    """Ask a trained engine for the surface of each task, with the population's products allowed.

    What is hidden is the engine's own affair: of `new` it may show what was bought and came back, which is
    never right.
    """
    return {
        task: _timed(name, train_seconds, partial(_asked, engine, split, chosen, n))
        for task, chosen in tasks.items()
    }


def train_on(split: Split, settings: Settings = None) -> tuple[Engine, float]:
    """The engine trained on exactly the rows that the references see, and the seconds it took."""
    from recommender import train

    started = perf_counter()
    engine = train(on_their_own(split.training_rows), settings)
    return engine, perf_counter() - started


def _timed(name: str, fitted: float, ask: Callable[[], Codes]) -> Answer:
    started = perf_counter()
    lists = ask()
    return Answer(name, lists, fitted, perf_counter() - started)


def _best(made: Reference, task: Task, n: int) -> Codes:
    parts = []
    for start in range(0, len(task.users), BLOCK):
        block = slice(start, start + BLOCK)
        scores = np.array(made.scores(task.users[block]), np.float64)
        if task.hidden is not None:
            rows, products = task.hidden[block].nonzero()
            scores[rows, products] = -np.inf
        parts.append(top(scores, n))
    return np.concatenate(parts)


def _asked(engine: Engine, split: Split, task: Task, n: int) -> Codes:
    data, before = split.data, split.before
    place = {data.products.name(int(code)): i for i, code in enumerate(before.products)}
    allowed = engine.mask(place)
    names = [data.customers.name(int(before.users[user])) for user in task.users]
    answered = engine.for_customers(names, SURFACE_OF[task.name], n, allowed=allowed)
    lists = np.full((len(names), n), -1, np.int64)
    for row, name in enumerate(names):
        shown = [place[item.product] for item in answered[name]]
        lists[row, : len(shown)] = shown
    return lists
