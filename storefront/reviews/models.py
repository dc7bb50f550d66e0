"""Wishes, shared lists with what was given of them, and requests to be told when something is back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


def _owner() -> sa.ForeignKey:
    return sa.ForeignKey("customer.id", ondelete="CASCADE")


def _variant() -> sa.ForeignKey:
    return sa.ForeignKey("variant.id", ondelete="CASCADE")


class Wish(db.Model):
    """A variant on a customer's list; `price_minor` and `was_out` are of the day it was put there.

    `given` counts what others marked as bought. `removed_at` is set for a day, so that taking it off can be
    undone.
    """

    __tablename__ = "wish"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "variant_id"),
        sa.CheckConstraint("wanted BETWEEN 1 AND 99", name="wanted_is_few"),
        sa.CheckConstraint("given >= 0", name="given_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(_owner())
    variant_id: Mapped[int] = mapped_column(_variant(), index=True)
    position: Mapped[int] = mapped_column()
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    was_out: Mapped[bool] = mapped_column(default=False)
    wanted: Mapped[int] = mapped_column(default=1)
    given: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    added_at: Mapped[datetime] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)


class WishShare(db.Model):
    """The link to a customer's list, while they share it. `title` is all that its readers learn of them."""

    __tablename__ = "wish_share"
    customer_id: Mapped[int] = mapped_column(_owner(), primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    title: Mapped[str] = mapped_column(sa.String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class WishGiven(db.Model):
    """A mark that somebody bought pieces of a wish. Of that somebody nothing is kept but the hash of a key
    in their browser, with which the mark can be taken back."""

    __tablename__ = "wish_given"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)
    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    wish_id: Mapped[int] = mapped_column(sa.ForeignKey("wish.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcTime)


class StockRequest(db.Model):
    """Somebody wants to know when a variant is back. `state` is unconfirmed, waiting or told.

    `round` rises when it is asked for again after the mail went out: each round is told of at most once.
    The row is deleted at `expires_at`, and at once when the person takes the request back.
    """

    __tablename__ = "stock_request"
    __table_args__ = (
        sa.UniqueConstraint("variant_id", "email_key"),
        sa.Index("ix_stock_request_queue", "state", "variant_id", "asked_at"),
        sa.CheckConstraint("(state = 'told') = (told_at IS NOT NULL)", name="told_has_a_time"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(32), unique=True)
    variant_id: Mapped[int] = mapped_column(_variant())
    customer_id: Mapped[int | None] = mapped_column(_owner(), index=True)
    email: Mapped[str] = mapped_column(sa.String(320))
    email_key: Mapped[str] = mapped_column(sa.String(320), index=True)
    locale: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(12))
    round: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
