"""`make chaos`: the drills at full length, on SQLite and PostgreSQL, with a table of what came out.

Counts come from the environment: CHAOS_ROUNDS (200 for R1), CHAOS_BUYERS (64), CHAOS_PAGES (30 rounds of them on
the pages), CHAOS_CROWDS (10 rounds of 200 on the pages), CHAOS_FORMS (500), CHAOS_REFUNDS (100 for all of R3),
CHAOS_CARTS (100 for R7), CHAOS_PAYMENTS (200), CHAOS_REPETITIONS (100), CHAOS_KILLS (300 a point), CHAOS_RUNS (300
for R6), CHAOS_WRITES (100 of each of 64 processes), CHAOS_CONTROL (20), CHAOS_GUESSES (1000 at one account, ten
times as many from one address), CHAOS_ACCOUNTS (1000), CHAOS_SAMPLES (200), CHAOS_MODELS (50 trainings killed
and swaps, for R11; twice as many bits flipped, 20 cuts), CHAOS_DAYS (90) and CHAOS_TARGETS (200) of P4, CHAOS_VIEWS (50000 of robots)
of P5. CHAOS_DATABASES: `sqlite`, `postgresql`
or both. CHAOS_ONLY: letters of drills, `R1 R4`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from storefront.app import create_app
from storefront.core.database import dispose
from tests import stores
from tests.chaos import (
    carts,
    crowds,
    drills,
    forms,
    guessing,
    hostile,
    inference,
    lab,
    models,
    outages,
    pushing,
    swaps,
    writers,
)
from tests.chaos.crew import Crew
from tests.chaos.drills import Result

DEFAULTS = {
    "ROUNDS": 200, "BUYERS": 64, "PAGES": 30, "CROWDS": 10, "FORMS": 500, "REFUNDS": 100, "CARTS": 100,
    "PAYMENTS": 200, "REPETITIONS": 100, "KILLS": 300, "RUNS": 300, "CONTROL": 20, "WRITES": 100,
    "GUESSES": 1000, "ACCOUNTS": 1000, "SAMPLES": 200, "MODELS": 50,
    "DAYS": 90, "TARGETS": 200, "VIEWS": 50_000,
}  # fmt: skip
COUNT = {name: int(os.environ.get(f"CHAOS_{name}", value)) for name, value in DEFAULTS.items()}
# PostgreSQL gives out a hundred connections: so many act there at once outside of pages.
MOST = {"sqlite": 64, "postgresql": 32}
CROWD, TABS, WRITERS = 200, 16, 64
Step = tuple[str, Flask, Callable[[], Result]]


@dataclass
class Ground:
    """One database: a shop, one that may be damaged, and one whose clock is moved."""

    kind: str
    shop: dict[str, Any]
    control: dict[str, Any]
    timed: dict[str, Any]


def main() -> int:
    kinds = os.environ.get("CHAOS_DATABASES", "sqlite postgresql").split()
    only = os.environ.get("CHAOS_ONLY", "").split()
    rows: list[tuple[str, Result, float, list[str]]] = []
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        for kind in kinds:
            ground, close = _ground(kind, Path(scratch))
            try:
                rows += _run(ground, only)
            finally:
                close()
    print(table(rows))
    return 1 if any(_failed(result, found) for _kind, result, _seconds, found in rows) else 0


def _ground(kind: str, scratch: Path) -> tuple[Ground, Callable[[], None]]:
    template = stores.sqlite_template(_folder(scratch / "template"))
    server = stores.PostgresServer(_folder(scratch / "server")) if kind == "postgresql" else None
    found = []
    for name in ("shop", "control", "timed"):
        folder = _folder(scratch / f"{kind}-{name}")
        stores.copy_databases(template, folder)
        more = {"database_url": server.database(name)} if server else {}
        found.append(stores.settings(folder, log_format="console", **more))
    return Ground(kind, *found), server.close if server else lambda: None


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _run(ground: Ground, only: list[str]) -> list[tuple[str, Result, float, list[str]]]:
    shop, control, timed = (create_app(one) for one in (ground.shop, ground.control, ground.timed))
    for app in (shop, control, timed):
        drills.prepare(app)
    rows = []
    with (
        Crew(shop=ground.shop, control=ground.control) as crew,
        lab.Lab(ground.shop) as kills,
        lab.Lab(ground.control) as dying,
    ):
        for name, app, drill in _plan(ground, crew, kills, dying, shop, control, timed):
            if only and name not in only:
                continue
            began = time.perf_counter()
            result = drill()
            seconds = time.perf_counter() - began
            found = [] if "unguarded" in result.name else drills.findings(app)
            rows.append((ground.kind, result, seconds, found))
            print(f"\n{ground.kind}: {line(ground.kind, result, seconds, found)}", flush=True)
    for app in (shop, control, timed):
        dispose(app)
    return rows


def _plan(
    ground: Ground, crew: Crew, kills: lab.Lab, dying: lab.Lab, shop: Flask, control: Flask, timed: Flask
) -> list[Step]:
    """(row, the shop that the doctor looks at, the drill), each drill followed by its control."""
    buyers, some = min(COUNT["BUYERS"], MOST[ground.kind]), COUNT["CONTROL"]

    def pair(
        row: str, drill: Callable[..., Result], full: dict[str, Any], less: dict[str, Any]
    ) -> list[Step]:
        small = {**full, **less, "control": True}
        return [
            (row, shop, lambda: drill(shop, crew, **full, progress=progress)),
            (row, control, lambda: drill(control, crew, **small, progress=progress)),
        ]

    few, many = {"rounds": some}, {"rounds": COUNT["REFUNDS"]}
    messages = {"payments": COUNT["PAYMENTS"], "repetitions": COUNT["REPETITIONS"]}
    return [
        *pair("R1", drills.last_pieces, {"rounds": COUNT["ROUNDS"], "buyers": buyers}, {**few, "buyers": 16}),
        *pair(
            "R1", crowds.crowds, {"rounds": COUNT["PAGES"], "buyers": COUNT["BUYERS"]}, {**few, "buyers": 16}
        ),
        (
            "R1",
            shop,
            lambda: crowds.crowds(shop, crew, rounds=COUNT["CROWDS"], buyers=CROWD, progress=progress),
        ),
        *pair("R2", drills.same_form, {"times": _times(ground.kind)}, {"times": [5] * some}),
        *pair("R2", forms.roads, {"times": COUNT["FORMS"]}, {"times": some}),
        *pair("R3", drills.refunds, many, few),
        *pair("R3", drills.cancel_and_capture, many, few),
        *pair("R3", drills.last_coupon, {**many, "buyers": buyers, "limit": 1}, {**few, "buyers": 16}),
        *pair("R3", drills.last_coupon, {**many, "buyers": buyers, "limit": 10}, {**few, "buyers": 16}),
        *pair("R3", drills.last_coupon, {**many, "buyers": TABS, "limit": 1, "of_one_person": True}, few),
        *pair("R3", forms.edited_carts, many, few),
        *pair("R4", drills.messages, messages, {"payments": some, "repetitions": 10}),
        *pair("R7", carts.adds, {"rounds": COUNT["CARTS"]}, few),
        *pair("R7", carts.double_sign_ins, {"rounds": COUNT["CARTS"]}, few),
        *_alone(ground, crew, kills, dying, shop, control, timed),
    ]


def _alone(
    ground: Ground, crew: Crew, kills: lab.Lab, dying: lab.Lab, shop: Flask, control: Flask, timed: Flask
) -> list[Step]:
    """What other processes do than those of the crew; and what moves the clock, last."""
    say, some = {"progress": progress}, COUNT["CONTROL"]
    write = partial(writers.writes, writers=WRITERS, times=COUNT["WRITES"], **say)
    # Whoever reads and writes apart holds two connections.
    lose = partial(writers.writes, writers=16, times=some, control=True, **say)
    return [
        ("R14", shop, lambda: write(shop, ground.shop)),
        ("R14", control, lambda: lose(control, ground.control)),
        ("R5", shop, lambda: lab.kills(shop, kills, each=COUNT["KILLS"], **say)),
        ("R5", control, lambda: lab.kills(control, dying, each=some, control=True, **say)),
        *_models(ground, shop, control),
        *_people(ground.kind, shop, control),
        *_security(ground.kind, crew, shop, control),
        ("R6", timed, lambda: outages.unknown_outcomes(timed, runs=COUNT["RUNS"], **say)),
        ("R6", timed, lambda: outages.unknown_outcomes(timed, runs=some, control=True, **say)),
    ]


def _models(ground: Ground, shop: Flask, control: Flask) -> list[Step]:
    """What may happen to the files of a model, and while one is made."""
    say, times, some = {"progress": progress}, COUNT["MODELS"], COUNT["CONTROL"]
    files = partial(models.damaged_files, cuts=20, **say)
    kill = partial(swaps.killed_trainings, **say)
    return [
        ("R11", shop, lambda: files(shop, flips=2 * times)),
        ("R11", control, lambda: files(control, flips=some, control=True)),
        ("R11", shop, lambda: kill(shop, ground.shop, kills=times)),
        ("R11", control, lambda: kill(control, ground.control, kills=max(1, some // 5), control=True)),
        ("R11", shop, lambda: swaps.two_trainers(shop, ground.shop, rounds=max(1, times // 5), **say)),
        ("R11", shop, lambda: swaps.swaps(shop, swaps=times, **say)),
        ("R11", control, lambda: swaps.swaps(control, swaps=some, control=True, **say)),
    ]


def _people(kind: str, shop: Flask, control: Flask) -> list[Step]:
    """What lists give away of people, and what robots make of lists."""
    views, say = COUNT["VIEWS"], {"progress": progress}
    push = partial(pushing.pushed, people_views=20_000, **say)
    pushes: list[Step] = [
        ("P5", shop, lambda: pushing.refused(shop, requests=max(100, views // 50), **say)),
        ("P5", shop, lambda: push(shop, views=views)),
        ("P5", control, lambda: push(control, views=views // 5, control=True)),
    ]
    read = partial(
        inference.inference, days=COUNT["DAYS"], targets=COUNT["TARGETS"], rows=20_000, progress=progress
    )
    if kind != "sqlite":
        return pushes
    return [("P4", shop, read), ("P4", control, lambda: read(control=True)), *pushes]


def _security(
    kind: str, crew: Crew, shop: Flask, control: Flask
) -> list[tuple[str, Flask, Callable[[], Result]]]:
    tries, some, accounts = COUNT["GUESSES"], COUNT["CONTROL"], COUNT["ACCOUNTS"]
    say = {"progress": progress}
    return [
        ("S5", shop, lambda: guessing.one_account(shop, crew, tries=tries, **say)),
        ("S5", control, lambda: guessing.unguarded(control, crew, tries=20, rounds=some, **say)),
        ("S5", shop, lambda: guessing.one_address(shop, crew, tries=10 * tries, accounts=accounts, **say)),
        ("S5", shop, lambda: guessing.stuffing(shop, crew, accounts=accounts, **say)),
        *(
            ("S5", shop, lambda path=path: guessing.timing(shop, path=path, samples=COUNT["SAMPLES"]))
            for path in guessing.FORMS
        ),
        ("S", shop, lambda: hostile.everything(kind)),
    ]


def _times(kind: str) -> list[int]:
    """How often each form is sent: most of them twice, some of them fifty times."""
    often = [2] * (COUNT["FORMS"] * 6 // 10) + [5] * (COUNT["FORMS"] * 3 // 10)
    return often + [min(50, MOST[kind])] * (COUNT["FORMS"] - len(often))


# --- what one sees ----------------------------------------------------------------------------------------


def progress(name: str, done: int, of: int) -> None:
    """A bar on a terminal, a line now and then otherwise."""
    if sys.stderr.isatty():
        print(f"\r{name} {done}/{of} ", end="", file=sys.stderr, flush=True)
    elif done == of or done % max(1, of // 10) == 0:
        print(f"{datetime.now(UTC):%H:%M:%S} {name} {done}/{of}", file=sys.stderr, flush=True)


def _failed(result: Result, found: list[str]) -> bool:
    if "unguarded" in result.name:
        return result.damaged_rounds < 0.95 * result.rounds
    return bool(result.damage or found)


def line(kind: str, result: Result, seconds: float, found: list[str]) -> str:
    """One drill in one line."""
    word = "FAILED" if _failed(result, found) else "ok"
    return (
        f"{kind:<10} {result.name:<44} {word:<6} {result.rounds:>5} rounds {result.acts:>7} acts "
        f"{result.damaged_rounds:>4} damaged, slowest {result.slowest:5.2f} s, p95 {result.p95:5.2f} s, "
        f"{seconds:6.0f} s in all, doctor {len(found)} findings"
        + "".join(f", {name}: {value}" for name, value in result.notes.items())
    )


def table(rows: list[tuple[str, Result, float, list[str]]]) -> str:
    """All drills, and what went wrong in words."""
    text = ["", f"Chaos, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"]
    text += [line(*row) for row in rows]
    for kind, result, _seconds, found in rows:
        if _failed(result, found):
            text += [f"  {kind} {result.name}: {words}" for words in [*result.damage[:10], *found[:10]]]
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main())
