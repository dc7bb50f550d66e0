"""Orders as pages, files and other features read them. Queries only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storefront.core.database import db
from storefront.core.errors import NotFound
from storefront.core.money import Money
from storefront.ordering.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderReturn,
    Payment,
    Refund,
    ReturnLine,
    Shipment,
    ShipmentLine,
)
from storefront.ordering.rules.orders import LineState, OrderState, arrived_at


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of an order, amounts in minor units."""

    id: int
    kind: str
    variant_id: int | None
    product_id: int | None
    sku: str
    title: str
    options: str
    quantity: int
    fulfilled: int
    returned: int
    refunded: int
    cancelled: int
    unit_minor: int
    discount_minor: int
    tax_rate_bp: int
    tax_minor: int
    total_minor: int

    @property
    def came_back(self) -> int:
        """Pieces that were sent and are here again."""
        return self.returned - self.cancelled


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One try to be paid; `url` is the gateway's page on which it goes on, or ''."""

    id: int
    attempt: int
    owner: bool
    gateway: str
    label: str
    state: str
    amount_minor: int
    captured_minor: int
    refunding_minor: int
    refunded_minor: int
    reference: str | None
    message: str
    url: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RefundView:
    id: int
    public_id: str
    amount_minor: int
    state: str
    reason: str
    who: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShipmentView:
    id: int
    carrier: str
    tracking: str
    tracking_url: str
    shipped_at: datetime
    delivered_at: datetime | None
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ReturnView:
    number: str
    state: str
    reason: str
    restocked: bool
    at: datetime
    total_minor: int
    lines: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    who: str
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything that belongs to it. `row` names are those of the table `orders`."""

    id: int
    number: str
    public_token: str | None
    invoice_number: str | None
    status: str
    payment_state: str
    fulfilment_state: str
    cancel_reason: str | None
    origin: str
    customer_id: int | None
    email: str | None
    phone: str | None
    locale: str | None
    currency: str
    country: str | None
    lines_minor: int
    charges_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    tax_included: bool
    shipping_method: str | None
    shipping_name: str | None
    shipping_minor: int
    shipping_tax_minor: int
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    pricing: dict[str, Any]
    note: str | None
    delivery_earliest: date | None
    delivery_latest: date | None
    placed_at: datetime
    confirmed_at: datetime | None
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    expires_at: datetime | None
    lines: tuple[LineView, ...] = ()
    payments: tuple[PaymentView, ...] = ()
    refunds: tuple[RefundView, ...] = ()
    shipments: tuple[ShipmentView, ...] = ()
    returns: tuple[ReturnView, ...] = ()
    timeline: tuple[TimelineEntry, ...] = field(default=())

    @property
    def total(self) -> Money:
        """What the order costs."""
        return Money(self.total_minor, self.currency)

    @property
    def payment(self) -> PaymentView | None:
        """The try that the order stands by."""
        return next((payment for payment in self.payments if payment.owner), None)

    @property
    def shipping_kind(self) -> str:
        """delivery, pickup, or none where nothing has to be sent."""
        return str(self.pricing.get("shipping_kind", "delivery"))

    @property
    def arrived_at(self) -> datetime | None:
        """When the last parcel of an order that was sent whole arrived; None while one is on its way."""
        return arrived_at(self.fulfilment_state, [one.delivered_at for one in self.shipments])

    @property
    def state(self) -> OrderState:
        """What decides what may be done with the order (`ordering.rules.orders`)."""
        lines = tuple(
            LineState(line.id, line.quantity, line.fulfilled, line.returned, line.refunded, line.cancelled)
            for line in self.lines
        )
        return OrderState(self.status, self.payment_state, self.fulfilment_state, lines)


_ORDER = Order.__table__
_OWN = ("lines", "payments", "refunds", "shipments", "returns", "timeline")
_HEAD = tuple(name for name in OrderView.__dataclass_fields__ if name not in _OWN)


def get_order(order_id: int) -> OrderView:
    """An order with all that belongs to it, in seven queries. Raises NotFound."""
    return _one(_ORDER.c.id == order_id)


def get_order_by_number(number: str, *, customer_id: int | None = None) -> OrderView:
    """The order of this number, of this customer alone when one is given. Raises NotFound."""
    which = _ORDER.c.number == number
    return _one(which if customer_id is None else sa.and_(which, _ORDER.c.customer_id == customer_id))


def order_of_link(signed: str) -> OrderView:
    """The order behind an unguessable link. Raises NotFound for one that was never made, or was revoked."""
    if not 20 <= len(signed) <= 64:
        raise NotFound
    return _one(_ORDER.c.public_token == signed)


def _one(which: sa.ColumnElement[bool]) -> OrderView:
    head = db.session.execute(sa.select(*(_ORDER.c[name] for name in _HEAD)).where(which)).mappings().first()
    if head is None:
        raise NotFound
    values = {**head, "pricing": head["pricing"] or {}}
    order_id = head["id"]
    return OrderView(
        **values,
        lines=_lines(order_id),
        payments=_payments(order_id),
        refunds=_refunds(order_id),
        shipments=_shipments(order_id),
        returns=_returns(order_id),
        timeline=_timeline(order_id),
    )


def _rows(model: Any, order_id: int) -> list[Any]:
    query = sa.select(model).where(model.order_id == order_id).order_by(model.id)
    return list(db.session.execute(query).scalars())


def _lines(order_id: int) -> tuple[LineView, ...]:
    query = sa.select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
    return tuple(
        LineView(
            id=line.id,
            kind=line.kind,
            variant_id=line.variant_id,
            product_id=line.product_id,
            sku=line.sku,
            title=line.title,
            options=(line.extra or {}).get("options", ""),
            quantity=line.quantity,
            fulfilled=line.fulfilled_quantity,
            returned=line.returned_quantity,
            refunded=line.refunded_quantity,
            cancelled=line.cancelled_quantity,
            unit_minor=line.unit_price_minor,
            discount_minor=line.discount_minor,
            tax_rate_bp=line.tax_rate_bp,
            tax_minor=line.tax_minor,
            total_minor=line.total_minor,
        )
        for line in db.session.execute(query).scalars()
    )


def _payments(order_id: int) -> tuple[PaymentView, ...]:
    names = PaymentView.__dataclass_fields__
    return tuple(
        PaymentView(**{**{name: getattr(row, name) for name in names}, "owner": row.owner == 1})
        for row in _rows(Payment, order_id)
    )


def _refunds(order_id: int) -> tuple[RefundView, ...]:
    query = (
        sa.select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.order_id == order_id)
        .order_by(Refund.id)
    )
    names = RefundView.__dataclass_fields__
    rows = db.session.execute(query).scalars()
    return tuple(RefundView(**{name: getattr(row, name) for name in names}) for row in rows)


def _shipments(order_id: int) -> tuple[ShipmentView, ...]:
    lines: dict[int, list[tuple[int, int]]] = {}
    query = sa.select(ShipmentLine).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    for entry in db.session.execute(query.where(Shipment.order_id == order_id)).scalars():
        lines.setdefault(entry.shipment_id, []).append((entry.order_line_id, entry.quantity))
    return tuple(
        ShipmentView(
            row.id,
            row.carrier,
            row.tracking,
            row.tracking_url,
            row.shipped_at,
            row.delivered_at,
            tuple(sorted(lines.get(row.id, []))),
        )
        for row in _rows(Shipment, order_id)
    )


def _returns(order_id: int) -> tuple[ReturnView, ...]:
    lines: dict[int, list[tuple[int | None, int]]] = {}
    query = sa.select(ReturnLine).join(OrderReturn, OrderReturn.id == ReturnLine.return_id)
    of_order = query.where(OrderReturn.order_id == order_id).order_by(ReturnLine.position)
    for entry in db.session.execute(of_order).scalars():
        lines.setdefault(entry.return_id, []).append((entry.order_line_id, entry.quantity))
    return tuple(
        ReturnView(
            row.number,
            row.state,
            row.reason,
            row.restocked,
            row.returned_at,
            row.total_minor,
            tuple(lines.get(row.id, [])),
        )
        for row in _rows(OrderReturn, order_id)
    )


def _timeline(order_id: int) -> tuple[TimelineEntry, ...]:
    return tuple(
        TimelineEntry(row.at, row.who, row.kind, row.data or {}) for row in _rows(OrderEvent, order_id)
    )
