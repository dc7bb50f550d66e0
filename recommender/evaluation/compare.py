"""One table per task: every method with intervals, and the engine against each of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation import measures
from recommender.evaluation.answers import Answer, Settings, of_engine, of_reference, train_on
from recommender.evaluation.bootstrap import Interval, Resamples
from recommender.evaluation.references.registry import ALL, RIVALS, usable
from recommender.evaluation.shelf import Shelf
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import (
    COLD,
    COMPLEMENTS,
    NEW,
    NEXT_BASKET,
    SESSION,
    Task,
    new_products,
    next_basket,
    repeat_share,
)

ENGINE = "engine"
MAIN_METRIC = {
    NEXT_BASKET: "ndcg@10",
    NEW: "recall@10",
    COMPLEMENTS: "hr@10",
    SESSION: "mrr@20",
    COLD: "recall@10",
}
MAKERS = {NEXT_BASKET: next_basket, NEW: new_products}
Tell = Callable[[str, float], None]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Row:
    """One method of a task. `more` are figures without interval, such as processor time."""

    name: str
    metrics: Mapping[str, Interval]
    coverage: float
    train_seconds: float
    answer_ms: float
    more: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; intervals are [value, low, high]."""
        return {
            "method": self.name,
            "metrics": {name: interval.as_list() for name, interval in self.metrics.items()},
            "coverage": round(self.coverage, 5),
            "train_seconds": round(self.train_seconds, 3),
            "answer_ms": round(self.answer_ms, 4),
            **{name: round(value, 4) for name, value in self.more.items()},
        }


@dataclass(frozen=True)
class Table:
    """A task's result. `ratios[metric][method]` is the engine divided by that method, paired by person."""

    task: str
    people: int
    questions: int
    facts: Mapping[str, Any]
    rows: tuple[Row, ...]
    metric: str
    best_rival: str | None
    ratios: Mapping[str, Mapping[str, Interval]]

    @property
    def ratio(self) -> Interval | None:
        """The engine against the best rival, in the main metric."""
        return self.ratios.get(self.metric, {}).get(self.best_rival or "")

    def row(self, name: str) -> Row | None:
        """A method's row, if it was measured."""
        return next((row for row in self.rows if row.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; intervals are [value, low, high]."""
        return {
            "task": self.task,
            "people": self.people,
            "questions": self.questions,
            **self.facts,
            "metric": self.metric,
            "best_rival": self.best_rival,
            "ratios": {
                metric: {name: interval.as_list() for name, interval in given.items()}
                for metric, given in self.ratios.items()
            },
            "methods": [row.as_dict() for row in self.rows],
        }


def compare(
    split: Split,
    names: Iterable[str] = (NEXT_BASKET, NEW),
    *,
    settings: Settings = None,
    references: Iterable[str] | None = None,
    engine: bool = True,
    quick: bool = False,
    tell: Tell | None = None,
) -> dict[str, Table]:
    """Measure the engine and the references on the personal tasks. Raises TooLittleHistory.

    `references` defaults to all that can be fitted here; `engine=False` leaves the engine out.
    """
    say = tell or (lambda step, share: None)
    say("split", 0.0)
    tasks = {name: MAKERS[name](split) for name in names}
    chosen = tuple(ALL) if references is None else tuple(references)
    chosen = usable(chosen, len(split.before.products), quick=quick)
    answers: dict[str, list[Answer]] = {name: [] for name in tasks}
    steps = max(len(chosen) + engine, 1)
    for step, reference in enumerate(chosen):
        say(reference, step / steps)
        _collect(answers, of_reference(ALL[reference](), split, tasks))
    if engine:
        say(ENGINE, (steps - 1) / steps)
        trained, seconds = train_on(split, settings)
        _collect(answers, of_engine(trained, split, tasks, train_seconds=seconds))
    say("intervals", 0.98)
    shelf = Shelf.of(split, split.before.products)
    facts = {**split.described(), "repeat_share": round(repeat_share(split), 4)}
    owned = split.before.counts
    return {
        name: table(task, shelf, answers[name], facts=facts, owned=owned[task.users])
        for name, task in tasks.items()
    }


def _collect(answers: dict[str, list[Answer]], more: Mapping[str, Answer]) -> None:
    for task, answer in more.items():
        answers[task].append(answer)


def table(
    task: Task,
    shelf: Shelf,
    answers: Iterable[Answer],
    *,
    facts: Mapping[str, Any] = NOTHING,
    owned: sparse.csr_matrix | None = None,
    every_list: Mapping[str, NDArray] = NOTHING,
    more: Mapping[str, Mapping[str, float]] = NOTHING,
) -> Table:
    """Metrics of the answers to one task.

    `every_list` holds the lists that coverage counts where these are not those of the questions.
    """
    given = list(answers)
    values = {answer.name: values_of(task, shelf, answer.lists, owned) for answer in given}
    drawn = {
        name: Resamples({method: held[name] for method, held in values.items()}, task.groups)
        for name in next(iter(values.values()), {})
    }
    rows = []
    for answer in given:
        metrics = {name: resamples.of(answer.name) for name, resamples in drawn.items()}
        covered = measures.coverage(every_list.get(answer.name, answer.lists), len(shelf))
        took = 1000 * answer.seconds / max(len(task), 1)
        own = more.get(answer.name, NOTHING)
        rows.append(Row(answer.name, metrics, covered, answer.train_seconds, took, own))
    return _summed_up(task, facts, rows, drawn)


def _summed_up(
    task: Task, facts: Mapping[str, Any], rows: list[Row], drawn: Mapping[str, Resamples]
) -> Table:
    metric = MAIN_METRIC[task.name]
    others = [row.name for row in rows if not row.name.startswith(ENGINE)]
    rivals = [name for name in others if name in RIVALS[task.name]]
    best = max(rivals, key=lambda name: drawn[metric].mean[name], default=None)
    measured = any(row.name == ENGINE for row in rows)
    ratios = _ratios(drawn, others) if measured else {}
    people = drawn[metric].people if drawn else 0
    return Table(task.name, people, len(task), facts, tuple(rows), metric, best, ratios)


def _ratios(drawn: Mapping[str, Resamples], others: list[str]) -> dict[str, dict[str, Interval]]:
    ranked = [name for name in drawn if name.partition("@")[0] in ("recall", "ndcg", "hr", "mrr")]
    return {metric: {name: drawn[metric].ratio(ENGINE, name) for name in others} for metric in ranked}


def values_of(
    task: Task, shelf: Shelf, lists: NDArray, owned: sparse.csr_matrix | None = None
) -> dict[str, NDArray[np.float64]]:
    """Every metric of every question."""
    found = {
        **measures.per_person(lists, task.wanted, task.places),
        "novelty": measures.novelty(lists, shelf.sold),
        "long_tail": measures.long_tail(lists, shelf.sold),
    }
    if owned is not None and (shelf.prices > 0).any():
        found["price_calibration"] = measures.price_calibration(lists, owned, shelf.prices)
    return found
