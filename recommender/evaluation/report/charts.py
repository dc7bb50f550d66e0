"""Which charts a table makes."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.evaluation.compare import ENGINE, Table
from recommender.evaluation.goals import Check
from recommender.evaluation.report import svg
from recommender.evaluation.report.words import TASKS, metric_name


def methods_chart(table: Table) -> str:
    """Every method in the main metric, best first."""
    rows = sorted(table.rows, key=lambda row: -row.metrics[table.metric].value)
    marks = [svg.Mark(row.name, row.metrics[table.metric], row.name.startswith(ENGINE)) for row in rows]
    return svg.bars(f"{TASKS[table.task][0]}: {metric_name(table.metric)}", marks, "bar: mean, line: 5-95 %")


def ratios_chart(table: Table) -> str:
    """The engine against every other method; empty without the engine."""
    given = table.ratios.get(table.metric, {})
    if not given:
        return ""
    ordered = sorted(given.items(), key=lambda pair: pair[1].value)
    marks = [svg.Mark(name, interval) for name, interval in ordered]
    return svg.ratios(
        f"Engine divided by each, {metric_name(table.metric)}", marks, "1 = equal, line: 5-95 %"
    )


def goals_chart(data: str, found: Iterable[Check]) -> str:
    """Every condition on one history that is a ratio, with what it has to reach."""
    marks = [
        svg.Mark(
            f"{check.goal} {TASKS[check.task][0]}, {metric_name(check.what)}",
            check.interval,
            goal=check.least or check.most,
            behind=not check.met,
        )
        for check in found
        if check.data == data and check.most != 0
    ]
    return svg.ratios(f"Goals on {data}", marks, "engine / reference; upright: goal, dashed: equal")
