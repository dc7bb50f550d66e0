"""A training run whose heavy steps are Spark's. The artifact is the same; serving cannot tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.engine import Engine
from recommender.interactions import Interactions
from recommender.settings import EngineSettings
from recommender.spark import counting, factors
from recommender.spark.rows import clean_rows, needed_here, today
from recommender.spark.session import spark_session
from recommender.training import complements, neighbours, popular, taste
from recommender.training import factors as local
from recommender.training.history import History
from recommender.training.run import Progress, train_history


@dataclass(frozen=True)
class Cluster:
    """Rows on Spark, and `data`, the part of them that models fitted in this process look at.

    `count` is the number of all rows, each counted once; `as_of` what they call today.
    """

    spark: Any
    rows: Any
    data: Interactions
    count: int
    as_of: int

    @classmethod
    def read(cls, spark: Any, source: str, sessions: int = EngineSettings.sessions_kept) -> Cluster:
        """Check and reduce the rows in `source`. Raises BadInteractions."""
        rows = clean_rows(spark, source).persist()
        count, as_of = today(rows)
        return cls(spark, rows, needed_here(rows, sessions), count, as_of)

    def train(self, settings: EngineSettings, progress: Progress | None = None) -> Engine:
        """Popularity, pairs, item-to-item and factors by Spark; every other model here, from `data`."""
        history = History.of(self.data, settings)
        if settings.as_of is None:
            history = History(self.data, settings, self.as_of)
        return train_history(history, progress, self._fits(), rows=self.count)

    def _fits(self) -> dict[str, Callable[[History], dict[str, NDArray[Any]]]]:
        return {
            "popular": self.popular,
            "complements": partial(complements.fit, count=self._pairs),
            "neighbours": partial(neighbours.fit, near=self._near),
            "taste": partial(taste.fit, als=partial(factors.als, self.spark)),
        }

    def popular(self, history: History) -> dict[str, NDArray[Any]]:
        """Scores as `training.popular` has them, looks of everybody included."""
        kept = history.kept
        lines = counting.frame_of(self.spark, product=kept.product, customer=kept.customer, at=kept.at)
        score = counting.sold(lines, history) + popular.worth_of_looks(counting.seen(self.rows, history))
        return {"score": score.astype(np.float32)}

    def _pairs(self, history: History, lines: complements.Lines) -> Iterator[complements.Counts]:
        yield counting.pairs(self.spark, history, lines, history.settings.min_buyers)

    def _near(self, history: History) -> neighbours.Near:
        weights = local.bm25(history.owned.astype(np.float64))
        return counting.likeness(self.spark, weights, history.settings.neighbours_kept + 1)


@contextmanager
def opened(source: str, *, master: str | None = None, progress: Progress | None = None) -> Iterator[Cluster]:
    """Start Spark on the rows in `source` (Parquet: a file, a folder, or an address that Spark knows).

    Raises MissingExtra, BadInteractions, TrainingFailed. Spark is stopped at the end.
    """
    tell = progress or (lambda step, share: None)
    tell("starting Spark", 0.0)
    with spark_session(master) as spark:
        tell("reading", 0.0)
        yield Cluster.read(spark, source)
