"""Finding rushes in the journal before lists learn from it, and letting the owner count them again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import JOURNAL, snapshot, transaction, write_engine
from storefront.core.errors import NotFound
from storefront.journal.models import JournalEvent, JournalLeftOut, JournalLeftOutVisit
from storefront.journal.rules.rushes import LEAST_VISITS, busyness, find_rushes
from storefront.journal.service.recording import insert

log = structlog.get_logger(__name__)
EVENT, RUSH, VISIT = JournalEvent.__table__, JournalLeftOut.__table__, JournalLeftOutVisit.__table__
LOOKS = ("view_item", "add_to_cart")
USUAL_DAYS = 28  # whose mean is what is usual
JUDGED_DAYS = 7  # newest ones, each time: a shop that trains every day has seen the others before
SHOWN = 50  # newest rushes on the owner's page
AT_ONCE = 400
WhoBought = Callable[[set[int]], set[int]]
# In raw SQL on the journal: leaves out the rows of `journal_event` that belong to a rush.
COUNTED = """NOT EXISTS (
    SELECT 1 FROM journal_left_out_visit v JOIN journal_left_out x ON x.id = v.left_out_id
    WHERE v.visit = COALESCE(journal_event.session, journal_event.visitor) AND x.counted_again_at IS NULL)"""


@dataclass(frozen=True)
class Rush:
    """What the owner reads of one rush."""

    id: int
    day: date
    product_id: int
    usual: float
    visits: int
    events: int
    counted: bool


def find_new_rushes(who_bought: WhoBought, days: int = JUDGED_DAYS) -> int:
    """Look through the last `days` days, today included, and leave out what is a rush; how many were found.

    `who_bought` says which of some customers ever kept a purchase: they are in none. What an import brought
    is the owner's word and is not judged. A journal that cannot be written leaves everything in.
    """
    today = clock.now().astimezone(UTC).date()
    found = 0
    try:
        for back in range(days - 1, -1, -1):
            found += _examine(today - timedelta(days=back), who_bought)
    except SQLAlchemyError as error:
        log.warning("rushes_not_looked_for", reason=type(error).__name__)
    return found


def list_rushes() -> list[Rush]:
    """The newest rushes, the last day first."""
    query = sa.select(RUSH).order_by(RUSH.c.day.desc(), RUSH.c.visits.desc(), RUSH.c.id).limit(SHOWN)
    with snapshot(JOURNAL) as session:
        return [
            Rush(
                row["id"],
                row["day"],
                row["product_id"],
                row["usual"],
                row["visits"],
                row["events"],
                row["counted_again_at"] is not None,
            )
            for row in session.execute(query).mappings()
        ]


def count_rush(rush_id: int, *, counted: bool) -> None:
    """Let lists learn from a rush again, or not any more; the next training obeys. Raises NotFound."""
    with snapshot(JOURNAL) as session:
        row = session.execute(sa.select(RUSH).where(RUSH.c.id == rush_id)).mappings().first()
    if row is None:
        raise NotFound()
    before, after = row["counted_again_at"] is not None, counted
    with transaction() as tx:
        about = {"product": row["product_id"], "day": row["day"].isoformat(), "visits": row["visits"]}
        record_audit(
            tx, "rush.count", "rush", str(rush_id), {**about, "counted": before}, {**about, "counted": after}
        )
    moment = clock.now() if counted else None
    with write_engine(JOURNAL).connect() as connection:
        connection.execute(sa.update(RUSH).where(RUSH.c.id == rush_id).values(counted_again_at=moment))


def forget_rushes(before: date) -> None:
    """Rushes of days whose behaviour is gone go with it."""
    old = sa.select(RUSH.c.id).where(RUSH.c.day < before)
    with write_engine(JOURNAL).connect() as connection:
        connection.execute(sa.delete(VISIT).where(VISIT.c.left_out_id.in_(old)))
        connection.execute(sa.delete(RUSH).where(RUSH.c.day < before))


# --- one day ----------------------------------------------------------------------------------------------


def _visit() -> sa.ColumnElement[str]:
    return sa.func.coalesce(EVENT.c.session, EVENT.c.visitor)


def _counted() -> list[sa.ColumnElement[bool]]:
    """Looks at products that the shop saw itself, in visits that are not left out."""
    left_out = sa.exists().where(VISIT.c.visit == _visit(), VISIT.c.left_out_id == RUSH.c.id)
    return [
        EVENT.c.name.in_(LOOKS),
        EVENT.c.product_id.is_not(None),
        EVENT.c.batch_id.is_(None),
        ~left_out.where(RUSH.c.counted_again_at.is_(None)),
    ]


def _between(first: date, end: date) -> list[sa.ColumnElement[bool]]:
    begin, stop = (datetime.combine(one, time.min, UTC) for one in (first, end))
    return [EVENT.c.at >= begin, EVENT.c.at < stop]


def _examine(day: date, who_bought: WhoBought) -> int:
    """Leave out the rushes of one day."""
    end = day + timedelta(days=1)
    with snapshot(JOURNAL) as session:
        today = _per_product(session, day, end)
        if not any(visits > LEAST_VISITS for visits in today.values()):
            return 0
        usual = _usual(session, day)
        judged = sa.select(RUSH.c.product_id, RUSH.c.counted_again_at).where(RUSH.c.day == day)
        said = {product: at is not None for product, at in session.execute(judged)}
        # What the owner counted again is not judged twice.
        crowded = [one for one, visits in today.items() if visits > LEAST_VISITS and not said.get(one)]
        seen = [row for some in _parts(crowded) for row in _looks(session, day, end, some)]
    strangers = _strangers(seen, who_bought)
    found = find_rushes(strangers, usual, busyness(today, usual))
    for product, visits in found.items():
        _leave_out(day, product, usual.get(product, 0.0), visits, known=product in said)
    return len(found)


def _per_product(session: Any, first: date, end: date) -> Counter[int]:
    query = sa.select(EVENT.c.product_id, sa.func.count(sa.distinct(_visit())))
    rows = session.execute(query.where(*_between(first, end), *_counted()).group_by(EVENT.c.product_id))
    return Counter({product: visits for product, visits in rows})


def _usual(session: Any, day: date) -> dict[int, float]:
    """Visits a day and product over the days before, since the first of them on which anything was noted."""
    first = day - timedelta(days=USUAL_DAYS)
    begun = session.execute(sa.select(sa.func.min(EVENT.c.at)).where(*_between(first, day))).scalar()
    if begun is None:
        return {}
    days = max((day - begun.date()).days, 1)
    return {product: visits / days for product, visits in _per_product(session, first, day).items()}


def _looks(session: Any, day: date, end: date, products: Sequence[int]) -> Iterator[Any]:
    query = sa.select(EVENT.c.product_id, _visit(), EVENT.c.customer_id).distinct()
    judged = sa.exists().where(VISIT.c.visit == _visit())
    wanted = [EVENT.c.product_id.in_(products), _visit().is_not(None), ~judged]
    return iter(session.execute(query.where(*_between(day, end), *_counted(), *wanted)).all())


def _strangers(looks: Iterable[Any], who_bought: WhoBought) -> dict[int, set[str]]:
    """Visits per product of everybody who is not known to have bought anything."""
    rows = list(looks)
    known = {customer for _product, _visit, customer in rows if customer is not None}
    bought = who_bought(known) if known else set()
    ours = {visit for _product, visit, customer in rows if customer in bought}
    found: defaultdict[int, set[str]] = defaultdict(set)
    for product, visit, _customer in rows:
        if visit not in ours:
            found[product].add(visit)
    return found


def _leave_out(day: date, product: int, usual: float, visits: set[str], *, known: bool) -> None:
    """Write one rush, or add to one that goes on."""
    with write_engine(JOURNAL).connect() as connection:
        events = 0
        for some in _parts(sorted(visits)):
            theirs = sa.select(sa.func.count()).where(_visit().in_(some), EVENT.c.name.in_(LOOKS))
            events += connection.execute(theirs).scalar_one()
        numbers = {"visits": len(visits), "events": events}
        same = (RUSH.c.day == day, RUSH.c.product_id == product)
        if known:
            more = {name: RUSH.c[name] + number for name, number in numbers.items()}
            connection.execute(sa.update(RUSH).where(*same).values(**more))
        else:
            row = {"day": day, "product_id": product, "usual": usual, "found_at": clock.now(), **numbers}
            connection.execute(sa.insert(RUSH).values(**row))
        number = connection.execute(sa.select(RUSH.c.id).where(*same)).scalar_one()
        rows = [{"visit": visit, "left_out_id": number} for visit in sorted(visits)]
        connection.execute(insert(connection, VISIT).on_conflict_do_nothing(), rows)
    log.info("rush_left_out", day=str(day), product=product, visits=len(visits), usual=round(usual, 1))


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
