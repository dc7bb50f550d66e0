"""The goals of quality: what has to be reached against which reference, and whether it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.evaluation.bootstrap import Interval
from recommender.evaluation.compare import ENGINE, Table
from recommender.evaluation.tasks import COLD, COMPLEMENTS, NEW, NEXT_BASKET, SESSION

MANY_REPEATS = 0.4  # share of repeats in a basket above which goal 1 asks for more
SESSIONS_WON = 1.03  # on one history; SESSIONS_KEPT on every other
SESSIONS_KEPT = 1.0


@dataclass(frozen=True)
class Check:
    """One condition of a goal. `interval` is [value, low, high]; a count has no range."""

    goal: int
    task: str
    data: str
    what: str
    rival: str
    interval: Interval
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """The unfavourable end of the range passes."""
        above = self.least is None or self.interval.low >= self.least
        return above and (self.most is None or self.interval.high <= self.most)

    @property
    def wanted(self) -> str:
        """As in ">= 1.05"."""
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "goal": self.goal, "task": self.task, "data": self.data, "what": self.what, "rival": self.rival,
            "interval": self.interval.as_list(), "wanted": self.wanted, "met": self.met,
        }  # fmt: skip


def checks(tables: Mapping[str, Mapping[str, Table]]) -> list[Check]:
    """Conditions of goals 1 to 5 for what was measured: data -> task -> table."""
    found: list[Check] = []
    for data, by_task in tables.items():
        for task, make in _MAKERS.items():
            if task in by_task:
                found += make(data, by_task[task])
    return sorted([*found, *_sessions(tables)], key=lambda check: check.goal)


def missed(found: Iterable[Check]) -> list[Check]:
    """Those that were not met."""
    return [check for check in found if not check.met]


def _next_basket(data: str, table: Table) -> list[Check]:
    least = 1.05 if table.facts["repeat_share"] > MANY_REPEATS else 1.0
    return [_against_best(1, data, table, "ndcg@10", least)]


def _new(data: str, table: Table) -> list[Check]:
    return [_against_best(2, data, table, "recall@10", 1.1)]


def _complements(data: str, table: Table) -> list[Check]:
    ours, theirs = table.row(ENGINE), table.row("pair counts")
    wider = ours.coverage / theirs.coverage if ours and theirs and theirs.coverage else 0.0
    return [
        _against_best(3, data, table, "hr@10", 0.97),
        Check(3, COMPLEMENTS, data, "coverage", "pair counts", _exact(wider), least=1.25),
    ]


def _cold(data: str, table: Table) -> list[Check]:
    counts = [
        Check(5, COLD, data, what.replace("_", " "), "nobody", _exact(table.facts[what]), most=0)
        for what in ("empty_lists", "sold_out_shown")
    ]
    return [_against_best(5, data, table, "recall@10", 1.1), *counts]


_MAKERS = {NEXT_BASKET: _next_basket, NEW: _new, COMPLEMENTS: _complements, COLD: _cold}


def _sessions(tables: Mapping[str, Mapping[str, Table]]) -> list[Check]:
    """MRR has to be won on one history and kept on every other; hit rate and speed everywhere."""
    measured = {data: by_task[SESSION] for data, by_task in tables.items() if SESSION in by_task}
    won = max(measured, key=lambda data: _low(measured[data]), default="")
    found: list[Check] = []
    for data, table in measured.items():
        least = SESSIONS_WON if data == won else SESSIONS_KEPT
        found.append(_against_best(4, data, table, "mrr@20", least))
        found.append(_against_best(4, data, table, "hr@20", 1.0))
        ours, theirs = table.row(ENGINE), table.row("VMIS-kNN")
        if ours and theirs:
            slower = ours.more["cpu_p99_ms"] / max(theirs.more["cpu_p99_ms"], 1e-9)
            found.append(Check(4, SESSION, data, "CPU p99", "VMIS-kNN", _exact(slower), most=2.0))
    return found


def _low(table: Table) -> float:
    return table.ratio.low if table.ratio else 0.0


def _against_best(goal: int, data: str, table: Table, metric: str, least: float) -> Check:
    rival = table.best_rival or ""
    return Check(goal, table.task, data, metric, rival, table.ratios[metric][rival], least=least)


def _exact(value: float) -> Interval:
    return Interval(float(value), float(value), float(value))
