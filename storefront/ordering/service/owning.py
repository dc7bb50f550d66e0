"""Who owns which product: from paying for it until giving it back. Guests own by their e-mail address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from storefront.core.database import Tx, db
from storefront.ordering.models import Order, OrderLine, OwnedProduct
from storefront.ordering.service.timeline import insert_of

_OWNED = OwnedProduct.__table__


def begin_ownership(tx: Tx, order: Order, lines: Iterable[OrderLine], now: datetime) -> None:
    """The buyer of a paid order owns its products. Again changes nothing."""
    rows = [
        {
            "customer_id": order.customer_id,
            "email_key": order.email_key,
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "order_line_id": line.id,
            "quantity": line.quantity,
            "since": now,
        }
        for line in lines
        if line.kind == "product" and line.product_id is not None
    ]
    if rows:
        written = insert_of(tx)(OwnedProduct).values(rows)
        tx.execute(written.on_conflict_do_nothing(index_elements=["order_line_id"]))


def end_ownership(tx: Tx, line_ids: Iterable[int], now: datetime) -> None:
    """What was given back, or paid back, is owned no more."""
    ids = list(line_ids)
    if ids:
        alive = sa.and_(_OWNED.c.order_line_id.in_(ids), _OWNED.c.until.is_(None))
        tx.execute(sa.update(_OWNED).where(alive).values(until=now))


def owns(customer_id: int, product_id: int) -> bool:
    """Whether a customer owns a product today (and so each of its releases)."""
    return product_id in owned_products(customer_id, [product_id])


def owned_products(customer_id: int, product_ids: Iterable[int] | None = None) -> dict[int, datetime]:
    """Products that a customer owns, with the day since when; of `product_ids` alone when given."""
    since = sa.func.min(_OWNED.c.since, type_=_OWNED.c.since.type).label("since")
    query = (
        sa.select(_OWNED.c.product_id, since)
        .where(_OWNED.c.customer_id == customer_id, _OWNED.c.until.is_(None))
        .group_by(_OWNED.c.product_id)
    )
    if product_ids is not None:
        query = query.where(_OWNED.c.product_id.in_(list(product_ids)))
    return {row.product_id: row.since for row in db.session.execute(query)}


def owners_of(product_id: int) -> list[int]:
    """Customers who own a product today: whoever is told of its new release."""
    query = sa.select(_OWNED.c.customer_id).where(
        _OWNED.c.product_id == product_id, _OWNED.c.until.is_(None), _OWNED.c.customer_id.is_not(None)
    )
    return list(db.session.execute(query.distinct().order_by(_OWNED.c.customer_id)).scalars())


def join_guest_orders(tx: Tx, customer_id: int, email_key: str) -> int:
    """Orders that somebody placed as a guest become those of the customer who proved to have that address.

    Returns how many. Orders of other customers stay theirs.
    """
    mine = sa.and_(Order.email_key == email_key, Order.customer_id.is_(None), Order.origin == "shop")
    joined = tx.execute(sa.update(Order).where(mine).values(customer_id=customer_id).returning(Order.id))
    found = list(joined.scalars())
    owned = sa.and_(_OWNED.c.email_key == email_key, _OWNED.c.customer_id.is_(None))
    tx.execute(sa.update(_OWNED).where(owned).values(customer_id=customer_id))
    return len(found)
