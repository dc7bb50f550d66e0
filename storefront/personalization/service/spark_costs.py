"""`regulars bench spark`: training on Spark beside training here as histories grow; how alike lists are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storefront.core.errors import Refusal
from storefront.personalization.service.benching import history_name
from storefront.personalization.service.costs import Advance
from storefront.personalization.service.histories import read_history
from storefront.personalization.service.machine import machine

ROWS = (100_000, 1_000_000)
QUICK_ROWS = (20_000,)


@dataclass
class SparkCosts:
    """One line per size of an invented history, and per history given how much of the lists is common."""

    growth: list[dict[str, Any]] = field(default_factory=list)
    overlap: dict[str, dict[str, float]] = field(default_factory=dict)
    began: dict[str, Any] = field(default_factory=machine)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {"bench": "spark", "growth": self.growth, "overlap": self.overlap, "machine": self.began}

    def as_text(self) -> str:
        """The same for people, as tables that a page of documentation can hold."""
        lines: list[str] = []
        if self.growth:
            names = list(self.growth[0]["local"])
            lines = [_row(["interactions", "seconds", *names, "counts"]), _row(["---"] * (len(names) + 3))]
        for one in self.growth:
            same = "equal" if all(one["same"].values()) else "differ"
            for way in ("local", "spark"):
                figures = [f"{value:.1f}" for value in one[way].values()]
                lines.append(_row([f"{one['rows']:,}", way, *figures, same if way == "spark" else ""]))
        for name, shares in self.overlap.items():
            theirs, ours = shares["spark_and_local"], shares["two_seeds"]
            lines.append(f"{name}: of ten new products by factors, Spark and local share {theirs:.1%},")
            lines.append(f"two local runs with different seeds {ours:.1%}")
        return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bench_spark(
    files: Iterable[Path] = (),
    rows: Iterable[int] = (),
    *,
    master: str | None = None,
    quick: bool = False,
    advance: Advance | None = None,
) -> SparkCosts:
    """Measure on invented histories of so many rows, and compare the lists on the files.

    Raises Refusal when Spark is not there or a file cannot be read.
    """
    from recommender.errors import RecommenderError
    from recommender.spark.session import require, spark_session

    say = advance or (lambda step, share: None)
    sizes = list(rows) or ([] if files else list(QUICK_ROWS if quick else ROWS))
    try:
        require()
        say("starting Spark", 0.0)
        with spark_session(master) as spark:
            return _measured(spark, list(files), sizes, say)
    except RecommenderError as error:
        raise Refusal(str(error)) from error


def _measured(spark: Any, files: list[Path], sizes: list[int], say: Advance) -> SparkCosts:
    from recommender import EngineSettings
    from recommender.evaluation.synthetic import history
    from recommender.spark.compare import growth, overlap

    found, steps = SparkCosts(), len(files) + len(sizes) + 1
    if sizes:
        say("warming up", 0.0)
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as place:
            growth(spark, history(5_000), place)
    for step, size in enumerate(sizes, 1):
        say(f"{size:,} interactions", step / steps)
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as place:
            found.growth.append(growth(spark, history(size), place))
    for step, path in enumerate(files, len(sizes) + 1):
        say(path.name, step / steps)
        found.overlap[history_name(path)] = overlap(spark, read_history(path)[0], EngineSettings())
    return found
