"""Consent: an append-only log, of which the newest row for a purpose counts."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.customers.models import Consent
from storefront.customers.rules import PURPOSES


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
