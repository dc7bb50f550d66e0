"""What a bench of costs found: figures beside their reference, the goals' conditions, and what it ran on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storefront.core import clock
from storefront.personalization.service.machine import machine

if TYPE_CHECKING:
    from recommender.evaluation.goals import Check

Advance = Callable[[str, float], None]
Line = dict[str, Any]  # as recommender.evaluation.timing makes it, with `name` and `data` before


@dataclass
class Costs:
    """One bench. `lines` hold ours, the reference, their ratio and the noise floor: [median, low, high]."""

    bench: str
    quick: bool = False
    lines: list[Line] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    began: dict[str, Any] = field(default_factory=machine)
    at: str = field(default_factory=lambda: clock.now().isoformat(timespec="minutes"))

    @property
    def missed(self) -> list[Check]:
        """Conditions that were not met."""
        return [check for check in self.checks if not check.met]

    def add(self, name: str, data: str, line: Line) -> None:
        """Keep one comparison."""
        self.lines.append({"name": name, "data": data, **line})

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints; `machine` is as it was at the start, `load_after` at the end."""
        return {
            "bench": self.bench,
            "at": self.at,
            "quick": self.quick,
            "met": not self.missed,
            "checks": [check.as_dict() for check in self.checks],
            "lines": self.lines,
            "facts": self.facts,
            "notes": self.notes,
            "machine": {**self.began, "load_after": machine()["load"]},
        }

    def as_text(self) -> str:
        """The table for people: one comparison a line, then the facts, the notes and the goals."""
        from recommender.evaluation.printing import check_line

        head = f"{self.bench:<46}{'ours':>12}{'reference':>12}  {'ratio (5-95 %)':<22}A/A"
        rows = [_line(line) for line in self.lines]
        facts = [f"{name.replace('_', ' ')}: {value}" for name, value in self.facts.items()]
        return "\n".join([head, *rows, *facts, *self.notes, *map(check_line, self.checks)])


def _line(line: Line) -> str:
    name = f"{line['name']}, {line['data']}: {line['what'].replace('_', ' ')}"
    ours, reference = line["ours"][0], (line["reference"] or [float("nan")])[0]
    return f"{name:<46}{ours:>12.4g}{reference:>12.4g}  {_span(line['ratio']):<22}{_span(line['noise'])}"


def _span(interval: list[float] | None) -> str:
    return f"{interval[0]:.2f} ({interval[1]:.2f}-{interval[2]:.2f})" if interval else "-"


def condition(goal: int, bench: str, line: Line, rival: str, **bounds: float) -> Check:
    """A goal's condition on the ratio of a comparison."""
    from recommender.evaluation.bootstrap import Interval
    from recommender.evaluation.goals import Check

    what = f"{line['name']} {line['what'].replace('_', ' ')}"
    return Check(goal, bench, line["data"], what, rival, Interval(*line["ratio"]), **bounds)


def exact(goal: int, bench: str, data: str, what: str, value: float, **bounds: float) -> Check:
    """A goal's condition on one number."""
    from recommender.evaluation.bootstrap import Interval
    from recommender.evaluation.goals import Check

    return Check(goal, bench, data, what, "limit", Interval(value, value, value), **bounds)
