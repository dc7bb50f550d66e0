"""Strips as people saw them: remembered while the page is made, written after it went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import g, has_request_context
from sqlalchemy.exc import SQLAlchemyError

from storefront.core import clock
from storefront.core.database import JOURNAL, write_engine
from storefront.journal.service import Visit, write_once
from storefront.treatments.models import TreatmentExposure, TreatmentOutcome
from storefront.treatments.rules import Exposure, packed

log = structlog.get_logger(__name__)
EXPOSURE = TreatmentExposure.__table__
KEPT = timedelta(days=90)
OUTCOMES_KEPT = timedelta(days=400)
AT_ONCE = 2_000


def expose(exposure: Exposure) -> None:
    """Remember a strip of this page until the answer went out. Nothing outside a request."""
    if has_request_context():
        g.setdefault("regulars_exposures", []).append(exposure)


def exposed() -> list[Exposure]:
    """The strips of this page, in order."""
    return list(g.get("regulars_exposures", ()))


def write_exposures(exposures: Sequence[Exposure], visit: Visit, view: str) -> int:
    """Write them with whoever saw them; the same page once. What cannot be written is counted and dropped."""
    moment = clock.now()
    rows = [_row(exposure, visit, f"{view}.{place}") for place, exposure in enumerate(exposures)]
    return write_once(EXPOSURE, [{**row, "at": moment} for row in rows])


def _row(exposure: Exposure, visit: Visit, event_id: str) -> dict[str, Any]:
    return {
        "event_id": event_id[:40],
        "visitor": visit.visitor,
        "session": visit.session,
        "customer_id": visit.customer_id,
        "treatment": exposure.treatment[:40],
        "arm": exposure.arm,
        "surface": exposure.surface[:30],
        "page": exposure.page[:30],
        "slot": exposure.slot[:40],
        "artifact": exposure.artifact[:40],
        **packed(exposure),
    }


def join_exposures(visitor: str, session: str, customer_id: int) -> int:
    """What a visitor saw in the visit in which they signed in is theirs, in the arm it was seen in."""
    visit = sa.update(EXPOSURE).where(
        EXPOSURE.c.visitor == visitor, EXPOSURE.c.session == session, EXPOSURE.c.customer_id.is_(None)
    )
    try:
        with write_engine(JOURNAL).connect() as connection:
            return connection.execute(visit.values(customer_id=customer_id)).rowcount
    except SQLAlchemyError as error:
        log.warning("exposures_not_joined", reason=type(error).__name__)
        return 0


def forget_session(session: str) -> int:
    """Delete what was written of a visit that turned out to be a robot's; returns how many rows."""
    try:
        with write_engine(JOURNAL).connect() as connection:
            return connection.execute(sa.delete(EXPOSURE).where(EXPOSURE.c.session == session)).rowcount
    except SQLAlchemyError as error:
        log.warning("exposures_not_forgotten", reason=type(error).__name__)
        return 0


def forget_old() -> int:
    """Delete what is past its time, in small steps; returns how many rows."""
    gone = _forget(EXPOSURE, EXPOSURE.c.id, EXPOSURE.c.at < clock.now() - KEPT)
    outcome = TreatmentOutcome.__table__
    return gone + _forget(outcome, outcome.c.order_id, outcome.c.at < clock.now() - OUTCOMES_KEPT)


def _forget(table: sa.Table, key: sa.Column[int], old: sa.ColumnElement[bool]) -> int:
    gone = 0
    while True:
        few = sa.delete(table).where(key.in_(sa.select(key).where(old).limit(AT_ONCE)))
        with write_engine(JOURNAL).connect() as connection:
            step = connection.execute(few).rowcount
        gone += step
        if step < AT_ONCE:
            return gone
