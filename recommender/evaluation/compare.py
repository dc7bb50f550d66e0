"""One table: every method on one task, with intervals, and the engine against the best of its rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation import measures
from recommender.evaluation.answers import PLACES, Answer, Settings, of_engine, of_reference, train_on
from recommender.evaluation.bootstrap import Interval, Resamples
from recommender.evaluation.references.registry import ALL, RIVALS, usable
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import NEW, NEXT_BASKET, Task, new_products, next_basket, repeat_share

ENGINE = "engine"
GOAL_METRIC = {NEXT_BASKET: "ndcg@10", NEW: "recall@10"}
MAKERS = {NEXT_BASKET: next_basket, NEW: new_products}
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Row:
    """One method of a task."""

    name: str
    metrics: Mapping[str, Interval]
    coverage: float
    train_seconds: float
    answer_ms: float


@dataclass(frozen=True)
class Table:
    """A task's result. `ratios` are the engine divided by each other method, in the goal's metric."""

    task: str
    people: int
    facts: Mapping[str, Any]
    rows: tuple[Row, ...]
    metric: str
    best_rival: str | None
    ratios: Mapping[str, Interval] = field(default_factory=dict)

    @property
    def ratio(self) -> Interval | None:
        """The engine against the best rival."""
        return self.ratios.get(self.best_rival) if self.best_rival else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; intervals are [value, low, high]."""
        rows = [
            {
                "method": row.name,
                "metrics": {name: interval.as_list() for name, interval in row.metrics.items()},
                "coverage": round(row.coverage, 5),
                "train_seconds": round(row.train_seconds, 3),
                "answer_ms": round(row.answer_ms, 4),
            }
            for row in self.rows
        ]
        ratios = {name: interval.as_list() for name, interval in self.ratios.items()}
        return {
            "task": self.task, "people": self.people, **self.facts, "metric": self.metric,
            "best_rival": self.best_rival, "ratios": ratios, "methods": rows,
        }  # fmt: skip


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
    """Measure the engine and the references on personal tasks. Raises TooLittleHistory.

    `references` defaults to all that can be fitted here; `engine=False` leaves the engine out.
    """
    say = tell or (lambda step, share: None)
    say("split", 0.0)
    tasks = {name: MAKERS[name](split) for name in names}
    chosen = tuple(ALL) if references is None else tuple(references)
    chosen = usable(chosen, len(split.before.products), quick=quick)
    answers: dict[str, list[Answer]] = {name: [] for name in tasks}
    steps = len(chosen) + engine
    for step, reference in enumerate(chosen):
        say(reference, step / steps)
        _collect(answers, of_reference(ALL[reference](), split, tasks))
    if engine:
        say(ENGINE, (steps - 1) / steps)
        trained, seconds = train_on(split, settings)
        _collect(answers, of_engine(trained, split, tasks, train_seconds=seconds))
    say("intervals", 0.98)
    return {name: table(split, task, answers[name]) for name, task in tasks.items()}


def _collect(answers: dict[str, list[Answer]], more: Mapping[str, Answer]) -> None:
    for task, answer in more.items():
        answers[task].append(answer)


def table(split: Split, task: Task, answers: Iterable[Answer]) -> Table:
    """Metrics of the given answers to one task."""
    given = list(answers)
    metric = GOAL_METRIC[task.name]
    values = {answer.name: person_values(split, task, answer.lists) for answer in given}
    drawn = {name: Resamples({m: v[name] for m, v in values.items()}) for name in _metric_names(values)}
    rows = tuple(
        Row(
            answer.name,
            {name: drawn[name].of(answer.name) for name in drawn},
            measures.coverage(answer.lists, len(split.before.products)),
            answer.train_seconds,
            1000 * answer.seconds / max(len(task), 1),
        )
        for answer in given
    )
    goal = drawn[metric]
    others = [answer.name for answer in given if answer.name != ENGINE]
    rivals = [name for name in others if name in RIVALS[task.name]]
    best = max(rivals, key=lambda name: goal.mean[name], default=None)
    ratios = {name: goal.ratio(ENGINE, name) for name in others} if ENGINE in values else {}
    facts = {**split.described(), "repeat_share": round(repeat_share(split), 4)}
    return Table(task.name, len(task), facts, rows, metric, best, ratios)


def person_values(split: Split, task: Task, lists: NDArray) -> dict[str, NDArray[np.float64]]:
    """Every metric of every person."""
    before = split.before
    owned = before.counts[task.users]
    return {
        **measures.per_person(lists, task.wanted, PLACES),
        "novelty": measures.novelty(lists, before.sold),
        "long_tail": measures.long_tail(lists, before.sold),
        "price_calibration": measures.price_calibration(lists, owned, prices(split)),
    }


def prices(split: Split) -> NDArray[np.float64]:
    """The last known price before the window of each product of the population, 0 without one."""
    known = split.known
    rows = np.flatnonzero(known.price > 0)
    rows = rows[np.argsort(known.at[rows], kind="stable")]
    last = np.zeros(len(split.data.products))
    last[known.product[rows]] = known.price[rows]
    return last[split.before.products]


def _metric_names(values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(next(iter(values.values()), {}))


def as_text(result: Table) -> str:
    """The table in plain text: mean, interval, and the engine's ratio to each method."""
    shown = ("recall@10", "ndcg@10", "hr@10", "mrr@10")
    facts = result.facts
    lines = [
        f"{result.task}: {result.people:,} people, {facts['products']:,} products, window {facts['from']} to "
        f"{facts['until']}, repeat share {facts['repeat_share']:.0%}; ratios in {result.metric}",
        f"{'':<14}" + "".join(f"{name:>24}" for name in shown) + f"{'coverage':>10}{'ratio':>24}",
    ]
    for row in result.rows:
        cells = "".join(f"{_span(row.metrics[name]):>24}" for name in shown)
        ratio = _span(result.ratios[row.name], 3) if row.name in result.ratios else ""
        mark = " <" if row.name == result.best_rival else ""
        lines.append(f"{row.name:<14}{cells}{row.coverage:>10.3f}{ratio:>24}{mark}")
    return "\n".join(lines)


def _span(interval: Interval, digits: int = 4) -> str:
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f}-{interval.high:.{digits}f})"
