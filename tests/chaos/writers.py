"""R14: many processes write one row at the same time; nobody is told that the database is busy, no step is lost.

One process builds the app and forks the writers: sixty-four of them cost one start.
"""

from __future__ import annotations

import multiprocessing
import statistics
from typing import Any

import sqlalchemy as sa
from flask import Flask

from storefront.core.database import db, dispose, transaction
from storefront.core.models import Counter
from tests.chaos import acts
from tests.chaos.crew import PATIENCE
from tests.chaos.drills import Progress, Result, quiet

SLOWEST_WRITE = 2.0
Answer = tuple[list[float], str]


def writes(
    app: Flask,
    settings: dict[str, Any],
    *,
    writers: int,
    times: int,
    control: bool = False,
    most_seconds: float = SLOWEST_WRITE,
    progress: Progress = quiet,
) -> Result:
    """One round: `writers` at once, each takes one off the same counter `times` times, reading it first.

    One write in a hundred may take longer than `most_seconds`.
    """
    result = Result("R14 writers" + (", unguarded" if control else ""))
    with app.app_context():
        _begin(writers * times + 1)  # one is written before they begin
        db.session.remove()
        answers = _let_write(settings, writers, times, "unguarded_write" if control else "write")
        found = sorted({f"a writer saw {error}" for _took, error in answers if error})
        result.seconds = [seconds for took, _error in answers for seconds in took]
        lost = _left()
        found += [f"{lost} steps of {writers * times} were lost"] if lost else []
        if len(result.seconds) > 1 and not control:
            result.notes["p99"] = slow = statistics.quantiles(result.seconds, n=100)[-1]
            found += [f"one write in a hundred took {slow:.1f} s"] if slow > most_seconds else []
        result.note(found)
        result.acts = writers * times
    progress(result.name, 1, 1)
    return result


def _begin(steps: int) -> None:
    with transaction() as tx:
        tx.execute(sa.delete(Counter).where(Counter.name == acts.WRITTEN))
        tx.add(Counter(name=acts.WRITTEN, remaining=steps))


def _left() -> int:
    db.session.remove()
    query = sa.select(Counter.remaining).where(Counter.name == acts.WRITTEN)
    return int(db.session.execute(query).scalar_one())


# --- the processes ----------------------------------------------------------------------------------------


def _let_write(settings: dict[str, Any], writers: int, times: int, act: str) -> list[Answer]:
    """What each writer came to: how long its writes took, and the error that stopped it."""
    context = multiprocessing.get_context("spawn")
    mine, other = context.Pipe()
    forking = context.Process(target=_fork_writers, args=(settings, writers, times, act, other))
    forking.start()
    other.close()
    try:
        return mine.recv()
    finally:
        forking.join(PATIENCE)


def _fork_writers(settings: dict[str, Any], writers: int, times: int, act: str, pipe: Any) -> None:
    from storefront.app import create_app

    app = create_app(settings)
    with app.app_context():
        getattr(acts, act)(1, lambda: None)  # what is loaded late is loaded once
    # No connection is open when writers are forked.
    dispose(app)
    context = multiprocessing.get_context("fork")
    together, answers = context.Barrier(writers), context.SimpleQueue()
    crowd = [
        context.Process(target=_write, args=(app, act, times, together, answers)) for _ in range(writers)
    ]
    for one in crowd:
        one.start()
    pipe.send([answers.get() for _one in crowd])
    for one in crowd:
        one.join(PATIENCE)


def _write(app: Flask, act: str, times: int, together: Any, answers: Any) -> None:
    took: list[float] = []
    error = ""
    with app.app_context():
        try:
            took = getattr(acts, act)(times, lambda: together.wait(PATIENCE))
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"[:300]
    answers.put((took, error))
    dispose(app)
