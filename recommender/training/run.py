"""A training run: every model fitted in turn, then the offline metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from recommender import exploring
from recommender.catalogue import day_text
from recommender.engine import Engine, Report
from recommender.errors import BadInteractions
from recommender.interactions import Interactions
from recommender.settings import EngineSettings
from recommender.training import (
    arrivals,
    catalogue,
    companions,
    complements,
    content,
    followers,
    habits,
    holdout,
    neighbours,
    popular,
    premium,
    sessions,
    substitutes,
    taste,
)
from recommender.training.history import History

Progress = Callable[[str, float], None]
Parts = dict[str, dict[str, NDArray[Any]]]
Fits = Mapping[str, Callable[[History], dict[str, NDArray[Any]]]]

_SIMPLE = {
    "catalogue": catalogue.fit,
    "popular": popular.fit,
    "habits": habits.fit,
    "followers": followers.fit,
    "complements": complements.fit,
    "companions": companions.fit,
    "neighbours": neighbours.fit,
    "content": content.fit,
    "arrivals": arrivals.fit,
    "taste": taste.fit,
    "sessions": sessions.fit,
    "premium": premium.fit,
}


def train(
    data: Interactions | Any,
    settings: EngineSettings | Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Engine:
    """Fit every model and measure them on the newest weeks.

    Anything that `Interactions.read` takes is read first. `progress(step, share done)` is called before each
    step and at the end. Equal data and settings give equal artifacts, byte by byte. Raises BadInteractions,
    BadSettings, MissingExtra.
    """
    chosen = EngineSettings.of(settings)
    if not isinstance(data, Interactions):
        data = Interactions.read(data)
    if not len(data):
        raise BadInteractions("the table has no rows")
    return train_history(History.of(data, chosen), progress)


def train_history(
    history: History, progress: Progress | None = None, fits: Fits | None = None, rows: int | None = None
) -> Engine:
    """The same on a history that is prepared already. `fits` fit some models elsewhere, by name; `rows` is
    how many there were, where the history holds fewer.
    """
    data, tell = history.data, progress or (lambda step, share: None)
    parts = _fitted(history, tell, {**_SIMPLE, **(fits or {})})
    tell("metrics", 0.8)
    measured = holdout.evaluate(history)
    report = Report(
        rows=len(data) if rows is None else rows,
        customers=len(data.customers),
        products=len(data.products),
        baskets=len(history.kept.size),
        dated_later=history.dated_later,
        metrics=measured,
    )
    engine = Engine(parts, history.settings, report)
    engine.report = replace(report, exploration=exploring.measured(engine, day_text(history.as_of)))
    tell("done", 1.0)
    return engine


def _fitted(history: History, tell: Progress, fits: Fits) -> Parts:
    names = history.data.customers
    parts: Parts = {"customers": {"text": names.blob, "offsets": names.offsets}, "next_price": {}}
    for step, (name, fit) in enumerate(fits.items()):
        tell(name, 0.7 * step / len(fits))
        parts[name] = fit(history)
    tell("substitutes", 0.7)
    parts["substitutes"] = substitutes.fit(history, parts["complements"], parts["taste"])
    parts["companions"] |= companions.callers(
        *(parts[name] for name in ("complements", "neighbours", "substitutes"))
    )
    return parts
