"""Background jobs and ticks. A job is a named function; a tick is a job that is due at fixed times.

Huey (a file in the instance folder, or Redis) carries hints; what must not be lost stands in the database.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey

from storefront.core import clock
from storefront.core.database import db, transaction
from storefront.core.models import Tick
from storefront.core.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """A named background function; with `every`, also a tick at multiples of it (+ `offset`) since 1970."""

    name: str
    run: Callable[..., Any]
    every: timedelta | None = None
    offset: timedelta = timedelta(0)

    def last_due(self, moment: datetime) -> datetime | None:
        """The newest time at or before `moment` at which this job was due; None for jobs without a rhythm."""
        if self.every is None:
            return None
        epoch = datetime(1970, 1, 1, tzinfo=UTC) + self.offset
        return epoch + (moment - epoch) // self.every * self.every


def job(name: str, *, every: timedelta | None = None, offset: timedelta = timedelta(0)) -> Callable:
    """Mark a function of a `jobs.py` as the job `name`."""

    def mark(function: Callable) -> Callable:
        function._job = (name, every, offset)  # type: ignore[attr-defined]
        return function

    return mark


class Jobs:
    """All jobs of one app, and the queue that carries them."""

    def __init__(self, app: Flask, huey: Huey) -> None:
        self.app = app
        self.huey = huey
        self.by_name: dict[str, Job] = {}
        self.task = huey.task(retries=3, retry_delay=10)(self._run)

    def register_module(self, module: Any) -> None:
        """Take in every function of `module` that `job` marked."""
        for value in filter(inspect.isfunction, vars(module).values()):
            marked = getattr(value, "_job", None)
            if marked is not None:
                name, every, offset = marked
                self.by_name[name] = Job(name, value, every, offset)

    def _run(self, name: str, arguments: dict[str, Any]) -> None:
        with self.app.app_context():
            self.by_name[name].run(**arguments)


def init_jobs(app: Flask, settings: Settings) -> Jobs:
    """Attach the queue and the registry."""
    if settings.redis_url:
        huey: Huey = RedisHuey("regulars", url=settings.redis_url)
    else:
        huey = SqliteHuey("regulars", filename=str(settings.folder / "jobs.db"), fsync=False)
    registry = Jobs(app, huey)
    app.extensions["regulars_jobs"] = registry
    app.extensions["regulars_wake_worker"] = lambda: enqueue("core.sweep")
    return registry


def _registry() -> Jobs:
    return current_app.extensions["regulars_jobs"]


def enqueue(name: str, **arguments: Any) -> None:
    """Ask the worker to run the job `name` soon. Raises KeyError for a job that nobody registered."""
    registry = _registry()
    if name not in registry.by_name:
        raise KeyError(f"no job is called {name!r}")
    registry.task(name, arguments)


def run_due_ticks() -> list[str]:
    """Run every tick that is due and that nobody has taken; returns their names.

    The (job, due time) row is the lock: whoever inserts it runs the tick, so many workers tick once.
    """
    moment = clock.now()
    ran = []
    for entry in _registry().by_name.values():
        due = entry.last_due(moment)
        if due is not None and _take(entry.name, due, moment):
            _run_tick(entry, due)
            ran.append(entry.name)
    return ran


def _take(name: str, due: datetime, moment: datetime) -> bool:
    known = sa.select(Tick.job).where(Tick.job == name, Tick.due_at == due)
    if db.session.execute(known).first():
        return False
    with transaction() as tx:
        dialect = tx.get_bind().dialect.name
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if dialect == "sqlite" else postgresql).insert(Tick)
        values = insert.values(job=name, due_at=due, taken_at=moment).on_conflict_do_nothing()
        return tx.execute(values).rowcount == 1


def _run_tick(entry: Job, due: datetime) -> None:
    error = None
    try:
        entry.run()
    except Exception as problem:
        log.error("tick_failed", job=entry.name, exc_info=True)
        error = f"{type(problem).__name__}: {problem}"[:2000]
    with transaction() as tx:
        tx.execute(
            sa.update(Tick)
            .where(Tick.job == entry.name, Tick.due_at == due)
            .values(finished_at=clock.now(), error=error)
        )
