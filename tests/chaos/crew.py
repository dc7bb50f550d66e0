"""Processes that act at the same moment on one shop; each builds its app once and does many acts."""

from __future__ import annotations

import importlib
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask

PROCESSES = 4
PATIENCE = 180
# PostgreSQL gives out a hundred connections: four processes, two engines each.
POOL_BEYOND = 4


@dataclass(frozen=True)
class Done:
    """What one act came to: its answer, or the error's name and words; and how long it took."""

    answer: Any
    error: str
    seconds: float


class Crew:
    """Four processes that know some shops by name, each by its settings; use as a context manager."""

    def __init__(self, processes: int = PROCESSES, **shops: dict[str, Any]) -> None:
        self.context = multiprocessing.get_context("spawn")
        self.barrier = self.context.Barrier(processes)
        self.tasks = [self.context.Queue() for _ in range(processes)]
        self.answers = self.context.Queue()
        self.workers = [
            self.context.Process(target=_work, args=(shops, queue, self.answers, self.barrier), daemon=True)
            for queue in self.tasks
        ]
        for worker in self.workers:
            worker.start()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_error: object) -> None:
        for queue in self.tasks:
            queue.put(None)
        for worker in self.workers:
            worker.join(20)
            if worker.is_alive():
                worker.kill()

    def act(self, name: str, arguments: Sequence[Any], shop: str = "shop") -> list[Done]:
        """Do `tests.chaos.acts.<name>` (or `module:name`) once for each argument, at the same moment, spread evenly."""
        shares = [list(enumerate(arguments))[place :: len(self.tasks)] for place in range(len(self.tasks))]
        for queue, share in zip(self.tasks, shares, strict=True):
            queue.put((shop, name, share))
        found: dict[int, Done] = {}
        for _worker in self.tasks:
            found.update(self.answers.get(timeout=PATIENCE))
        return [found[place] for place in range(len(arguments))]


def _work(shops: dict[str, dict[str, Any]], tasks: Any, answers: Any, barrier: Any) -> None:
    from storefront.core.database import dispose

    apps = {name: _build(settings) for name, settings in shops.items()}
    while (task := tasks.get()) is not None:
        shop, name, share = task
        answers.put(_do(apps[shop], name, share, barrier))
        dispose(apps[shop])  # connections are for whoever acts next


def _build(settings: dict[str, Any]) -> Flask:
    from storefront.app import create_app
    from storefront.core.database import db

    app = create_app(settings)
    with app.app_context():
        for engine in [*db.engines.values(), *app.extensions["regulars_write"].values()]:
            engine.pool._max_overflow = POOL_BEYOND
    return app


def _do(app: Flask, name: str, share: list[tuple[int, Any]], barrier: Any) -> dict[int, Done]:
    """One thread for each argument; they wait for each other, and their processes too.

    What an act's `damage` takes out of the shop is out of this process for as long.
    """
    module, _colon, function = name.rpartition(":")
    act = getattr(importlib.import_module(f"tests.chaos.{module or 'acts'}"), function)
    with getattr(act, "damage", nullcontext)():
        return _do_all(app, act, share, barrier)


def _do_all(
    app: Flask, act: Callable[..., Any], share: list[tuple[int, Any]], barrier: Any
) -> dict[int, Done]:
    found: dict[int, Done] = {}

    def together() -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(PATIENCE)

    if not share:
        together()
        return found
    gate = threading.Barrier(len(share), action=together)
    threads = [threading.Thread(target=_one, args=(app, act, gate, found, *item)) for item in share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _one(
    app: Flask,
    act: Callable[..., Any],
    gate: threading.Barrier,
    found: dict[int, Done],
    place: int,
    argument: Any,
) -> None:
    started = [time.perf_counter()]
    waited = []

    def ready() -> None:
        """Called by the act once it is prepared: from here on all act together, and time counts."""
        waited.append(True)
        gate.wait(PATIENCE)
        started[0] = time.perf_counter()

    answer, error = None, ""
    with app.app_context():
        try:
            answer = act(argument, ready)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"[:300]
    if not waited:
        with suppress(threading.BrokenBarrierError):
            gate.wait(PATIENCE)
    found[place] = Done(answer, error, time.perf_counter() - started[0])
