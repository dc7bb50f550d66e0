"""Customers, their sign-ins, consent, addresses, and what proves who they are."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Customer(db.Model):
    """A person the shop knows: with an account (password_hash set), or from imported history.

    `email_key` is the address as it is compared (NFC, ASCII letters in lower case);
    `external_id` is the id in the old shop; `confirmed_at` says since when the address is known to be theirs.
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
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignIn(db.Model):
    """One signed-in browser. The cookie carries the token; only its hash is kept."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")


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


class CustomerAddress(db.Model):
    """An entry of an address book. URLs carry `public_id`; it is always looked up with its owner."""

    __tablename__ = "customer_address"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    company: Mapped[str] = mapped_column(sa.String(120))
    line1: Mapped[str] = mapped_column(sa.String(120))
    line2: Mapped[str] = mapped_column(sa.String(120))
    city: Mapped[str] = mapped_column(sa.String(80))
    district: Mapped[str] = mapped_column(sa.String(80))
    region: Mapped[str] = mapped_column(sa.String(80))
    postcode: Mapped[str] = mapped_column(sa.String(20))
    country: Mapped[str] = mapped_column(sa.String(2))
    phone: Mapped[str] = mapped_column(sa.String(40))
    default_shipping: Mapped[bool] = mapped_column(default=False)
    default_billing: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Authenticator(db.Model):
    """The app that makes a customer's six-digit codes. `last_step` is the newest time step whose code was
    used: none is taken twice. Without `confirmed_at` it is being set up and asked for by nobody."""

    __tablename__ = "authenticator"
    customer_id: Mapped[int] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(sa.String(64))
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RecoveryCode(db.Model):
    """A code on paper for when the phone is gone; only its hash is kept, and it is deleted with its use."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Passkey(db.Model):
    """A WebAuthn credential: `credential_id` and `public_key` in base64url, as browsers write them."""

    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(sa.Text)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AccountToken(db.Model):
    """A link that proves something once: an address is theirs, a password may be replaced.

    Only the token's hash is kept. `email_key` is the address that it was sent to, or that waits to be
    confirmed; `data` what a registration holds until then.
    """

    __tablename__ = "account_token"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    customer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True
    )
    email_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    data: Mapped[dict | None] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
