"""Consent: an append-only log, of which the newest row for a purpose counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.customers.models import Consent
from storefront.customers.rules import PURPOSES


@dataclass(frozen=True)
class Word:
    """One row of the log: what was said about a purpose, when, and where."""

    purpose: str
    given: bool
    at: datetime
    source: str


def consent_log(customer_id: int) -> list[Word]:
    """Everything that a customer ever said, newest first."""
    query = sa.select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.id.desc())
    return [Word(row.purpose, row.given, row.at, row.source) for row in db.session.execute(query).scalars()]


def said_last(customer_id: int) -> dict[str, Word]:
    """The newest word on each purpose that was ever spoken of."""
    return {word.purpose: word for word in reversed(consent_log(customer_id))}


def set_consents(customer_id: int, given: frozenset[str], source: str) -> None:
    """Write down what changed: a row for each purpose on which the customer says something new."""
    last = said_last(customer_id)
    with transaction() as tx:
        for purpose in PURPOSES:
            if purpose not in last or last[purpose].given != (purpose in given):
                record_consent(tx, customer_id, purpose, given=purpose in given, source=source)


def record_consent(tx: Tx, customer_id: int, purpose: str, *, given: bool, source: str) -> None:
    """Write down what a person decided. Raises ValueError for a purpose that does not exist."""
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose!r} is none of {', '.join(PURPOSES)}")
    tx.add(Consent(customer_id=customer_id, purpose=purpose, given=given, source=source, at=clock.now()))


def who_refused(purpose: str) -> frozenset[int]:
    """Customers whose newest word on `purpose` is no."""
    newest = (
        sa.select(sa.func.max(Consent.id)).where(Consent.purpose == purpose).group_by(Consent.customer_id)
    )
    query = sa.select(Consent.customer_id).where(Consent.id.in_(newest), Consent.given.is_(False))
    return frozenset(db.session.execute(query).scalars())
