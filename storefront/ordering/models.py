"""Orders, their lines, payments, refunds, shipments, returns, and who owns what."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class Order(db.Model):
    """An order as it was placed. `origin` is 'shop' or 'history' (imported); amounts in minor units.

    Of the shop's own: total = lines + charges, each with its tax; charges are delivery and extras.
    `pricing` holds discounts, taxes, extras and claims as the quote had them.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.Index("ix_orders_customer", "customer_id", "placed_at"),
        sa.Index("ix_orders_public_token", "public_token", unique=True),
        sa.Index("ix_orders_checkout_token", "checkout_token", unique=True),
        sa.Index("ix_orders_invoice_number", "invoice_number", unique=True),
        sa.Index("ix_orders_invoice_count", "invoice_count", unique=True),
        sa.Index("ix_orders_expiry", "status", "expires_at"),
    )
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
    public_token: Mapped[str | None] = mapped_column(sa.String(64))
    checkout_token: Mapped[str | None] = mapped_column(sa.String(64))
    invoice_number: Mapped[str | None] = mapped_column(sa.String(40))
    invoice_count: Mapped[int | None] = mapped_column(sa.BigInteger)
    payment_state: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    fulfilment_state: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    email_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    locale: Mapped[str | None] = mapped_column(sa.String(8))
    shipping_address: Mapped[dict | None] = mapped_column(sa.JSON)
    billing_address: Mapped[dict | None] = mapped_column(sa.JSON)
    shipping_method: Mapped[str | None] = mapped_column(sa.String(80))
    shipping_name: Mapped[str | None] = mapped_column(sa.String(120))
    shipping_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shipping_tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    tax_included: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    delivery_earliest: Mapped[date | None] = mapped_column(sa.Date)
    delivery_latest: Mapped[date | None] = mapped_column(sa.Date)
    pricing: Mapped[dict | None] = mapped_column(sa.JSON)
    note: Mapped[str | None] = mapped_column(sa.Text)
    # No foreign key: a cart may go, its order stays.
    cart_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancel_reason: Mapped[str | None] = mapped_column(sa.String(20))


class OrderLine(db.Model):
    """A line. `returned_quantity` is the sum of matched returns, so net = quantity - returned_quantity;
    `cancelled_quantity` of them never left: they were taken out before they were sent.

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
    discount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    tax_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    fulfilled_quantity: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    refunded_quantity: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    cancelled_quantity: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")


class OrderReturn(db.Model):
    """Goods that came back (or a cancellation in imported history), perhaps of several orders.

    `state` is requested, received or refused. `order_id` is that of the shop's own orders.
    """

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
    order_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="received", server_default="received")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    restocked: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


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


# --- being paid -------------------------------------------------------------------------------------------


class Payment(db.Model):
    """One try to be paid for an order. `owner` is 1 for the try that the order stands by, else null.

    `refunding_minor` is asked to go back and not settled; captured >= refunded + refunding, always.
    """

    __tablename__ = "payment"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "attempt"),
        sa.UniqueConstraint("order_id", "owner"),
        sa.Index("ix_payment_reference", "gateway", "reference"),
        sa.Index("ix_payment_due", "next_check_at"),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunding_minor >= 0"
            " AND refunded_minor + refunding_minor <= captured_minor",
            name="refunds_within_captures",
        ),
        sa.CheckConstraint("owner IS NULL OR owner = 1", name="owner_is_one"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column()
    owner: Mapped[int | None] = mapped_column()
    gateway: Mapped[str] = mapped_column(sa.String(40))
    label: Mapped[str] = mapped_column(sa.String(120), default="")
    state: Mapped[str] = mapped_column(sa.String(20))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    authorized_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    captured_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunding_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    reference: Mapped[str | None] = mapped_column(sa.String(120))
    idempotency_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    url: Mapped[str] = mapped_column(sa.Text, default="")
    return_url: Mapped[str] = mapped_column(sa.Text, default="")
    message: Mapped[str] = mapped_column(sa.String(255), default="")
    checks: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class PaymentEvent(db.Model):
    """What a gateway told, once per (gateway, event id). `state`: applied, parked, attention or ignored."""

    __tablename__ = "payment_event"
    __table_args__ = (
        sa.UniqueConstraint("gateway", "event_id"),
        sa.Index("ix_payment_event_parked", "state", "next_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(sa.String(40))
    event_id: Mapped[str] = mapped_column(sa.String(160))
    payment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("payment.id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Refund(db.Model):
    """Money that goes back. `state`: created, pending, unknown, succeeded or failed."""

    __tablename__ = "refund"
    __table_args__ = (
        sa.Index("ix_refund_due", "next_check_at"),
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payment.id", ondelete="CASCADE"), index=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(10))
    idempotency_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    reference: Mapped[str | None] = mapped_column(sa.String(120))
    reason: Mapped[str] = mapped_column(sa.String(255), default="")
    lines: Mapped[list | None] = mapped_column(sa.JSON)
    who: Mapped[str] = mapped_column(sa.String(60), default="")
    checks: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Attention(db.Model):
    """Something about a payment that somebody has to look at; `kind` says what, once per `dedupe_key`."""

    __tablename__ = "payment_attention"
    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    data: Mapped[dict] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    resolved_by: Mapped[str] = mapped_column(sa.String(60), default="")


# --- what became of it ------------------------------------------------------------------------------------


class Shipment(db.Model):
    """A parcel, on its way until `delivered_at`. `form_key` is the one-time token of its form."""

    __tablename__ = "shipment"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    carrier: Mapped[str] = mapped_column(sa.String(80), default="")
    tracking: Mapped[str] = mapped_column(sa.String(120), default="")
    tracking_url: Mapped[str] = mapped_column(sa.String(500), default="")
    shipped_at: Mapped[datetime] = mapped_column(UtcTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ShipmentLine(db.Model):
    """So many pieces of an order line in a parcel."""

    __tablename__ = "shipment_line"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)
    shipment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("shipment.id", ondelete="CASCADE"), primary_key=True
    )
    order_line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("order_line.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    quantity: Mapped[int] = mapped_column(sa.BigInteger)


class OrderEvent(db.Model):
    """One entry of an order's timeline. `who`: shop, customer, gateway, or a person of the staff."""

    __tablename__ = "order_event"
    __table_args__ = (sa.Index("ix_order_event_order", "order_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(40))
    data: Mapped[dict | None] = mapped_column(sa.JSON)


class NumberSeries(db.Model):
    """The last number of a series without gaps; its row is locked by whoever takes the next one."""

    __tablename__ = "number_series"
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    last: Mapped[int] = mapped_column(sa.BigInteger)


class OwnedProduct(db.Model):
    """Somebody owns a product from paying for it until giving it back. A guest owns by `email_key`."""

    __tablename__ = "owned_product"
    __table_args__ = (
        sa.Index("ix_owned_product_customer", "customer_id", "product_id"),
        sa.Index("ix_owned_product_product", "product_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    email_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variant.id", ondelete="SET NULL"))
    order_line_id: Mapped[int] = mapped_column(
        sa.ForeignKey("order_line.id", ondelete="CASCADE"), unique=True
    )
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    since: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime | None] = mapped_column(UtcTime)
