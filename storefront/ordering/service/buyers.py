"""Who bought a variant lately: for whoever is about to write to people about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storefront.core.database import db
from storefront.ordering.models import Order, OrderLine
from storefront.ordering.rules import orders as rules

_ORDER, _LINE = Order.__table__, OrderLine.__table__


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who ordered it: by account, by address, or both."""

    customer_id: int | None
    email_key: str | None
    at: datetime


def buyers_since(variant_id: int, since: datetime) -> list[Buyer]:
    """Orders of this variant from `since` on, paid or to be paid, that were not cancelled; one query."""
    query = (
        sa.select(_ORDER.c.customer_id, _ORDER.c.email_key, _ORDER.c.placed_at)
        .join(_LINE, _LINE.c.order_id == _ORDER.c.id)
        .where(
            _LINE.c.variant_id == variant_id,
            _ORDER.c.placed_at >= since,
            _ORDER.c.status != rules.CANCELLED,
        )
        .distinct()
    )
    return [Buyer(*row) for row in db.session.execute(query)]
