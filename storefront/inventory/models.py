"""Stock, its movements, and holds."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Stock(db.Model):
    """Pieces on hand. `available` = on hand less live holds; a variant without a row is not tracked."""

    __tablename__ = "stock"
    __table_args__ = (
        sa.CheckConstraint("available >= 0 OR backorder", name="available_not_negative"),
        sa.CheckConstraint("held >= 0", name="held_not_negative"),
    )
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True)
    available: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    held: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    backorder: Mapped[bool] = mapped_column(default=False)
    reorder_point: Mapped[int | None] = mapped_column(sa.BigInteger)


class StockMove(db.Model):
    """Why on-hand stock changed (initial, receipt, sale, return, correction); the sum is available + held."""

    __tablename__ = "stock_move"
    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"), index=True)
    delta: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(12))
    reference: Mapped[str] = mapped_column(sa.String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcTime)


class StockHold(db.Model):
    """Pieces set aside for one cart until `expires_at`."""

    __tablename__ = "stock_hold"
    __table_args__ = (
        sa.UniqueConstraint("holder", "variant_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(64))
    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"))
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    extended: Mapped[bool] = mapped_column(default=False)
