"""`make faults`: break the shop on purpose, once per patch, and expect the named tests to notice.

A patch begins with two remarks, `# Breaks: …` (what is wrong then) and `# Tests: …` (what must fail).
Each is applied to a copy of the tracked files; the tests must pass without it and fail with it. A survivor
is a hole in the tests: exit 1. A patch that no longer applies is an error too: exit 2.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
# The installed names of the folders that setup.cfg maps into the package.
MAPPED = {"templates": "_templates", "migrations": "_migrations", "plugins": "bundled"}
FAILED, PASSED = 1, 0


@dataclass(frozen=True)
class Fault:
    """One patch: what it breaks, and which tests must notice."""

    path: Path
    breaks: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True)
class Verdict:
    fault: Fault
    word: str  # caught, SURVIVED, or what went wrong
    seconds: float
    by: str = ""

    @property
    def survived(self) -> bool:
        return self.word == "SURVIVED"

    @property
    def useless(self) -> bool:
        return self.word not in {"caught", "SURVIVED"}


def read(path: Path) -> Fault:
    """The remarks of a patch. Raises ValueError when one is missing or names no test file."""
    remarks = dict(re.findall(r"^# (Breaks|Tests): (.+)$", path.read_text(), re.MULTILINE))
    tests = tuple(remarks.get("Tests", "").split())
    if not remarks.get("Breaks") or not tests:
        raise ValueError(f"{path.name}: begin with `# Breaks: …` and `# Tests: …`")
    missing = [name for name in tests if not (ROOT / name.split("::")[0]).is_file()]
    if missing:
        raise ValueError(f"{path.name}: there is no {missing[0]}")
    return Fault(path, remarks["Breaks"], tests)


def faults(names: Sequence[str] = ()) -> list[Fault]:
    """All patches, or those whose name contains one of `names`."""
    found = [read(path) for path in sorted(FOLDER.glob("*.patch"))]
    return [fault for fault in found if not names or any(name in fault.name for name in names)]


def copy_tree(target: Path) -> Path:
    """The tracked files as they lie here, runnable from `target`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in answer.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for folder, package in MAPPED.items():
        (target / "storefront" / package).symlink_to(Path("..") / folder)
    return target


def apply(tree: Path, fault: Fault, *, reverse: bool = False) -> bool:
    """Put the patch in (or take it out); whether that worked."""
    command = ["git", "apply", "--recount", "-C1", *(["--reverse"] if reverse else []), str(fault.path)]
    # Not a repository: git must not look for one further up.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True).returncode == 0


def run_tests(tree: Path, tests: Sequence[str], *more: str) -> subprocess.CompletedProcess[str]:
    """pytest over `tests` in the copy; the copy comes first on the path."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


def judge(tree: Path, fault: Fault) -> Verdict:
    """Apply one patch to `tree`, run its tests, take it out again."""
    started = time.perf_counter()
    if not apply(tree, fault):
        return Verdict(fault, "does not apply", time.perf_counter() - started)
    try:
        answer = run_tests(tree, fault.tests, "-x")
    finally:
        taken_out = apply(tree, fault, reverse=True)
    seconds = time.perf_counter() - started
    if not taken_out:
        return Verdict(fault, "could not be taken out again", seconds)
    if answer.returncode == PASSED:
        return Verdict(fault, "SURVIVED", seconds)
    caught = re.search(r"^FAILED \S*?([\w.]+::\S+)", answer.stdout, re.MULTILINE)
    if answer.returncode != FAILED or caught is None:
        # An import error or a missing test proves nothing.
        return Verdict(fault, f"no test ran to its end (pytest said {answer.returncode})", seconds)
    return Verdict(fault, "caught", seconds, caught.group(1))


def judge_all(chosen: Sequence[Fault], workers: int) -> list[Verdict]:
    """Every fault in one of `workers` copies of the tree. Raises SystemExit when the tests fail unbroken."""
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            (Path(scratch) / str(number)).mkdir()
            trees.put(copy_tree(Path(scratch) / str(number)))
        tests = sorted({test for fault in chosen for test in fault.tests})
        first = trees.get()
        clean = run_tests(first, tests)
        trees.put(first)
        if clean.returncode != PASSED:
            raise SystemExit(
                f"the tests fail without any fault:\n{clean.stdout[-3000:]}{clean.stderr[-2000:]}"
            )

        def one(fault: Fault) -> Verdict:
            tree = trees.get()
            try:
                return judge(tree, fault)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(one, chosen))


def table(verdicts: Sequence[Verdict]) -> str:
    """What happened to each fault, one line each."""
    width = max(len(verdict.fault.name) for verdict in verdicts)
    rows = [
        f"{v.fault.name:<{width}}  {v.seconds:5.1f} s  {v.word}{' by ' + v.by if v.by else ': ' + v.fault.breaks}"
        for v in verdicts
    ]
    caught = sum(v.word == "caught" for v in verdicts)
    return "\n".join([*rows, f"{caught} of {len(verdicts)} faults caught"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="only faults whose name contains one of these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="say what each fault breaks, run nothing")
    given = parser.parse_args(arguments)
    chosen = faults(given.names)
    if given.list or not chosen:
        print("\n".join(f"{fault.name}: {fault.breaks}" for fault in chosen) or "no such fault")
        return 0 if chosen else 2
    verdicts = judge_all(chosen, min(given.workers, len(chosen)))
    print(table(verdicts))
    if any(verdict.useless for verdict in verdicts):
        return 2
    return 1 if any(verdict.survived for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
