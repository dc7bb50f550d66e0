"""How the shop itself is, and trying again what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_babel import gettext as _

from storefront.core import checking, clock, doctor, migrate
from storefront.core.console import Selection, record_audit
from storefront.core.database import db, transaction
from storefront.core.models import MailMessage, OutboxDelivery, Tick


@dataclass(frozen=True)
class JobState:
    """A job with a rhythm and how it went last."""

    name: str
    every: timedelta
    due_at: datetime | None
    finished_at: datetime | None
    error: str | None


@dataclass(frozen=True)
class Overview:
    """What the page System shows."""

    versions: dict[str, str]
    jobs: list[JobState]
    mails: dict[str, int]
    events: dict[str, int]
    settings: list[checking.Row]
    warnings: list[str]
    behind: bool


def states() -> list[tuple[str, str]]:
    """States of mails and events, as choices of a filter."""
    return [(state, state_name(state)) for state in ("new", "running", "sending", "done", "sent", "parked")]


def state_name(state: str) -> str:
    """What a state is called."""
    return {
        "new": _("waiting"),
        "running": _("at it"),
        "sending": _("at it"),
        "done": _("done"),
        "sent": _("sent"),
        "parked": _("given up"),
    }.get(state, state)


def overview(app: Flask) -> Overview:
    """Versions, rhythms, counts by state, settings without secrets; three queries."""
    settings = app.extensions["regulars_settings"]
    return Overview(
        doctor.versions(),
        _jobs(app),
        _by_state(MailMessage.state),
        _by_state(OutboxDelivery.state),
        checking.rows(settings),
        doctor.settings_warnings(settings),
        bool(migrate.pending()),
    )


def examine(app: Flask) -> doctor.Report:
    """What `regulars doctor` says now."""
    return doctor.examine(app)


def _by_state(column: Any) -> dict[str, int]:
    counted = sa.select(column, sa.func.count()).group_by(column)
    return {state: count for state, count in db.session.execute(counted)}


def _jobs(app: Flask) -> list[JobState]:
    newest = sa.select(Tick.job, sa.func.max(Tick.due_at).label("due_at")).group_by(Tick.job).subquery()
    joined = sa.and_(Tick.job == newest.c.job, Tick.due_at == newest.c.due_at)
    rows = db.session.execute(
        sa.select(Tick.job, Tick.due_at, Tick.finished_at, Tick.error).join(newest, joined)
    )
    known = {row.job: row for row in rows}
    rhythms = [job for job in app.extensions["regulars_jobs"].by_name.values() if job.every is not None]
    found = []
    for job in sorted(rhythms, key=lambda entry: entry.name):
        row = known.get(job.name)
        found.append(
            JobState(
                job.name,
                job.every,
                row.due_at if row else None,
                row.finished_at if row else None,
                row.error if row else None,
            )
        )
    return found


# --- events and mails -------------------------------------------------------------------------------------


def deliveries() -> sa.Select:
    """What each listener did with each event."""
    return sa.select(
        OutboxDelivery.id,
        OutboxDelivery.listener,
        OutboxDelivery.state,
        OutboxDelivery.attempts,
        OutboxDelivery.next_at,
        OutboxDelivery.error,
    )


def messages() -> sa.Select:
    """The mails of the shop."""
    return sa.select(
        MailMessage.id,
        MailMessage.template,
        MailMessage.state,
        MailMessage.to_email,
        MailMessage.created_at,
        MailMessage.sent_at,
        MailMessage.error,
    )


def retry(table: type[OutboxDelivery | MailMessage], chosen: Selection) -> int:
    """Let the worker try again what was given up among these; returns how many."""
    subject = "mail" if table is MailMessage else "outbox"
    with transaction() as tx:
        ids = chosen.narrow(sa.select(table.id)).scalar_subquery()
        again = sa.update(table).where(table.id.in_(ids), table.state == "parked")
        moment = clock.now()
        count = tx.execute(again.values(state="new", attempts=0, next_at=moment, error=None)).rowcount
        if count:
            record_audit(tx, f"{subject}.retry", subject, "", after={"count": count})
    return count


def parked() -> sa.ScalarSelect[int]:
    """How many mails and events were given up: the number at the page System."""
    mails = sa.select(sa.func.count()).where(MailMessage.state == "parked").scalar_subquery()
    events = sa.select(sa.func.count()).where(OutboxDelivery.state == "parked").scalar_subquery()
    return sa.select(mails + events).scalar_subquery()
