"""Tables of the core: outbox, ticks, mail, counters, settings of the shop, import batches."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Outbox(db.Model):
    """A business event, written in the transaction of the command that caused it."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(sa.String(80))
    payload: Mapped[dict] = mapped_column(sa.JSON)
    dedupe_key: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class OutboxDelivery(db.Model):
    """One listener's share of an event: new, running (leased), done, or parked after too many tries."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (
        sa.UniqueConstraint("outbox_id", "listener"),
        sa.Index("ix_outbox_delivery_due", "state", "next_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox.id", ondelete="CASCADE"))
    listener: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[str] = mapped_column(sa.String(10), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    token: Mapped[str | None] = mapped_column(sa.String(32))
    error: Mapped[str | None] = mapped_column(sa.Text)


class Tick(db.Model):
    """A scheduled run: whoever inserts the (job, due time) row first runs it."""

    __tablename__ = "tick"
    job: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(sa.Text)


class MailMessage(db.Model):
    """A transactional mail: one per (template, dedupe key); its Message-ID is derived from the row."""

    __tablename__ = "mail_message"
    __table_args__ = (sa.UniqueConstraint("template", "dedupe_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(sa.String(120), unique=True)
    template: Mapped[str] = mapped_column(sa.String(80))
    dedupe_key: Mapped[str] = mapped_column(sa.String(200))
    to_email: Mapped[str] = mapped_column(sa.String(320))
    locale: Mapped[str] = mapped_column(sa.String(8))
    context: Mapped[dict] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(10), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    token: Mapped[str | None] = mapped_column(sa.String(32))
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Counter(db.Model):
    """Something countable that may be claimed: coupon uses, points, gift balances. Never negative."""

    __tablename__ = "counter"
    __table_args__ = (sa.CheckConstraint("remaining >= 0", name="remaining_not_negative"),)
    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    remaining: Mapped[int] = mapped_column(sa.BigInteger)


class RateCount(db.Model):
    """Tries under one limit, until they expire. `key` is a digest that leads to nobody."""

    __tablename__ = "rate_count"
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    count: Mapped[int]


class ShopState(db.Model):
    """Small versions and values that every process looks at once a request (menu version, plugin set)."""

    __tablename__ = "shop_state"
    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    value: Mapped[dict | None] = mapped_column(sa.JSON)


class ImportBatch(db.Model):
    """One import run: what came in, how far it was applied, what it changed."""

    __tablename__ = "import_batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    format: Mapped[str] = mapped_column(sa.String(20))
    filename: Mapped[str] = mapped_column(sa.String(255))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[str] = mapped_column(sa.String(12))
    applied_seq: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict | None] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ImportChange(db.Model):
    """A row that an import created (before is null) or changed (before holds the old values), for undo."""

    __tablename__ = "import_change"
    __table_args__ = (sa.Index("ix_import_change_batch", "batch_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("import_batch.id", ondelete="CASCADE"))
    object: Mapped[str] = mapped_column(sa.String(40))
    key: Mapped[str] = mapped_column(sa.String(200))
    row_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    before: Mapped[dict | None] = mapped_column(sa.JSON)


class AuditEntry(db.Model):
    """Who did what in the console, written with the command; without `actor_id` the shop itself."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_at", "at"),
        sa.Index("ix_audit_entry_subject", "subject", "subject_key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="SET NULL"), index=True
    )
    actor_name: Mapped[str] = mapped_column(sa.String(500))
    action: Mapped[str] = mapped_column(sa.String(60), index=True)
    subject: Mapped[str] = mapped_column(sa.String(40))
    subject_key: Mapped[str] = mapped_column(sa.String(200))
    before: Mapped[dict | None] = mapped_column(sa.JSON)
    after: Mapped[dict | None] = mapped_column(sa.JSON)
    request_id: Mapped[str] = mapped_column(sa.String(40))


class SavedView(db.Model):
    """An index as somebody wants to see it again: filters, sorting, columns as a query string."""

    __tablename__ = "saved_view"
    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(sa.String(60), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    query: Mapped[str] = mapped_column(sa.String(2000))
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    shared: Mapped[bool] = mapped_column(default=False)


class ConsoleComment(db.Model):
    """What staff noted about a thing, for themselves."""

    __tablename__ = "console_comment"
    __table_args__ = (sa.Index("ix_console_comment_subject", "subject", "subject_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    author_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="SET NULL"), index=True
    )
    author_name: Mapped[str] = mapped_column(sa.String(200))
    subject: Mapped[str] = mapped_column(sa.String(40))
    subject_key: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
