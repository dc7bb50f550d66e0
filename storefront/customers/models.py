"""Customers, their sign-ins and consent."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Customer(db.Model):
    """A person the shop knows: with an account (password_hash set), or from imported history.

    `email_key` is the address as it is compared (NFC, ASCII letters in lower case);
    `external_id` is the id in the old shop.
    """

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(320))
    email_key: Mapped[str | None] = mapped_column(sa.String(320), unique=True)
    external_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    first_name: Mapped[str] = mapped_column(sa.String(120), default="")
    last_name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    company: Mapped[str] = mapped_column(sa.String(120), default="")
    address: Mapped[dict | None] = mapped_column(sa.JSON)
    country: Mapped[str | None] = mapped_column(sa.String(60))
    locale: Mapped[str | None] = mapped_column(sa.String(8))
    role: Mapped[str] = mapped_column(sa.String(16), default="customer")
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    disabled: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    tags: Mapped[str] = mapped_column(sa.Text, default="")
    extra: Mapped[dict | None] = mapped_column(sa.JSON)
    joined_at: Mapped[datetime] = mapped_column(UtcTime)


class SignIn(db.Model):
    """One signed-in browser. The cookie carries the token; only its hash is kept."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Consent(db.Model):
    """What a person allows, one row per change, newest counts: statistics, personalization, marketing."""

    __tablename__ = "consent"
    __table_args__ = (sa.Index("ix_consent_latest", "customer_id", "purpose", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(sa.String(20))
    given: Mapped[bool] = mapped_column()
    source: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime] = mapped_column(UtcTime)
