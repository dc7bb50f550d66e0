"""Orders as the owner's index lists them: columns, conditions, what waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storefront.core.database import db
from storefront.customers.service import desk as people
from storefront.ordering.models import Attention, Order, OrderLine, OrderReturn, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.returning import REQUESTED

_ORDER, _LINE, _RETURN, _LOOK = (
    Order.__table__,
    OrderLine.__table__,
    OrderReturn.__table__,
    Attention.__table__,
)
_PAYMENT = Payment.__table__
PIECES = (
    sa.select(sa.func.coalesce(sa.func.sum(_LINE.c.quantity), 0))
    .where(_LINE.c.order_id == _ORDER.c.id, _LINE.c.kind == "product")
    .scalar_subquery()
)
BUYER = _ORDER.c.shipping_address["name"].as_string()
PAID_WITH = (
    sa.select(_PAYMENT.c.label)
    .where(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1)
    .limit(1)
    .scalar_subquery()
)
SHOWN = (
    "id", "number", "invoice_number", "email", "status", "payment_state", "fulfilment_state", "currency",
    "country", "total_minor", "placed_at", "origin", "shipping_name",
)  # fmt: skip


def every_order() -> sa.Select[Any]:
    """All orders with what the index shows of them."""
    return sa.select(
        *(_ORDER.c[name] for name in SHOWN),
        PIECES.label("pieces"),
        BUYER.label("buyer"),
        PAID_WITH.label("paid_with"),
    )


# --- what waits for somebody ------------------------------------------------------------------------------


def to_ship() -> sa.ColumnElement[bool]:
    """Paid, or promised to be on delivery, and not sent whole. Transfers wait for their money."""
    ready = _ORDER.c.payment_state.in_([payments.AUTHORIZED, payments.CAPTURED, payments.PARTLY_REFUNDED])
    return sa.and_(
        _ORDER.c.status == rules.CONFIRMED,
        _ORDER.c.fulfilment_state != rules.FULFILLED,
        sa.or_(ready, sa.and_(_ORDER.c.payment_state == payments.PENDING, _paid_later("cash_on_delivery"))),
    )


def unpaid() -> sa.ColumnElement[bool]:
    """Money is waited for: by a shopper who may still pay, or by transfer."""
    waits = _ORDER.c.payment_state.not_in([*payments.SECURED])
    alive = _ORDER.c.status.in_([rules.PENDING, rules.CONFIRMED])
    return sa.and_(_ORDER.c.origin == "shop", alive, waits, sa.not_(_paid_later("cash_on_delivery")))


def needs_attention() -> sa.ColumnElement[bool]:
    """Something about its payment has to be looked at."""
    return sa.exists().where(_LOOK.c.order_id == _ORDER.c.id, _LOOK.c.resolved_at.is_(None))


def has_return() -> sa.ColumnElement[bool]:
    """Its buyer asked to send something back, and nobody answered by taking it in or saying no."""
    return sa.exists().where(_RETURN.c.order_id == _ORDER.c.id, _RETURN.c.state == REQUESTED)


def _paid_later(gateway: str) -> sa.ColumnElement[bool]:
    mine = (_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1, _PAYMENT.c.gateway == gateway)
    return sa.exists().where(*mine)


TODO: Mapping[str, Any] = {
    "ship": to_ship,
    "unpaid": unpaid,
    "attention": needs_attention,
    "returns": has_return,
}


def waits(values: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Any of the to-dos called `values`."""
    return sa.or_(*(TODO[value]() for value in values))


def found_by(words: str) -> sa.ColumnElement[bool]:
    """Number, invoice number, e-mail, SKU of a line, or the name on the parcel."""
    text = words.lower()
    sku = sa.exists().where(
        _LINE.c.order_id == _ORDER.c.id, sa.func.lower(_LINE.c.sku).startswith(text, autoescape=True)
    )
    return sa.or_(
        sa.func.lower(_ORDER.c.number).startswith(text, autoescape=True),
        sa.func.lower(_ORDER.c.invoice_number).startswith(text, autoescape=True),
        sa.func.lower(_ORDER.c.email).contains(text, autoescape=True),
        sa.func.lower(BUYER).contains(text, autoescape=True),
        sku,
    )


def bought_by(key: str) -> sa.ColumnElement[bool]:
    """Orders of the customer whose page has this key."""
    return _ORDER.c.customer_id == people.id_of(key)


def day_of(text: str, *, end: bool = False) -> datetime:
    """Midnight (UTC) at the beginning of a day that a filter names, or at its end."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        moment = datetime(1970, 1, 1, tzinfo=UTC)
    return moment + timedelta(days=1) if end and moment.year < 9999 else moment


def countries_ordered_from() -> list[tuple[str, str]]:
    """Countries that anything was ordered to, as choices of a filter."""
    query = sa.select(_ORDER.c.country).distinct().where(_ORDER.c.country.is_not(None)).limit(300)
    return [(code, code) for code in sorted(db.session.execute(query).scalars())]


def count_of(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """How many orders it holds for, as a scalar subquery."""
    return sa.select(sa.func.count()).select_from(_ORDER).where(condition).scalar_subquery()


def to_look_at() -> sa.ScalarSelect[int]:
    """How many things somebody has to look at."""
    query = sa.select(sa.func.count()).select_from(_LOOK).where(_LOOK.c.resolved_at.is_(None))
    return query.scalar_subquery()
