"""`regulars evaluate`: the engine beside the references on an order history, without a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storefront.core.errors import Refusal
from storefront.personalization.service.histories import Read, read_history
from storefront.personalization.service.machine import machine

if TYPE_CHECKING:
    from recommender.evaluation.compare import Table
    from recommender.evaluation.splits import Split

WEEKS = 4
# surface of the engine -> what is asked of it
TASK_OF = {
    "next_basket": "next-basket",
    "new_for_you": "new",
    "goes_with": "complements",
    "because_you_viewed": "session",
    "for_you": "cold",
}
READING = 0.2  # share of the whole that reading the file is said to take
Advance = Callable[[str, float], None]


@dataclass(frozen=True)
class Window:
    """When the test window begins: at `at`, else `weeks` before the end."""

    at: datetime | None = None
    weeks: int = WEEKS


@dataclass
class Evaluation:
    """Tables by task, what could not be asked and why, and what was read."""

    read: Read
    tables: dict[str, Table] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The object that `regulars evaluate --json` prints."""
        return {
            "file": str(self.read.path),
            "rows": self.read.rows,
            "left_out": dict(self.read.left_out),
            "tasks": {name: table.as_dict() for name, table in self.tables.items()},
            "not_asked": dict(self.missing),
            "machine": machine(),
        }

    def notes(self) -> list[str]:
        """What a reader of the tables should know besides."""
        told = [f"{self.read.path.name}: {self.read.rows:,} rows read."]
        if self.read.left_out:
            parts = (f"{count:,} {reason}" for reason, count in self.read.left_out.items())
            told.append(f"Left out: {', '.join(parts)}.")
        return told + [f"Not asked: {why}" for why in self.missing.values()]


def evaluate_file(
    path: Path,
    window: Window,
    *,
    surfaces: Iterable[str] = (),
    mapping: Mapping[str, str] | None = None,
    keep_good: bool = False,
    quick: bool = False,
    advance: Advance | None = None,
) -> Evaluation:
    """Measure every surface that the history can say something about (or only those named).

    Raises Refusal: for bad input with file, column and row; for too little history with what is missing.
    """
    say = advance or (lambda step, share: None)
    say("reading", 0.0)
    data, read = read_history(path, mapping=mapping, keep_good=keep_good)
    split = split_of(path, data, window)
    say("splitting", READING)
    asked = [TASK_OF[surface] for surface in surfaces] or list(_worth_asking(split))
    found = Evaluation(read)
    measure(found, split, asked, quick=quick, advance=lambda step, share: say(step, READING + 0.8 * share))
    if not found.tables:
        raise Refusal(f"{path}: {too_little(split, found)}")
    return found


def too_little(split: Split, found: Evaluation) -> str:
    """What a history holds, and what each task would need."""
    lines, days = split.known_lines, split.described()
    people, orders = len({*lines.customer.tolist()} - {-1}), len(lines.size)
    reasons = " ".join(f"{why}." for why in dict.fromkeys(found.missing.values()))
    return (
        f"too little history to measure anything. Before {days['from']} it holds {orders:,} orders of "
        f"{people:,} known customers. {reasons}"
    )


def split_of(path: Path, data: Any, window: Window) -> Split:
    """The split of a history. Raises Refusal when nothing is left on one side."""
    from recommender.evaluation.errors import TooLittleHistory
    from recommender.evaluation.splits import fitted_to_size, last_weeks, split_at

    try:
        found = split_at(data, window.at) if window.at else last_weeks(data, window.weeks)
        return fitted_to_size(found)
    except TooLittleHistory as error:
        raise Refusal(f"{path}: {error}") from error


def measure(found: Evaluation, split: Split, asked: Iterable[str], *, quick: bool, advance: Advance) -> None:
    """Add a table for each task that the history allows; the others say what they lack."""
    from recommender.evaluation.errors import TooLittleHistory
    from recommender.evaluation.running import run_one, together

    groups = together(asked)
    for place, names in enumerate(groups):
        start, part = place / len(groups), 1 / len(groups)

        def tell(step: str, share: float, start: float = start, part: float = part) -> None:
            advance(step, start + part * share)

        try:
            tables = run_one(split, names, quick=quick, tell=tell)
        except TooLittleHistory as error:
            if len(names) == 1:
                found.missing[names[0]] = str(error)
                continue
            # one of them may be possible all the same
            for name in names:
                measure(found, split, [name], quick=quick, advance=tell)
            continue
        found.tables |= tables


def _worth_asking(split: Split) -> Iterable[str]:
    """All tasks, sessions only where looks were recorded."""
    from recommender.evaluation.visits import has_views

    looks = has_views(split.data)
    return (task for task in TASK_OF.values() if looks or task != "session")


def write_report(found: Evaluation, folder: Path) -> Path:
    """Write index.html (everything inside) and result.json into a folder; returns the page's path."""
    import json

    from recommender.evaluation.report.page import as_html

    try:
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / "index.html"
        text = as_html("How good are the lists?", found.read.path.name, found.tables.values(), found.notes())
        page.write_text(text, "utf-8")
        (folder / "result.json").write_text(json.dumps(found.as_json(), indent=1) + "\n", "utf-8")
    except OSError as error:
        raise Refusal(f"{folder}: the report cannot be written ({error.strerror or error})") from error
    return page
