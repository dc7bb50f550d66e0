"""What people do, in a store of its own: no transaction spans it and the shop."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import JOURNAL, UtcTime, db


class JournalEvent(db.Model):
    """One behaviour, named as in GA4 (view_item, search, select_item). Ids point into the shop's store.

    `page` (the page's mark) stands on the one row of each page that was opened, and on how long it was looked
    at (`dwell`). `source` is why a product stood in the strip that it was clicked in.
    """

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
    page: Mapped[str | None] = mapped_column(sa.String(30))
    surface: Mapped[str | None] = mapped_column(sa.String(30))
    list_name: Mapped[str | None] = mapped_column(sa.String(60))
    position: Mapped[int | None] = mapped_column()
    source: Mapped[str | None] = mapped_column(sa.String(40))
    query: Mapped[str | None] = mapped_column(sa.String(200))
    hits: Mapped[int | None] = mapped_column()
    dwell_ms: Mapped[int | None] = mapped_column()
    language: Mapped[str | None] = mapped_column(sa.String(8))
    params: Mapped[dict | None] = mapped_column(sa.JSON)
    batch_id: Mapped[int | None] = mapped_column(index=True)


class JournalCount(db.Model):
    """How often something happened on a day of which nothing else is kept: pages of people who were not asked
    or said no (`page`), and what was left out as a robot's (`robot`, by the sign it was known by)."""

    __bind_key__ = JOURNAL
    __tablename__ = "journal_count"
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    times: Mapped[int] = mapped_column(sa.BigInteger)


class JournalLeftOut(db.Model):
    """A rush at one product on one day, which lists do not learn from while `counted_again_at` is empty.

    `usual` is how many visits looked at the product on the days before; `visits` and `events` are left out.
    """

    __bind_key__ = JOURNAL
    __tablename__ = "journal_left_out"
    __table_args__ = (sa.UniqueConstraint("day", "product_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date)
    product_id: Mapped[int] = mapped_column()
    usual: Mapped[float] = mapped_column()
    visits: Mapped[int] = mapped_column()
    events: Mapped[int] = mapped_column()
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    counted_again_at: Mapped[datetime | None] = mapped_column(UtcTime)


class JournalLeftOutVisit(db.Model):
    """A visit of such a rush: its session, without one its visitor. It belongs to one rush at most."""

    __bind_key__ = JOURNAL
    __tablename__ = "journal_left_out_visit"
    __table_args__ = (sa.Index("ix_journal_left_out_visit_left_out", "left_out_id"),)
    visit: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    left_out_id: Mapped[int] = mapped_column()


class JournalSummary(db.Model):
    """What the owner's page shows of a period, worked out beforehand when there is much of it."""

    __bind_key__ = JOURNAL
    __tablename__ = "journal_summary"
    key: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    data: Mapped[dict] = mapped_column(sa.JSON)
