"""Orders that a shopper has not seen the end of: found by their cart when the browser's tab is gone."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from storefront.core.database import db
from storefront.ordering.models import Order
from storefront.ordering.rules import payments
from storefront.ordering.rules.orders import PENDING

_ORDER = Order.__table__
SHOWN = 5
FACT = "order_waits"
_CART = sa.table("cart", sa.column("id", sa.Integer), sa.column("customer_id", sa.Integer))


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """An order that waits for its payment. `settling`: something may still come of what was begun."""

    id: int
    number: str
    public_token: str
    settling: bool


def pending_orders(cart_id: int | None, customer_id: int | None) -> list[PendingOrder]:
    """Orders of this cart, or of this customer, that wait for their payment; the newest first."""
    # Never `== None`: that would find everybody's orders that came of no cart.
    owners = [
        _ORDER.c[name] == key for name, key in (("cart_id", cart_id), ("customer_id", customer_id)) if key
    ]
    query = (
        sa.select(_ORDER.c.id, _ORDER.c.number, _ORDER.c.public_token, _ORDER.c.payment_state)
        .where(sa.or_(sa.false(), *owners), _ORDER.c.status == PENDING, _ORDER.c.public_token.is_not(None))
        .order_by(_ORDER.c.id.desc())
        .limit(SHOWN)
    )
    return [
        PendingOrder(row.id, row.number, row.public_token, row.payment_state in payments.UNSETTLED)
        for row in db.session.execute(query)
    ]


def waits_column(customer_id: sa.ColumnElement[int]) -> sa.Exists:
    """Whether `pending_orders` of a member and their cart would find one; it rides with the person."""
    of_their_cart = _ORDER.c.cart_id.in_(sa.select(_CART.c.id).where(_CART.c.customer_id == customer_id))
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(_ORDER)
        .where(_ORDER.c.status == PENDING, _ORDER.c.public_token.is_not(None))
        .where(sa.or_(_ORDER.c.customer_id == customer_id, of_their_cart))
    )


def order_of_token(checkout_token: str, cart_id: int, customer_id: int | None) -> int | None:
    """The order that this form has made already; None when it has not, or when it was another's form."""
    query = sa.select(_ORDER.c.id, _ORDER.c.cart_id, _ORDER.c.customer_id)
    row = db.session.execute(query.where(_ORDER.c.checkout_token == checkout_token)).first()
    if row is None or row.cart_id != cart_id:
        return None
    # A guest's order may have become that of an account with their address meanwhile.
    return row.id if customer_id in (None, row.customer_id) else None
