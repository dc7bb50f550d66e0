"""What training costs beside raw implicit, each in a process of its own so that its memory is its own.

`python -m recommender.evaluation.training_cost WAY FILE THREADS` does one way once and prints one object.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from recommender.interactions import Interactions

RAW, OURS, MODELS, TUNE, READ = "raw", "ours", "models", "tune", "read"
# Importing is no part of what is measured.
LOADED = (
    ("implicit.als", "implicit.nearest_neighbours", "scipy.optimize", "threadpoolctl"),
    ("pyarrow.parquet",) if find_spec("pyarrow") else (),
)
FACTORS, REGULARIZATION, CONFIDENCE, ITERATIONS, NEAREST = 64, 1.0, 4.0, 15, 51


def measure(way: str, file: Path, threads: int = 1) -> dict[str, float]:
    """CPU and wall seconds and the extra peak memory (MiB) of one way. Raises RuntimeError when it failed."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environ = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-m", "recommender.evaluation.training_cost", way, str(file), str(threads)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout)


def main(arguments: list[str]) -> None:
    """One way, once."""
    way, file, threads = arguments[0], Path(arguments[1]), int(arguments[2])
    run = _prepared(way, file, threads)
    _forget_peak()
    before, started, cpu = _memory("VmRSS"), perf_counter(), process_time()
    found = run()
    figures = {
        "cpu_seconds": process_time() - cpu,
        "wall_seconds": perf_counter() - started,
        "extra_mib": _memory("VmHWM") - before,
        "peak_mib": _memory("VmHWM"),
        **(found if isinstance(found, dict) else {}),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _prepared(way: str, file: Path, threads: int) -> Any:
    """What is to be measured, with everything imported and its input in memory."""
    for name in LOADED[way == READ]:
        import_module(name)
    if way == READ:
        return lambda: {"rows": len(Interactions.read(file))}
    from recommender import train, tune
    from recommender.settings import EngineSettings

    data: Interactions = pickle.loads(file.read_bytes())  # noqa: S301 - written by the caller
    settings: dict[str, Any] = {"threads": threads}
    if way == RAW:
        return lambda: _raw(data, threads)
    if way == TUNE:
        return lambda: {"fits": len(tune_fits()), "tuned": str(tune(data, EngineSettings(**settings)).tuned)}
    if way == MODELS:
        settings["holdout_customers"] = 0
    return lambda: train(data, settings).report and None


def _raw(data: Interactions, threads: int) -> None:
    """implicit as it is: ALS and item-item (BM25) of how often each customer bought each product."""
    from scipy import sparse

    from recommender import columns
    from recommender.training import raw

    rows = (data.kind == columns.PURCHASE) & (data.customer >= 0)
    bought = (np.ones(int(rows.sum()), np.float32), (data.customer[rows], data.product[rows]))
    matrix = sparse.csr_matrix(bought, shape=(len(data.customers), len(data.products)))
    raw.als(
        matrix, factors=FACTORS, regularization=REGULARIZATION, alpha=CONFIDENCE, iterations=ITERATIONS,
        threads=threads,
    )  # fmt: skip
    raw.item_item(matrix, "bm25", nearest=NEAREST, threads=threads)


def tune_fits() -> list[tuple[float, float, float]]:
    """The settings that tuning tries."""
    from itertools import product

    from recommender.training import tuning

    return list(product(tuning.HALF_LIVES, tuning.SHARES, tuning.FRESH))


def _forget_peak() -> None:
    """Start counting the peak anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _memory(name: str) -> float:
    """A line of /proc/self/status in MiB; elsewhere the peak of the process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exponent(rows: list[int], seconds: list[float]) -> float:
    """The slope of log(seconds) over log(rows): 1 is linear."""
    return float(np.polyfit(np.log(rows), np.log(seconds), 1)[0])


if __name__ == "__main__":
    main(sys.argv[1:])
