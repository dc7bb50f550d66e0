"""What people do, in a store of its own: no transaction spans it and the shop."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import JOURNAL, UtcTime, db


class JournalEvent(db.Model):
    """One behaviour, named as in GA4 (view_item, search, select_item). Ids point into the shop's store."""

    __bind_key__ = JOURNAL
    __tablename__ = "journal_event"
    __table_args__ = (
        sa.Index("ix_journal_event_at", "at"),
        sa.Index("ix_journal_event_customer", "customer_id", "at"),
        sa.Index("ix_journal_event_visitor", "visitor", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(30))
    at: Mapped[datetime] = mapped_column(UtcTime)
    visitor: Mapped[str | None] = mapped_column(sa.String(40))
    session: Mapped[str | None] = mapped_column(sa.String(40))
    customer_id: Mapped[int | None] = mapped_column()
    product_id: Mapped[int | None] = mapped_column()
    surface: Mapped[str | None] = mapped_column(sa.String(30))
    list_name: Mapped[str | None] = mapped_column(sa.String(60))
    position: Mapped[int | None] = mapped_column()
    query: Mapped[str | None] = mapped_column(sa.String(200))
    hits: Mapped[int | None] = mapped_column()
    language: Mapped[str | None] = mapped_column(sa.String(8))
    params: Mapped[dict | None] = mapped_column(sa.JSON)
    batch_id: Mapped[int | None] = mapped_column(index=True)
