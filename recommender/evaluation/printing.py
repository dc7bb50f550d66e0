"""Tables in plain text."""

from __future__ import annotations

from recommender.evaluation.bootstrap import Interval
from recommender.evaluation.compare import Row, Table
from recommender.evaluation.goals import Check

_WIDTH = 24


def as_text(result: Table) -> str:
    """Method by method: mean and 5-95 % range, coverage, and the engine's ratio; "<" marks the best rival."""
    shown = [name for name in _metrics(result) if name.partition("@")[0] in ("recall", "ndcg", "hr", "mrr")]
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.facts.items())
    head = f"{'':<20}" + "".join(f"{name:>{_WIDTH}}" for name in shown)
    lines = [
        f"{result.task}: {result.people:,} people, {result.questions:,} questions; ratio in {result.metric}",
        f"  {facts}",
        head + f"{'coverage':>10}{'engine / this':>{_WIDTH}}",
    ]
    return "\n".join([*lines, *(_line(result, row, shown) for row in result.rows)])


def _line(result: Table, row: Row, shown: list[str]) -> str:
    cells = "".join(f"{span(row.metrics[name]):>{_WIDTH}}" for name in shown)
    ratio = result.ratios.get(result.metric, {}).get(row.name)
    mark = " <" if row.name == result.best_rival else ""
    more = "".join(f"  {name} {value:.3f}" for name, value in row.more.items())
    told = span(ratio, 3) if ratio else ""
    return f"{row.name:<20}{cells}{row.coverage:>10.3f}{told:>{_WIDTH}}{mark}{more}"


def _metrics(result: Table) -> list[str]:
    named = list(result.rows[0].metrics) if result.rows else []
    return [name for name in named if not name.startswith("ndcg_cut")]


def span(interval: Interval, digits: int = 4) -> str:
    """0.1234 (0.1200-0.1300)."""
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f}-{interval.high:.{digits}f})"


def check_line(check: Check) -> str:
    """One condition of a goal in one line."""
    verdict = "met   " if check.met else "MISSED"
    against = f"{check.task} on {check.data}: {check.what} / {check.rival}"
    exact = check.interval.low == check.interval.high
    told = f"{check.interval.value:.3f}" if exact else span(check.interval, 3)
    return f"{verdict} goal {check.goal}  {told}  wanted {check.wanted}  ({against})"
