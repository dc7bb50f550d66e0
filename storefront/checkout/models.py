"""Checkouts under way: what was typed so far."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Checkout(db.Model):
    """What the buyer of one cart has said so far. It lives as long as the cart.

    `shipping` and `billing` hold `{"values": parts of the address as typed, "complete": they were checked}`;
    without `billing` the bill goes where the goods go.
    """

    __tablename__ = "checkout"
    __table_args__ = (sa.UniqueConstraint("cart_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(sa.ForeignKey("cart.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(sa.String(320), default="")
    marketing: Mapped[bool] = mapped_column(default=False)
    shipping: Mapped[dict | None] = mapped_column(sa.JSON)
    billing: Mapped[dict | None] = mapped_column(sa.JSON)
    shipping_method: Mapped[str | None] = mapped_column(sa.String(80))
    gateway: Mapped[str] = mapped_column(sa.String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
