"""What is written beside each change: the order's timeline, and what somebody has to look at."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import has_request_context
from flask_login import current_user
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx, transaction
from storefront.core.events import publish
from storefront.core.permissions import is_staff
from storefront.ordering.events import AttentionNeeded
from storefront.ordering.models import Attention, Order, OrderEvent

# Those who do things to an order without being somebody of the staff.
NOBODY = frozenset({"shop", "customer", "gateway"})


def insert_of(tx: Tx) -> Any:
    """The `insert` of this database that knows ON CONFLICT."""
    return (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert


def note(tx: Tx, order_id: int, kind: str, who: str = "shop", **data: Any) -> None:
    """One more entry of the order's timeline; what staff did stands in the log of changes too."""
    entry = {"order_id": order_id, "at": clock.now(), "who": who[:60], "kind": kind, "data": data or None}
    tx.execute(sa.insert(OrderEvent).values(entry))
    if who not in NOBODY and _staff_asks():
        number = tx.execute(sa.select(Order.number).where(Order.id == order_id)).scalar_one()
        record_audit(tx, f"order.{kind}", "order", number, after=data)


def _staff_asks() -> bool:
    """Whether this happens because somebody of the staff pressed a button."""
    return has_request_context() and current_user.is_authenticated and is_staff(current_user.role)


def call_attention(
    tx: Tx, kind: str, dedupe_key: str, *, order_id: int | None, payment_id: int | None = None, **data: Any
) -> None:
    """Put something on the list of what somebody has to look at, once per `dedupe_key`."""
    row = {"kind": kind, "dedupe_key": dedupe_key[:200], "order_id": order_id, "payment_id": payment_id}
    written = insert_of(tx)(Attention).values(**row, data=data, created_at=clock.now())
    found = tx.execute(written.on_conflict_do_nothing().returning(Attention.id)).scalar_one_or_none()
    if found is not None:
        if order_id is not None:
            note(tx, order_id, "attention", why=kind, **data)
        publish(tx, AttentionNeeded(attention_id=found, order_id=order_id))


def resolve_attention(attention_id: int, who: str) -> bool:
    """Somebody looked at it. False when it was resolved before, or is not there."""
    with transaction() as tx:
        open_one = sa.and_(Attention.id == attention_id, Attention.resolved_at.is_(None))
        done = sa.update(Attention).where(open_one).values(resolved_at=clock.now(), resolved_by=who[:60])
        row = tx.execute(done.returning(Attention.order_id, Attention.kind)).first()
        if row is not None and row.order_id is not None:
            note(tx, row.order_id, "attention_resolved", who, why=row.kind)
    return row is not None
