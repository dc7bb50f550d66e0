"""Who buys what with what: interactions in, ranked and explained lists out. README.md has the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recommender.artifacts import load
from recommender.engine import SURFACES, Engine
from recommender.evidence import Evidence, Recommendation
from recommender.facts import Fact
from recommender.interactions import Interactions
from recommender.settings import EngineSettings

__all__ = [
    "SURFACES",
    "Engine",
    "EngineSettings",
    "Evidence",
    "Fact",
    "Interactions",
    "Recommendation",
    "load",
    "train",
    "tune",
]


def train(
    data: Interactions | Any,
    settings: EngineSettings | Mapping[str, Any] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Engine:
    """Fit every model on the data; see `recommender.training.run.train`, loaded only when called."""
    from recommender.training.run import train as run

    return run(data, settings, progress)


def tune(
    data: Interactions | Any,
    settings: EngineSettings | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> EngineSettings:
    """Choose weights on the newest weeks; see `recommender.training.tuning.tune`, loaded only when called."""
    from recommender.training.tuning import tune as run

    return run(data, settings, progress)
