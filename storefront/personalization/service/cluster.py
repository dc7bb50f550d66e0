"""Training on Spark: the shop's rows are handed over as Parquet, the same artifact comes back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from storefront.core.errors import Refusal
from storefront.personalization.errors import NotEnoughHistory
from storefront.personalization.service.engine import models_folder
from storefront.personalization.service.feed import interactions

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SparkRun:
    """Where Spark runs (without `master`: as spark-submit says, else on this machine), and what it reads.

    `source` is Parquet that is there already; else the shop's rows are written, into `handover` where they
    stay, or into the instance folder for as long as the run takes.
    """

    master: str | None = None
    source: str | None = None
    handover: str | None = None


def learn_on_spark(run: SparkRun, choose: Callable[[Any], Any], progress: Progress | None = None) -> Any:
    """Train on Spark; `choose` gives the settings for what was read. Raises Refusal saying what to do."""
    from recommender.errors import BadInteractions, MissingExtra, TrainingFailed
    from recommender.spark.run import opened
    from recommender.spark.session import require

    try:
        require()
        with _rows_of(run) as source, opened(source, master=run.master, progress=progress) as cluster:
            return cluster.train(choose(cluster.data), progress)
    except (BadInteractions, MissingExtra, TrainingFailed) as error:
        raise Refusal(str(error)) from error


@contextmanager
def _rows_of(run: SparkRun) -> Iterator[str]:
    if run.source:
        yield run.source
    elif run.handover:
        yield _handed_over(run.handover)
    elif run.master and not run.master.startswith("local"):
        raise Refusal(
            "the machines of a cluster cannot read this one's instance folder: name a place that all of them "
            "see with --handover, or rows that are there already with --input"
        )
    else:
        folder = models_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="spark-", dir=folder.parent) as place:
            yield _handed_over(place, by_day=False)


def _handed_over(place: str, *, by_day: bool = True) -> str:
    from recommender.tables import write_rows

    if not write_rows(interactions(), place, by_day=by_day):
        raise NotEnoughHistory(
            _(
                "There is no order history to learn from yet (%(reason)s). Import orders first.",
                reason="the table has no rows",
            )
        )
    # pyarrow says s3, Hadoop says s3a
    return place.replace("s3://", "s3a://", 1) if place.startswith("s3://") else place
