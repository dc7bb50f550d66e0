"""Background jobs and ticks. A job is a named function; a tick is a job that is due at fixed times.

Huey (a file in the instance folder, or Redis) carries hints; what must not be lost stands in the database.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from huey import Huey
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import database_now, db, transaction
from storefront.core.metrics import count
from storefront.core.models import Tick
from storefront.core.queue import make_queue
from storefront.core.settings import Settings

LOST_AFTER = timedelta(seconds=60)
INTERRUPTED = "interrupted once"
_Other = Tick.__table__.alias()
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
            outcome = "failed"
            try:
                self.by_name[name].run(**arguments)
                outcome = "done"
            finally:
                count("jobs", job=name, outcome=outcome)


def init_jobs(app: Flask, settings: Settings) -> Jobs:
    """Attach the queue and the registry."""
    registry = Jobs(app, make_queue(settings.redis_url, settings.folder))
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


def enqueue_quietly(name: str, **arguments: Any) -> bool:
    """As `enqueue`, for what a page can do without: a queue that cannot be reached is logged, not raised."""
    try:
        enqueue(name, **arguments)
    except Exception:
        log.warning("enqueue_failed", job=name, exc_info=True)
        return False
    return True


# --- ticks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueTick:
    """A scheduled run that this process has taken and now has to do."""

    job: Job
    due_at: datetime


def run_due_ticks() -> list[str]:
    """Run every tick that is due and that nobody has taken, one after the other; returns their names."""
    ticks = take_due_ticks()
    for tick in ticks:
        run_tick(tick)
    return [tick.job.name for tick in ticks]


def take_due_ticks() -> list[DueTick]:
    """Take what is due now. The caller must run each with `run_tick`.

    The (job, due time) row is the lock: whoever inserts it has the tick, so many workers tick once. A tick
    whose process died is given out once more, as long as it is the newest of its job.
    """
    moment = clock.now()
    taken = []
    for entry in _registry().by_name.values():
        due = entry.last_due(moment)
        if due is not None and _take(entry.name, due):
            taken.append(DueTick(entry, due))
    return taken


def run_tick(tick: DueTick) -> None:
    """Run a taken tick and write down how it went; a failure is recorded, never raised."""
    error = None
    try:
        tick.job.run()
    except Exception as problem:
        log.error("tick_failed", job=tick.job.name, exc_info=True)
        error = f"{type(problem).__name__}: {problem}"[:2000]
    count("ticks", job=tick.job.name, outcome="failed" if error else "done")
    with transaction() as tx:
        tx.execute(_row(tick).values(finished_at=clock.now(), error=error))


def keep_alive(ticks: Iterable[DueTick]) -> None:
    """Say that these ticks are still being run; a tick nobody speaks for is taken for lost."""
    moment = database_now()
    for tick in ticks:
        with transaction() as tx:
            tx.execute(_row(tick).where(Tick.finished_at.is_(None)).values(taken_at=moment))


def start_rhythms() -> None:
    """Let jobs that never ticked in this database begin with their next time, not with the one just past."""
    known = set(db.session.execute(sa.select(Tick.job).distinct()).scalars())
    moment = clock.now()
    for entry in _registry().by_name.values():
        due = entry.last_due(moment)
        if due is not None and entry.name not in known and _take(entry.name, due):
            with transaction() as tx:
                tx.execute(_row(DueTick(entry, due)).values(finished_at=moment, error=None))


def _row(tick: DueTick) -> sa.Update:
    return sa.update(Tick).where(Tick.job == tick.job.name, Tick.due_at == tick.due_at)


def _take(name: str, due: datetime) -> bool:
    columns = (Tick.taken_at, Tick.finished_at, Tick.error)
    known = db.session.execute(sa.select(*columns).where(Tick.job == name, Tick.due_at == due)).first()
    moment = database_now()
    if known is None:
        return _insert_tick(name, due, moment)
    if known.finished_at is not None or known.error is not None or moment - known.taken_at < LOST_AFTER:
        return False
    return _take_over(name, due, known.taken_at, moment)


def _insert_tick(name: str, due: datetime, moment: datetime) -> bool:
    with transaction() as tx:
        insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(Tick)
        values = insert.values(job=name, due_at=due, taken_at=moment).on_conflict_do_nothing()
        # Not rowcount: psycopg gives none for an INSERT.
        return tx.execute(values.returning(Tick.job)).first() is not None


def _take_over(name: str, due: datetime, seen: datetime, moment: datetime) -> bool:
    """A second try only: the note left in `error` stops a job that kills its process again and again."""
    with transaction() as tx:
        taken = tx.execute(
            sa.update(Tick)
            .where(Tick.job == name, Tick.due_at == due, Tick.taken_at == seen, Tick.finished_at.is_(None))
            .values(taken_at=moment, error=INTERRUPTED)
        )
    return taken.rowcount == 1


# --- jobs of the core -------------------------------------------------------------------------------------


@job("core.sweep")
def sweep_now() -> None:
    """What a command asks for after its commit: see to what it published."""
    from storefront.core import events, mail

    events.sweep()
    mail.deliver_due()


@job("core.forget_counts", every=timedelta(days=1), offset=timedelta(hours=2, minutes=27))
def forget_old_counts() -> None:
    """Delete counted tries that count no more."""
    from storefront.core import limits

    limits.forget_counts()


@job("core.forget_done", every=timedelta(days=1), offset=timedelta(hours=2, minutes=37))
def forget_what_is_done() -> None:
    """Delete events that were told and mails that were sent, each after its time."""
    from storefront.core import keeping

    keeping.forget_what_was_told()
    keeping.forget_sent_mails()


@job("core.forget_ticks", every=timedelta(days=1), offset=timedelta(hours=2, minutes=17))
def forget_old_ticks() -> None:
    """Delete runs of more than a week ago; the newest of each job stays, as its beginning."""
    newest = sa.select(sa.func.max(Tick.due_at)).where(Tick.job == _Other.c.job).scalar_subquery()
    old = sa.select(_Other.c.job, _Other.c.due_at).where(
        _Other.c.due_at < clock.now() - timedelta(days=7), _Other.c.due_at < newest
    )
    with transaction() as tx:
        for row in tx.execute(old).all():
            tx.execute(sa.delete(Tick).where(Tick.job == row.job, Tick.due_at == row.due_at))
