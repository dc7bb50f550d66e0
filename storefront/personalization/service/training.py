"""A training run: feed, train, check, publish. Web processes notice the new pointer by themselves."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from flask_babel import gettext as _

from storefront.core import clock
from storefront.personalization.errors import NotEnoughHistory, SuspiciousEngine
from storefront.personalization.service.cluster import SparkRun, learn_on_spark
from storefront.personalization.service.engine import holder, models_folder
from storefront.personalization.service.feed import interactions, leave_out_rushes
from storefront.personalization.service.fitness import newest_orders

Progress = Callable[[str, float], None]
VERSION = "%Y%m%dT%H%M%S%fZ"  # an engine is named by when it was made


@dataclass(frozen=True)
class TrainingReport:
    """What `regulars train` says: `seconds` of the whole run, `peak_rss_mb` of this process.

    `exploration`: how many products are `new_products`, and `places` that go to them `of` the places of
    personal lists, with their `share`, measured on a sample of customers.
    """

    version: str
    rows: int
    customers: int
    products: int
    seconds: float
    peak_rss_mb: float
    metrics: dict[str, Any]
    exploration: dict[str, Any]
    tuned: str | None = None  # the day before which the models that chose the weights had learned


def train_shop(
    progress: Progress | None = None,
    *,
    force: bool = False,
    tune: bool = False,
    spark: SparkRun | None = None,
) -> TrainingReport:
    """Train on everything the shop knows, here or on Spark, and publish the result.

    `tune` first chooses weights on the newest weeks; without it the last choice is used again.
    Raises NotEnoughHistory when there is nothing to learn from, and SuspiciousEngine when the result is much
    smaller or worse than the engine in use (unless `force`). In both cases the engine in use stays.
    """
    from recommender import sanity
    from recommender.publishing import check, publish

    started = perf_counter()
    before = holder().current()
    leave_out_rushes()
    choose = partial(_settings, before=before, progress=progress, tune=tune)
    engine = learn_on_spark(spark, choose, progress) if spark else _learn_here(choose, progress)
    doubts = [*check(engine, before), *sanity.doubts(engine, before, newest_orders())]
    if doubts and not force:
        raise SuspiciousEngine(doubts)
    moment = clock.now()
    published = publish(
        engine, models_folder(), moment.strftime(VERSION), created=moment.isoformat(timespec="seconds")
    )
    holder().look_again()
    return TrainingReport(
        version=published.name,
        rows=engine.report.rows,
        customers=engine.report.customers,
        products=engine.report.products,
        seconds=round(perf_counter() - started, 2),
        peak_rss_mb=peak_rss_mb(),
        metrics=dict(engine.metrics),
        exploration=explored(engine.report),
        tuned=engine.settings.tuned,
    )


def explored(report: Any) -> dict[str, Any]:
    """What training measured of places given to new products, with their share (0 to 1) of all places."""
    found = {"new_products": 0, "places": 0, "of": 0, **report.exploration}
    return {**found, "share": round(found["places"] / found["of"], 4) if found["of"] else 0.0}


def _learn_here(choose: Callable[[Any], Any], progress: Progress | None) -> Any:
    from recommender import Interactions, train
    from recommender.errors import BadInteractions

    try:
        data = Interactions.read(interactions())
    except BadInteractions as error:
        raise NotEnoughHistory(
            _(
                "There is no order history to learn from yet (%(reason)s). Import orders first.",
                reason=str(error),
            )
        ) from error
    return train(data, choose(data), progress)


def _settings(data: Any, before: Any, progress: Progress | None, *, tune: bool) -> Any:
    """Freshly chosen weights, else those that the engine in use was trained with."""
    from recommender import EngineSettings
    from recommender import tune as choose
    from recommender.training.tuning import kept_choice

    if tune:
        return choose(data, EngineSettings(), progress)
    return EngineSettings.of(kept_choice(before.settings if before is not None else None))


def peak_rss_mb() -> float:
    """The most memory this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
