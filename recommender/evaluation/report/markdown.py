"""The bench of quality as Markdown with SVG files beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recommender.evaluation.compare import Row, Table
from recommender.evaluation.goals import Check
from recommender.evaluation.printing import span
from recommender.evaluation.report.charts import goals_chart, methods_chart
from recommender.evaluation.report.words import TASKS, facts_line, headline, metric_name

_OPENING = (
    "# Quality\n\nWritten by `regulars bench quality`; how it is measured: [protocol.md](protocol.md). "
    "Figures are means over people with the 5 to 95 % range of a paired bootstrap; a goal is met when the "
    "unfavourable end of the range passes.\n"
)
_GOALS = (
    "| # | Task | Data | What | Against | Engine / reference | Goal | |\n|---|---|---|---|---|---|---|---|"
)


def as_files(
    tables: Mapping[str, Mapping[str, Table]],
    found: Iterable[Check],
    machine: Mapping[str, Any],
    *,
    quick: bool,
) -> dict[str, str]:
    """File name -> text: quality.md and its charts."""
    given = list(found)
    charts = {data: f"quality-goals-{data}.svg" for data in tables}
    files = {name: goals_chart(data, given) + "\n" for data, name in charts.items()}
    parts = [_OPENING, _machine_line(machine, quick), "## Goals\n", _goals(given)]
    parts += [f"![Goals on {data}]({name})\n" for data, name in charts.items()]
    for data, by_task in tables.items():
        parts.append(f"## {data}\n")
        for task, table in by_task.items():
            name = f"quality-{data}-{task}.svg"
            files[name] = methods_chart(table) + "\n"
            parts.append(_section(table, name))
    return {"quality.md": "\n".join(parts), **files}


def _machine_line(machine: Mapping[str, Any], quick: bool) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if number)
    told = f"Python {machine['python']}, {versions}; {machine['cores']} cores, load {machine['load']}."
    return f"{told}{' A quick run on a part of the customers.' if quick else ''}\n"


def _goals(found: list[Check]) -> str:
    rows = [
        f"| {check.goal} | {TASKS[check.task][0]} | {check.data} | {metric_name(check.what)} | {check.rival} "
        f"| {_told(check)} | {check.wanted} | {'met' if check.met else '**missed**'} |"
        for check in found
    ]
    return "\n".join([_GOALS, *rows]) + "\n"


def _told(check: Check) -> str:
    exact = check.interval.low == check.interval.high
    return f"{check.interval.value:.3f}" if exact else span(check.interval, 3)


def _section(table: Table, chart: str) -> str:
    name = TASKS[table.task][0]
    metrics = [key for key in (table.rows[0].metrics if table.rows else {}) if "cut" not in key]
    heads = ["Method", *map(metric_name, metrics), "coverage", "engine / this", "train s", "ms a list"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [_row(table, row, metrics) for row in table.rows]
    return (
        f"### {name}\n\n{headline(table)}\n\n![{name}]({chart})\n\n"
        + "\n".join(lines)
        + f"\n\n{facts_line(table)}\n"
    )


def _row(table: Table, row: Row, metrics: list[str]) -> str:
    cells = [row.name, *(span(row.metrics[key]) for key in metrics), f"{row.coverage:.3f}"]
    ratio = table.ratios.get(table.metric, {}).get(row.name)
    cells += [span(ratio, 3) if ratio else "", f"{row.train_seconds:.1f}", f"{row.answer_ms:.2f}"]
    return f"| {' | '.join(cells)} |"
