"""R11: trainings that are killed or run twice at once, and models that change while pages are asked for."""

from __future__ import annotations

import multiprocessing
import threading
import time
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask

from recommender import artifacts, load, publishing, train
from recommender.publishing import list_versions, load_current, publish, roll_back
from storefront.personalization.service import engine as engines
from storefront.personalization.service import fitness
from storefront.personalization.service.engine import holder
from tests.chaos.damage import swapped
from tests.chaos.drills import Progress, Result, quiet
from tests.chaos.models import NEWER, OLDER, PAGES, PERSON, opened, renewed, stock_up

PATIENCE = 120.0
CLIENTS = 4


# --- killed, and two at once ------------------------------------------------------------------------------


def killed_trainings(
    app: Flask, settings: dict[str, Any], *, kills: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """A training is killed at so many points spread over its length; the pointer names a whole model, and
    pages are answered, after each. The control points first and writes then."""
    result = Result("R11 killed trainings" + (", unguarded" if control else ""))
    folder = renewed(app, stock_up(app))
    process, mine = _trainer(settings, False)
    mine.recv()
    began = time.perf_counter()
    mine.send("go")
    process.join(PATIENCE)
    length = time.perf_counter() - began
    for number in range(kills):
        process, mine = _trainer(settings, control)
        mine.recv()
        mine.send("go")
        if control:
            mine.recv()  # it points at what it is about to write
        else:
            time.sleep(length * number / kills)
        process.kill()
        process.join(PATIENCE)
        result.note(_whole(app, folder))
        result.acts += 1
        progress(result.name, number + 1, kills)
    if not control:
        process, mine = _trainer(settings, control)
        mine.recv()
        mine.send("go")
        process.join(PATIENCE)
        left = sorted(path.name for path in folder.glob(".new-*"))
        result.note([f"{len(left)} unfinished files were left lying"] if left else [])
    result.notes["a training takes, s"] = round(length, 2)
    return result


def two_trainers(app: Flask, settings: dict[str, Any], *, rounds: int, progress: Progress = quiet) -> Result:
    """Two trainings begin at the same moment: both models are whole and numbered, the pointer names one."""
    result = Result("R11 two trainers")
    folder = renewed(app, stock_up(app))
    for number in range(rounds):
        before = list_versions(folder)[0][0]
        both = [_trainer(settings, False) for _ in range(2)]
        for _process, mine in both:
            mine.recv()
        for _process, mine in both:
            mine.send("go")
        for process, _mine in both:
            process.join(PATIENCE)
        found = [f"a trainer ended with {one.exitcode}" for one, _mine in both if one.exitcode]
        after = [number for number, _version in list_versions(folder) if number > before]
        found += [] if after == [before + 2, before + 1] else [f"numbers {after} after {before}"]
        result.note([*found, *_whole(app, folder)])
        result.acts += 2
        progress(result.name, number + 1, rounds)
    return result


def _whole(app: Flask, folder: Path) -> list[str]:
    """What is wrong with the folder and with a shop that starts on it."""
    with app.app_context():
        holder().forget()
        found = [f"skipped {reason}" for reason in load_current(folder).skipped]
    return found + opened(app)


def _trainer(settings: dict[str, Any], control: bool) -> tuple[Any, Any]:
    context = multiprocessing.get_context("spawn")
    mine, other = context.Pipe()
    process = context.Process(target=_train, args=(settings, control, other))
    process.start()
    other.close()
    return process, mine


def _train(settings: dict[str, Any], control: bool, pipe: Any) -> None:
    """Say that everything is loaded, wait for the word, train."""
    from storefront.app import create_app
    from storefront.personalization.service.training import train_shop

    app = create_app(settings)
    with app.app_context():
        pipe.send("ready")
        pipe.recv()
        with swapped((publishing, "write", _pointed_first(pipe))) if control else nullcontext():
            train_shop(force=True)


def _pointed_first(pipe: Any) -> Any:
    """Writes where the shop reads, after it was told to read there."""
    whole = artifacts.write

    def write(engine: Any, unfinished: Path, *, version: str, **more: Any) -> None:
        whole(engine, unfinished, version=version, **more)
        folder = unfinished.parent
        half = folder / f"half{time.time_ns()}"
        half.mkdir()
        (half / artifacts.MANIFEST).write_text("{")
        publishing._point_at(folder, half.name)
        pipe.send("pointed")
        time.sleep(PATIENCE)

    return write


# --- swapped while pages are asked for --------------------------------------------------------------------


def swaps(app: Flask, *, swaps: int, control: bool = False, progress: Progress = quiet) -> Result:
    """Models change, some of them damaged or another shop's, while clients ask for pages without a pause.
    The control takes any whole model: another shop's too."""
    result = Result("R11 swaps under load" + (", unguarded" if control else ""))
    folder = renewed(app, stock_up(app))
    foreign = _foreign()
    guards = [(engines, "LOOK_EVERY_SECONDS", 0.0)]
    if control:
        guards.append((fitness, "check_fits", lambda engine: None))
    with swapped(*guards):
        with app.app_context():
            holder().forget()
        for number in range(swaps):
            found, asked, seconds = _under_load(
                app, lambda place=1 if control else number: _swap(folder, place, foreign)
            )
            with app.app_context():
                used = holder().version
            found += [] if used in {OLDER, NEWER} or control else [f"{used} is in use"]
            result.note(found)
            result.acts += asked
            result.seconds += seconds
            progress(result.name, number + 1, swaps)
    result.notes["requests/s"] = round(result.acts / max(sum(result.seconds) / CLIENTS, 1e-9))
    renewed(app, stock_up(app))
    return result


def _swap(folder: Path, number: int, foreign: Any) -> None:
    """By turns: the other model, another shop's, a damaged one, the first again."""
    if number % 4 in {0, 3}:
        roll_back(folder, OLDER if number % 4 else NEWER)
    elif number % 4 == 1:
        publish(foreign, folder, f"foreign{time.time_ns()}", keep=1_000)
    else:
        publish(load(folder / NEWER), folder, f"cut{number}", keep=1_000)
        path = folder / f"cut{number}" / "popular.score.npy"
        fresh = path.with_suffix(".part")
        fresh.write_bytes(path.read_bytes()[:-9])
        fresh.rename(path)
        publishing._point_at(folder, f"cut{number}")


def _foreign() -> Any:
    rows = {
        "customer": [str(one % 12) for one in range(60)],
        "product": [f"SKU-{one % 7}" for one in range(60)],
        "kind": ["purchase"] * 60,
        "at": [f"2026-01-{1 + one % 28:02d}" for one in range(60)],
        "order": [f"o{one // 2}" for one in range(60)],
    }
    return train(rows, {"holdout_customers": 0, "factors": 4, "iterations": 1})


def _under_load(app: Flask, act: Any) -> tuple[list[str], int, list[float]]:
    """Clients ask for pages from before `act` until after it; what was not answered well, and how long it took."""
    over, statuses, seconds = threading.Event(), [], []

    def ask(place: int) -> None:
        client = app.test_client()
        for number in count(place):
            path = PAGES[number % 3]
            began = time.perf_counter()
            answer = client.get(path, headers=PERSON)
            seconds.append(time.perf_counter() - began)
            statuses.append((path, answer.status_code))
            if over.is_set():
                return

    clients = [threading.Thread(target=ask, args=(place,)) for place in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        while len(statuses) < CLIENTS:
            time.sleep(0.001)
        act()
        enough = len(statuses) + 2 * CLIENTS
        while len(statuses) < enough:
            time.sleep(0.001)
    finally:
        over.set()
        for client in clients:
            client.join()
    found = sorted({f"{path} was answered with {status}" for path, status in statuses if status >= 500})
    return found, len(statuses), seconds
