"""Who saw which strip in which arm, and what they bought and kept; in the journal's store."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import JOURNAL, UtcTime, db


class TreatmentExposure(db.Model):
    """A strip as one person saw it on one page. `event_id` is the page's number and the strip's place."""

    __bind_key__ = JOURNAL
    __tablename__ = "treatment_exposure"
    __table_args__ = (
        sa.Index("ix_treatment_exposure_treatment", "treatment", "at"),
        sa.Index("ix_treatment_exposure_customer", "customer_id", "at"),
        sa.Index("ix_treatment_exposure_visitor", "visitor", "at"),
        sa.Index("ix_treatment_exposure_session", "session"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(40), unique=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    visitor: Mapped[str | None] = mapped_column(sa.String(40))
    session: Mapped[str | None] = mapped_column(sa.String(40))
    customer_id: Mapped[int | None] = mapped_column()
    treatment: Mapped[str] = mapped_column(sa.String(40))
    arm: Mapped[str] = mapped_column(sa.String(10))
    surface: Mapped[str] = mapped_column(sa.String(30))
    page: Mapped[str] = mapped_column(sa.String(30))
    slot: Mapped[str] = mapped_column(sa.String(40))
    artifact: Mapped[str] = mapped_column(sa.String(40))
    shown: Mapped[list] = mapped_column(sa.JSON)
    filtered: Mapped[list] = mapped_column(sa.JSON)
    inputs: Mapped[dict] = mapped_column(sa.JSON)


class TreatmentOutcome(db.Model):
    """An order of somebody who agreed to statistics: what it was worth, net of what came back. One row an
    order, worked out anew whenever something happens to it. `products` are (id, pieces, minor units) kept."""

    __bind_key__ = JOURNAL
    __tablename__ = "treatment_outcome"
    __table_args__ = (
        sa.Index("ix_treatment_outcome_customer", "customer_id", "at"),
        sa.Index("ix_treatment_outcome_visitor", "visitor", "at"),
    )
    order_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    visitor: Mapped[str | None] = mapped_column(sa.String(40))
    customer_id: Mapped[int | None] = mapped_column()
    status: Mapped[str] = mapped_column(sa.String(16))
    currency: Mapped[str] = mapped_column(sa.String(3))
    gross_minor: Mapped[int] = mapped_column(sa.BigInteger)
    net_minor: Mapped[int] = mapped_column(sa.BigInteger)
    pieces: Mapped[int] = mapped_column(sa.BigInteger)
    products: Mapped[list] = mapped_column(sa.JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
