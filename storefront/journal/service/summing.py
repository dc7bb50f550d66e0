"""What the owner's page shows of many people. Of much behaviour it is worked out beforehand, by a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.database import JOURNAL, snapshot, write_engine
from storefront.core.jobs import enqueue_quietly
from storefront.journal.models import JournalCount, JournalEvent, JournalSummary
from storefront.journal.rules.paths import SMALLEST_GROUP, Did, summarise
from storefront.journal.service.recording import insert
from storefront.journal.service.rushes import forget_rushes

EVENT, COUNT, SUMMARY = JournalEvent.__table__, JournalCount.__table__, JournalSummary.__table__
PERIODS = (7, 28)
WHOM = ("visitors", "everybody")
# So many rows are summed up while the owner waits; of more, what the job found is shown.
AT_ONCE = 5_000
JOB = "journal.summarise"


@dataclass(frozen=True)
class Panel:
    """What was found of a period, and when. `data` is None until the job has been there."""

    days: int
    whom: str
    made_at: datetime | None
    data: dict[str, Any] | None


def panel(days: int, whom: str) -> Panel:
    """The summary of the last `days` days: fresh where there is little, else as the job left it."""
    key = f"{whom}:{days}"
    with snapshot(JOURNAL) as session:
        few = sa.select(EVENT.c.id).where(*_conditions(days, whom)).limit(AT_ONCE + 1).subquery()
        if session.execute(sa.select(sa.func.count()).select_from(few)).scalar_one() <= AT_ONCE:
            return Panel(days, whom, clock.now(), _summary(session, days, whom))
        row = session.execute(sa.select(SUMMARY).where(SUMMARY.c.key == key)).mappings().first()
    if row is None:
        enqueue_quietly(JOB)
        return Panel(days, whom, None, None)
    return Panel(days, whom, row["made_at"], row["data"])


def write_summaries() -> None:
    """Work out every period for everybody the page is asked about."""
    for days in PERIODS:
        for whom in WHOM:
            with snapshot(JOURNAL) as session:
                data = _summary(session, days, whom)
            row = {"key": f"{whom}:{days}", "made_at": clock.now(), "data": data}
            with write_engine(JOURNAL).connect() as connection:
                first = insert(connection, SUMMARY).values(row)
                newer = {"made_at": first.excluded.made_at, "data": first.excluded.data}
                connection.execute(first.on_conflict_do_update(index_elements=["key"], set_=newer))


# --- summing up -------------------------------------------------------------------------------------------


def _since(days: int) -> datetime:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)


def _conditions(days: int, whom: str) -> list[sa.ColumnElement[bool]]:
    conditions = [EVENT.c.at >= _since(days)]
    return [*conditions, EVENT.c.customer_id.is_(None)] if whom == "visitors" else conditions


def _person() -> sa.ColumnElement[str]:
    customer = sa.literal("c") + sa.cast(EVENT.c.customer_id, sa.String)
    return sa.func.coalesce(customer, EVENT.c.visitor, EVENT.c.session, "")


def _summary(session: Session, days: int, whom: str) -> dict[str, Any]:
    counts = _counts(session, days)
    return {
        **summarise(_rows(session, days, whom)),
        "days": _days(session, days, whom, counts),
        "uncounted": sum(times for _day, kind, _name, times in counts if kind == "page"),
        "uncounted_pages": _by_name(counts, "page"),
        "robots": _by_name(counts, "robot"),
    }


def _rows(session: Session, days: int, whom: str) -> Iterator[Did]:
    person, visit = _person().label("person"), sa.func.coalesce(EVENT.c.session, "").label("visit")
    names = ("name", "page", "product_id", "dwell_ms", "query", "hits", "list_name", "surface", "position")
    query = (
        sa.select(person, visit, *(EVENT.c[name] for name in names))
        .where(*_conditions(days, whom))
        .order_by(person, visit, EVENT.c.id)
        .execution_options(yield_per=10_000)
    )
    return (Did(*row) for row in session.execute(query))


def _days(session: Session, days: int, whom: str, counts: list[Any]) -> list[list[Any]]:
    """(day, pages of people who agreed, pages of the others); a day of few people says nothing of them."""
    day = sa.func.date(EVENT.c.at).label("day")
    query = sa.select(day, sa.func.count(), sa.func.count(sa.distinct(_person())))
    opened = query.where(*_conditions(days, whom), EVENT.c.page.is_not(None), EVENT.c.name != "dwell")
    found = {
        str(at): pages if people >= SMALLEST_GROUP else None
        for at, pages, people in session.execute(opened.group_by(day))
    }
    others: dict[str, int] = {}
    for at, kind, _name, times in counts:
        if kind == "page":
            others[str(at)] = others.get(str(at), 0) + times
    first = _since(days).date()
    each = [str(first + timedelta(days=number)) for number in range(days)]
    return [[at, found.get(at, 0), others.get(at, 0)] for at in each]


def _counts(session: Session, days: int) -> list[tuple[date, str, str, int]]:
    query = sa.select(COUNT.c.day, COUNT.c.kind, COUNT.c.name, COUNT.c.times)
    return [tuple(row) for row in session.execute(query.where(COUNT.c.day >= _since(days).date()))]


def _by_name(counts: list[tuple[date, str, str, int]], wanted: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for _day, kind, name, times in counts:
        if kind == wanted:
            found[name] = found.get(name, 0) + times
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


# --- forgetting -------------------------------------------------------------------------------------------


def forget_old(kept_days: int) -> int:
    """Delete behaviour and counts that are older, in small steps; returns how many rows of behaviour."""
    before, gone = clock.now() - timedelta(days=kept_days), 0
    while True:
        old = sa.select(EVENT.c.id).where(EVENT.c.at < before).limit(2_000)
        with write_engine(JOURNAL).connect() as connection:
            step = connection.execute(sa.delete(EVENT).where(EVENT.c.id.in_(old))).rowcount
            connection.execute(sa.delete(COUNT).where(COUNT.c.day < before.date()))
        gone += step
        if step < 2_000:
            forget_rushes(before.date())
            return gone
