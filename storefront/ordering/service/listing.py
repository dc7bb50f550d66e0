"""Lists of orders: a customer's own, the owner's index, and what needs somebody's eyes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storefront.catalog import service as catalog
from storefront.core.database import db
from storefront.ordering.models import Attention, Order, OrderLine
from storefront.ordering.rules import orders as rules

_ORDER, _LINE = Order.__table__, OrderLine.__table__
SORTS = {"placed": _ORDER.c.placed_at, "total": _ORDER.c.total_minor, "number": _ORDER.c.number}
STATES = ("status", "payment_state", "fulfilment_state")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list. `pieces` counts all pieces of its lines."""

    id: int
    number: str
    invoice_number: str | None
    public_token: str | None
    customer_id: int | None
    email: str | None
    status: str
    payment_state: str
    fulfilment_state: str
    currency: str
    country: str | None
    total_minor: int
    placed_at: datetime
    pieces: int


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders: by states, words (number, invoice number, e-mail), customer, and moment."""

    status: tuple[str, ...] = ()
    payment_state: tuple[str, ...] = ()
    fulfilment_state: tuple[str, ...] = ()
    text: str = ""
    customer_id: int | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """Something to look at."""

    id: int
    kind: str
    order_id: int | None
    order_number: str | None
    payment_id: int | None
    data: dict[str, Any]
    created_at: datetime


def list_orders(
    wanted: OrderFilter | None = None, *, sort: str = "-placed", limit: int = 50, offset: int = 0
) -> list[OrderRow]:
    """Orders that fit, the newest first unless `sort` (placed, total, number; a minus turns it) says else."""
    column = SORTS.get(sort.lstrip("-"), _ORDER.c.placed_at)
    direction = column.desc() if sort.startswith("-") else column.asc()
    last = _ORDER.c.id.desc() if sort.startswith("-") else _ORDER.c.id.asc()
    query = _select().where(*order_conditions(wanted)).order_by(direction, last).limit(limit).offset(offset)
    return [OrderRow(**row) for row in db.session.execute(query).mappings()]


def count_orders(wanted: OrderFilter | None = None) -> int:
    """How many orders fit."""
    query = sa.select(sa.func.count()).select_from(_ORDER).where(*order_conditions(wanted))
    return db.session.execute(query).scalar_one()


def orders_of(customer_id: int, *, limit: int = 50, offset: int = 0) -> list[OrderRow]:
    """A customer's orders, the newest first."""
    return list_orders(OrderFilter(customer_id=customer_id), limit=limit, offset=offset)


def _select() -> sa.Select[Any]:
    pieces = sa.select(sa.func.coalesce(sa.func.sum(_LINE.c.quantity), 0)).where(
        _LINE.c.order_id == _ORDER.c.id, _LINE.c.kind == "product"
    )
    names = [name for name in OrderRow.__dataclass_fields__ if name != "pieces"]
    return sa.select(*(_ORDER.c[name] for name in names), pieces.scalar_subquery().label("pieces"))


def order_conditions(wanted: OrderFilter | None) -> list[sa.ColumnElement[bool]]:
    """The filter as conditions on the table `orders`."""
    if wanted is None:
        return []
    found = [_ORDER.c[name].in_(values) for name in STATES for values in (getattr(wanted, name),) if values]
    if wanted.text.strip():
        found.append(_has_words(wanted.text.strip()))
    if wanted.customer_id is not None:
        found.append(_ORDER.c.customer_id == wanted.customer_id)
    if wanted.placed_from is not None:
        found.append(_ORDER.c.placed_at >= wanted.placed_from)
    if wanted.placed_until is not None:
        found.append(_ORDER.c.placed_at < wanted.placed_until)
    if wanted.origin is not None:
        found.append(_ORDER.c.origin == wanted.origin)
    return found


def _has_words(text: str) -> sa.ColumnElement[bool]:
    text = text.replace("\0", "")[:200]
    return sa.or_(
        sa.func.lower(_ORDER.c.number).startswith(text.lower(), autoescape=True),
        sa.func.lower(_ORDER.c.invoice_number).startswith(text.lower(), autoescape=True),
        sa.func.lower(_ORDER.c.email).contains(text.lower(), autoescape=True),
    )


def list_attention(limit: int = 100) -> list[AttentionRow]:
    """What somebody has to look at, the oldest first."""
    query = (
        sa.select(Attention, _ORDER.c.number)
        .outerjoin(_ORDER, _ORDER.c.id == Attention.order_id)
        .where(Attention.resolved_at.is_(None))
        .order_by(Attention.id)
        .limit(limit)
    )
    return [
        AttentionRow(row.id, row.kind, row.order_id, number, row.payment_id, row.data, row.created_at)
        for row, number in db.session.execute(query)
    ]


def count_attention() -> int:
    """How much somebody has to look at."""
    query = sa.select(sa.func.count()).select_from(Attention).where(Attention.resolved_at.is_(None))
    return db.session.execute(query).scalar_one()


def count_to_ship() -> int:
    """Paid or promised orders with something left to send."""
    wanted = OrderFilter(status=(rules.CONFIRMED,), fulfilment_state=(rules.UNFULFILLED, rules.PARTIAL))
    return count_orders(wanted)


def reorder_lines(order_id: int) -> list[tuple[int, int]]:
    """(variant, pieces) of an order that can be put into a cart again today."""
    query = sa.select(_LINE.c.variant_id, sa.func.sum(_LINE.c.quantity)).where(
        _LINE.c.order_id == order_id, _LINE.c.kind == "product", _LINE.c.variant_id.is_not(None)
    )
    wanted: dict[int, int] = {
        variant_id: int(pieces)
        for variant_id, pieces in db.session.execute(query.group_by(_LINE.c.variant_id))
    }
    cards = catalog.load_variants(wanted)
    return [(at, pieces) for at, pieces in wanted.items() if at in cards and cards[at].on_show]


def bought_products(customer_id: int, product_ids: Iterable[int]) -> set[int]:
    """Which of these products are in an order of this customer that counts."""
    counts = _ORDER.c.status.in_([rules.CONFIRMED, rules.COMPLETED])
    query = (
        sa.select(_LINE.c.product_id)
        .join(_ORDER, _ORDER.c.id == _LINE.c.order_id)
        .where(_ORDER.c.customer_id == customer_id, counts, _LINE.c.product_id.in_(list(product_ids)))
    )
    return set(db.session.execute(query.distinct()).scalars())
