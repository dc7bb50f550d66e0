"""What a customer's page of the console says about orders: how many, what they came to, what is owned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storefront.catalog import service as catalog
from storefront.core.database import db
from storefront.ordering.models import Order, OrderReturn, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.service.listing import OrderRow, orders_of
from storefront.ordering.service.owning import owned_products

_ORDER, _PAYMENT, _RETURN = Order.__table__, Payment.__table__, OrderReturn.__table__
SHOWN = 10


@dataclass(frozen=True)
class BuyerSheet:
    """A customer's orders in short. `net_minor` is what they came to less what was given back."""

    count: int
    net_minor: int
    last_at: datetime | None
    orders: list[OrderRow]
    owned: list[tuple[int, str, datetime]]


def buyer_sheet(customer_id: int) -> BuyerSheet:
    """Five queries whatever the number of orders; those never placed or cancelled do not count."""
    mine = sa.and_(
        _ORDER.c.customer_id == customer_id, _ORDER.c.status.not_in([rules.PENDING, rules.CANCELLED])
    )
    newest = sa.func.max(_ORDER.c.placed_at, type_=_ORDER.c.placed_at.type)
    total = sa.func.coalesce(sa.func.sum(_ORDER.c.total_minor), 0)
    row = db.session.execute(
        sa.select(sa.func.count().label("orders"), total.label("total"), newest.label("last")).where(mine)
    ).one()
    back = sa.select(sa.func.coalesce(sa.func.sum(_PAYMENT.c.refunded_minor), 0)).join(
        _ORDER, _ORDER.c.id == _PAYMENT.c.order_id
    )
    # Goods that came back in imported history stand apart from any payment.
    came_back = sa.select(sa.func.coalesce(sa.func.sum(_RETURN.c.total_minor), 0)).where(
        _RETURN.c.customer_id == customer_id, _RETURN.c.batch_id.is_not(None)
    )
    given = sa.select((back.where(mine).scalar_subquery() + came_back.scalar_subquery()).label("given"))
    less = int(db.session.execute(given).scalar_one())
    owned = owned_products(customer_id)
    titles = catalog.titles_of(list(owned))
    newest_first = sorted(owned.items(), key=lambda pair: pair[1], reverse=True)
    return BuyerSheet(
        count=row.orders,
        net_minor=int(row.total) - abs(less),
        last_at=row.last,
        orders=orders_of(customer_id, limit=SHOWN),
        owned=[(at, titles[at], since) for at, since in newest_first if at in titles],
    )
