"""Writing behaviour down: after the response, in one statement, never at the price of the page."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from storefront.core import clock
from storefront.core.behaviour import Behaviour
from storefront.core.database import JOURNAL, write_engine
from storefront.core.metrics import count
from storefront.journal.models import JournalEvent

log = structlog.get_logger(__name__)
_COLUMNS = ("product_id", "surface", "list_name", "position", "query", "hits")
_LENGTHS = {"query": 200, "surface": 30, "list_name": 60}


def record(
    behaviours: list[Behaviour],
    *,
    customer_id: int | None,
    visitor: str | None = None,
    session: str | None = None,
    language: str | None = None,
) -> int:
    """Write behaviours of one person, who consented; returns how many were written.

    When the journal cannot be written (busy, full) they are counted and dropped: browsing goes on.
    """
    if not behaviours:
        return 0
    moment = clock.now()
    person = {"customer_id": customer_id, "visitor": visitor, "session": session, "language": language}
    rows = [_row(behaviour, moment, person) for behaviour in behaviours]
    try:
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(sa.insert(JournalEvent), rows)
    except SQLAlchemyError as error:
        count("journal_dropped", len(rows), reason=type(error).__name__)
        log.warning("journal_dropped", events=len(rows), reason=type(error).__name__)
        return 0
    return len(rows)


def join_visits(visitor: str, customer_id: int) -> int:
    """Give what this visitor did to the customer they turned out to be; returns how many rows.

    When the journal cannot be written it stays the visitor's.
    """
    visits = sa.update(JournalEvent).where(
        JournalEvent.visitor == visitor, JournalEvent.customer_id.is_(None)
    )
    try:
        with write_engine(JOURNAL).connect() as connection:
            return connection.execute(visits.values(customer_id=customer_id)).rowcount
    except SQLAlchemyError as error:
        log.warning("visits_not_joined", reason=type(error).__name__)
        return 0


def _row(behaviour: Behaviour, moment: datetime, person: dict[str, Any]) -> dict[str, Any]:
    known = {name: behaviour.params.get(name) for name in _COLUMNS}
    for name, length in _LENGTHS.items():
        if known[name] is not None:
            known[name] = str(known[name])[:length]
    more = {name: value for name, value in behaviour.params.items() if name not in _COLUMNS}
    return {
        "event_id": secrets.token_hex(16),
        "name": behaviour.name,
        "at": moment,
        "params": more or None,
        "batch_id": None,
        **person,
        **known,
    }
