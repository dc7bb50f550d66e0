"""Carts and their lines."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Cart(db.Model):
    """What somebody wants to buy: a visitor's (`token_hash`, the token is in their browser) or a customer's.

    `turn` counts the orders that came of it, so that each of them has a token of its own. Orders remember
    the cart's id after the cart is gone: no later cart may get it again, as SQLite would have it.
    """

    __tablename__ = "cart"
    __table_args__ = (
        sa.CheckConstraint("token_hash IS NULL OR customer_id IS NULL", name="one_owner"),
        sa.Index("ix_cart_idle", "updated_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    customer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="CASCADE"), unique=True
    )
    coupons: Mapped[list] = mapped_column(sa.JSON, default=list)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    turn: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class CartLine(db.Model):
    """So many pieces of one variant, to be bought now or saved for later.

    `key` names the line in addresses. `price_seen_minor` is the unit price that its owner saw last.
    """

    __tablename__ = "cart_line"
    __table_args__ = (
        sa.UniqueConstraint("cart_id", "variant_id", "saved_for_later"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity_in_bounds"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(24), unique=True)
    cart_id: Mapped[int] = mapped_column(sa.ForeignKey("cart.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int] = mapped_column()
    price_seen_minor: Mapped[int] = mapped_column(sa.BigInteger)
    saved_for_later: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime] = mapped_column(UtcTime)
