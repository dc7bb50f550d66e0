"""`regulars bench train`: goal 6, training beside raw implicit, how it grows, how fast histories are read."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storefront.personalization.service.benching import history_name
from storefront.personalization.service.costs import Advance, Costs, condition, exact
from storefront.personalization.service.histories import read_history

if TYPE_CHECKING:
    from recommender import Interactions

MOST_RATIO, MOST_EXPONENT = 1.5, 1.15
READ_ROWS = 10_000_000
READ_SECONDS = {"parquet": 60.0, "csv.gz": 240.0}
READ_MIB = 3 * 1024
COMPARED = ("cpu_seconds", "wall_seconds", "extra_mib")


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    compared: int  # rows of the invented history
    rounds: int
    sizes: tuple[int, ...]
    read: int
    tune: bool = False


QUICK = Effort(300_000, 3, (100_000, 300_000, 1_000_000), 500_000)
FULL = Effort(1_700_000, 5, (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000), READ_ROWS, True)
SMALLEST = Effort(3_000, 1, (2_000, 4_000), 3_000)


def bench_train(
    files: Iterable[Path] = (),
    *,
    quick: bool = False,
    threads: int = 1,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Costs:
    """Measure goal 6 on the files (whole, as the shop would train) and on invented histories.

    Raises Refusal for a file that cannot be read.
    """
    chosen = effort or (QUICK if quick else FULL)
    costs, say = Costs("train", quick=quick), advance or (lambda step, share: None)
    costs.facts["threads"] = threads
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        place = Path(folder) / "history.pickle"
        given = [(history_name(path), path) for path in files]
        for number, (name, path) in enumerate(given):
            say(f"{name}", 0.3 * number / max(len(given), 1))
            _keep(read_history(path)[0], place)
            _compare(costs, name, place, threads, chosen)
        from recommender.evaluation.synthetic import history

        if not given:
            say("invented history", 0.1)
            _keep(history(chosen.compared), place)
            _compare(costs, f"invented-{chosen.compared}", place, threads, chosen)
        _growth(costs, place, threads, chosen, say)
        _reading(costs, Path(folder), chosen, say)
    say("done", 1.0)
    return costs


def _keep(data: Interactions, place: Path) -> None:
    place.write_bytes(pickle.dumps(data))


def _compare(costs: Costs, name: str, place: Path, threads: int, effort: Effort) -> None:
    from recommender.evaluation.timing import Turns
    from recommender.evaluation.training_cost import MODELS, OURS, RAW, TUNE, measure, tune_fits

    ways = {way: partial(measure, way, place, threads) for way in (RAW, OURS)}
    turns = Turns().take(ways, effort.rounds)
    turns.take({RAW + "-models": ways[RAW], MODELS: partial(measure, MODELS, place, threads)}, 1)
    for what in COMPARED:
        line = turns.compared(OURS, RAW, what, "MiB" if what == "extra_mib" else "s")
        costs.add("train", name, line)
        if what != "wall_seconds":
            costs.checks.append(
                condition(6, "train", costs.lines[-1], "raw ALS + item-item", most=MOST_RATIO)
            )
    costs.add("models alone", name, turns.compared(MODELS, RAW + "-models", "cpu_seconds", "s"))
    if effort.tune:
        tuned = measure(TUNE, place, threads)
        costs.facts[f"tune_{name}"] = f"{tuned['cpu_seconds']:.1f} CPU s, {len(tune_fits())} settings tried"


def _growth(costs: Costs, place: Path, threads: int, effort: Effort, say: Advance) -> None:
    """The slope of log(CPU seconds) over log(purchases), ours and raw, each size twice while it is cheap."""
    from recommender.evaluation.synthetic import history
    from recommender.evaluation.timing import spread
    from recommender.evaluation.training_cost import OURS, RAW, exponent, measure

    found: dict[str, list[list[float]]] = {OURS: [], RAW: []}
    for step, rows in enumerate(effort.sizes):
        say(f"{rows:,} purchases", 0.4 + 0.4 * step / len(effort.sizes))
        _keep(history(rows), place)
        times = 2 if rows <= 1_000_000 else 1
        for way, seconds in found.items():
            seconds.append([measure(way, place, threads)["cpu_seconds"] for _ in range(times)])
    slopes = {way: _slopes(list(effort.sizes), seconds, exponent) for way, seconds in found.items()}
    costs.facts["cpu_seconds_by_rows"] = {
        way: {rows: round(min(one), 3) for rows, one in zip(effort.sizes, seconds, strict=True)}
        for way, seconds in found.items()
    }
    ours = spread(slopes[OURS])
    line = {
        "what": "growth_exponent", "unit": "", "ours": ours.as_list(),
        "reference": spread(slopes[RAW]).as_list(), "ratio": ours.as_list(), "noise": None,
    }  # fmt: skip
    costs.add("train", f"{effort.sizes[0]:,} to {effort.sizes[-1]:,} purchases", line)
    costs.checks.append(condition(6, "train", costs.lines[-1], "log(purchases)", most=MOST_EXPONENT))


def _slopes(sizes: list[int], seconds: list[list[float]], exponent: Any) -> list[float]:
    """The slope with the fastest runs, and with the slowest run of each size in turn."""
    best = [min(one) for one in seconds]
    found = [exponent(sizes, best)]
    for place, one in enumerate(seconds):
        if len(one) > 1:
            found.append(exponent(sizes, [*best[:place], max(one), *best[place + 1 :]]))
    return found


def _reading(costs: Costs, folder: Path, effort: Effort, say: Advance) -> None:
    """Seconds that a file of ten million events takes (by as many as were read), and the peak memory."""
    from recommender.evaluation.synthetic import history
    from recommender.evaluation.training_cost import READ, measure
    from recommender.evaluation.writing import write_csv

    data = history(effort.read)
    ways: dict[str, Callable[[Interactions, Path], None]] = {"csv.gz": write_csv, "parquet": _write_parquet}
    if find_spec("pyarrow") is None:
        ways.pop("parquet")
        costs.notes.append("Parquet was not read: the extra 'files' is not installed.")
    for kind, write in ways.items():
        say(f"reading {kind}", 0.85)
        path = folder / f"events.{kind}"
        write(data, path)
        found = measure(READ, path)
        seconds = found["wall_seconds"] * READ_ROWS / effort.read
        costs.facts[f"read_{kind}"] = (
            f"{effort.read:,} events in {found['wall_seconds']:.1f} s wall, "
            f"{found['cpu_seconds']:.1f} s CPU, peak {found['peak_mib']:.0f} MiB"
        )
        at_ten = f"{READ_ROWS:,} events" + ("" if effort.read == READ_ROWS else f" (from {effort.read:,})")
        costs.checks.append(
            exact(6, "train", at_ten, f"{kind} wall seconds", seconds, most=READ_SECONDS[kind])
        )
        costs.checks.append(
            exact(6, "train", f"{effort.read:,} events", f"{kind} peak MiB", found["peak_mib"], most=READ_MIB)
        )


def _write_parquet(data: Interactions, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    from recommender.evaluation.writing import tables_of

    parts = [pyarrow.table(table) for table in tables_of(data)]
    parquet.write_table(pyarrow.concat_tables(parts), path)
