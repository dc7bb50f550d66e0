"""Orders, their lines, and returns."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Order(db.Model):
    """An order as it was placed. `origin` is 'shop' or 'history' (imported); amounts in minor units."""

    __tablename__ = "orders"
    __table_args__ = (sa.Index("ix_orders_customer", "customer_id", "placed_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="SET NULL"))
    email: Mapped[str | None] = mapped_column(sa.String(320))
    origin: Mapped[str] = mapped_column(sa.String(10))
    status: Mapped[str] = mapped_column(sa.String(16))
    placed_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    currency: Mapped[str] = mapped_column(sa.String(3))
    country: Mapped[str | None] = mapped_column(sa.String(60))
    lines_minor: Mapped[int] = mapped_column(sa.BigInteger)
    charges_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    batch_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("import_batch.id", ondelete="SET NULL"), index=True
    )
    extra: Mapped[dict | None] = mapped_column(sa.JSON)


class OrderLine(db.Model):
    """A line. `returned_quantity` is the sum of matched returns, so net = quantity - returned_quantity.

    A line without variant is a charge (postage, fees) or a product that the shop no longer knows.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        sa.Index("ix_order_line_order", "order_id", "position"),
        sa.Index("ix_order_line_variant", "variant_id"),
        sa.Index("ix_order_line_product", "product_id"),
        sa.CheckConstraint(
            "returned_quantity >= 0 AND returned_quantity <= quantity", name="returned_within"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.String(10), default="product")
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variant.id", ondelete="SET NULL"))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id", ondelete="SET NULL"))
    sku: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(255), default="")
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    returned_quantity: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    unit_price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    extra: Mapped[dict | None] = mapped_column(sa.JSON)


class OrderReturn(db.Model):
    """Goods that came back (or a cancellation in imported history), perhaps of several orders."""

    __tablename__ = "order_return"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    customer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="SET NULL"), index=True
    )
    returned_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    batch_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("import_batch.id", ondelete="SET NULL"), index=True
    )


class ReturnLine(db.Model):
    """One returned product. Without `order_line_id` no earlier purchase was found that covers it."""

    __tablename__ = "return_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(sa.ForeignKey("order_return.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.String(10), default="product")
    order_line_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("order_line.id", ondelete="SET NULL"), index=True
    )
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variant.id", ondelete="SET NULL"))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id", ondelete="SET NULL"))
    sku: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(255), default="")
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    unit_price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
