"""Writing behaviour down: after the response, in one statement, never at the price of the page."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from storefront.core import clock
from storefront.core.behaviour import Behaviour
from storefront.core.database import JOURNAL, snapshot, write_engine
from storefront.core.metrics import count
from storefront.journal.models import JournalEvent

log = structlog.get_logger(__name__)
EVENT = JournalEvent.__table__
_COLUMNS = ("product_id", "surface", "list_name", "position", "source", "query", "hits", "page", "dwell_ms")
_LENGTHS = {"query": 200, "surface": 30, "list_name": 60, "source": 40, "page": 30}


def record(
    behaviours: list[Behaviour],
    *,
    customer_id: int | None,
    visitor: str | None = None,
    session: str | None = None,
    language: str | None = None,
) -> int:
    """Write behaviours of one person, who consented; returns how many were written.

    What happens once (an order, a click on one place of a strip in a visit) is written once. When the journal
    cannot be written (busy, full) they are counted and dropped: browsing goes on.
    """
    if not behaviours:
        return 0
    moment = clock.now()
    person = {"customer_id": customer_id, "visitor": visitor, "session": session, "language": language}
    rows = [_row(behaviour, moment, person) for behaviour in behaviours]
    return write_once(EVENT, rows)


def write_once(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write rows into a table of the journal's store, those whose `event_id` is there already left out.

    Returns how many; when the store cannot be written they are counted and dropped.
    """
    try:
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(_once(table, connection.dialect.name), rows)
    except SQLAlchemyError as error:
        dropped(len(rows), error)
        return 0
    return len(rows)


@cache
def _once(table: sa.Table, dialect: str) -> Any:
    """The statement of every page, made once."""
    kind = sqlite if dialect == "sqlite" else postgresql
    return kind.insert(table).on_conflict_do_nothing(index_elements=["event_id"])


def dropped(events: int, error: Exception) -> None:
    """Count what could not be written."""
    count("journal_dropped", events, reason=type(error).__name__)
    log.warning("journal_dropped", events=events, reason=type(error).__name__)


def insert(connection: sa.Connection, table: sa.Table = EVENT) -> Any:
    """An insert that can say what happens to a row that is there already."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def record_dwell(
    event_id: str, person: Mapping[str, Any], dwell_ms: int, page: str, product: int | None
) -> None:
    """Write how long a page was looked at; said again, the longest time counts."""
    behaviour = Behaviour(
        "dwell", {"event_id": event_id, "dwell_ms": dwell_ms, "page": page, "product_id": product}
    )
    row = _row(behaviour, clock.now(), dict(person))
    try:
        with write_engine(JOURNAL).connect() as connection:
            first = insert(connection)
            longer = first.on_conflict_do_update(
                index_elements=["event_id"],
                set_={"dwell_ms": first.excluded.dwell_ms},
                where=EVENT.c.dwell_ms < first.excluded.dwell_ms,
            )
            connection.execute(longer, [row])
    except SQLAlchemyError as error:
        dropped(1, error)


def join_visit(visitor: str, session: str, customer_id: int) -> int:
    """Give what this visitor did in this visit to the customer they turned out to be; returns how many rows.

    Earlier visits may have been somebody else's at the same machine: they stay the visitor's. So does all of
    it when the journal cannot be written.
    """
    visit = sa.update(EVENT).where(
        EVENT.c.visitor == visitor, EVENT.c.session == session, EVENT.c.customer_id.is_(None)
    )
    try:
        with write_engine(JOURNAL).connect() as connection:
            return connection.execute(visit.values(customer_id=customer_id)).rowcount
    except SQLAlchemyError as error:
        log.warning("visit_not_joined", reason=type(error).__name__)
        return 0


def forget_visit(visitor: str | None, customer_id: int | None, session: str) -> int:
    """Delete what was written of a visit that turned out to be a robot's; returns how many rows."""
    whose = EVENT.c.visitor == visitor if visitor else EVENT.c.customer_id == customer_id
    try:
        with write_engine(JOURNAL).connect() as connection:
            return connection.execute(sa.delete(EVENT).where(whose, EVENT.c.session == session)).rowcount
    except SQLAlchemyError as error:
        log.warning("visit_not_forgotten", reason=type(error).__name__)
        return 0


def _row(behaviour: Behaviour, moment: datetime, person: dict[str, Any]) -> dict[str, Any]:
    known = {name: behaviour.params.get(name) for name in _COLUMNS}
    for name, length in _LENGTHS.items():
        if known[name] is not None:
            known[name] = str(known[name])[:length]
    more = {
        name: value for name, value in behaviour.params.items() if name not in _COLUMNS and name != "event_id"
    }
    return {
        "event_id": _event_id(behaviour, person),
        "name": behaviour.name,
        "at": moment,
        "params": more or None,
        "batch_id": None,
        **person,
        **known,
    }


def _event_id(behaviour: Behaviour, person: Mapping[str, Any]) -> str:
    """The number of an event: given, the same for what happens only once, else one that nobody had."""
    params = behaviour.params
    if params.get("event_id"):
        return str(params["event_id"])[:40]
    if behaviour.name == "purchase" and params.get("transaction_id"):
        return purchase_key(str(params["transaction_id"]))
    if behaviour.name == "select_item" and person.get("session"):
        place = (person["session"], params.get("list_name"), params.get("position"), params.get("product_id"))
        return _key("select_item", *place)
    return secrets.token_hex(16)


def purchase_key(order_number: str) -> str:
    """The number of the event that is the purchase of an order."""
    return _key("purchase", order_number)


def purchase_visitors(order_numbers: Iterable[str]) -> dict[str, str]:
    """Which visitor placed these orders, of those who agreed to be noted."""
    numbers = {purchase_key(number): number for number in order_numbers}
    keys, found = list(numbers), {}
    query = sa.select(EVENT.c.event_id, EVENT.c.visitor).where(EVENT.c.visitor.is_not(None))
    with snapshot(JOURNAL) as journal:
        for start in range(0, len(keys), 400):
            few = query.where(EVENT.c.event_id.in_(keys[start : start + 400]))
            found.update({numbers[key]: visitor for key, visitor in journal.execute(few)})
    return found


def _key(*parts: Any) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]
