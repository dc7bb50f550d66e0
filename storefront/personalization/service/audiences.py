"""Which audiences somebody belongs to: keys that features answer, for what is not meant for everybody."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import has_request_context
from flask_login import current_user

from storefront.core.database import db
from storefront.core.plugins import collect

VISITOR, CUSTOMER, NEW, RETURNING = "visitor", "customer", "new", "returning"
OWN_KEYS = (VISITOR, CUSTOMER, NEW, RETURNING)
FACT = "has_ordered"
# The history of orders stands in a feature of its own: its tables are named as text, as foreign keys are.
_ORDERS = sa.table("orders", sa.column("id"), sa.column("customer_id"), sa.column("status"))
_LINES = sa.table(
    "order_line", *(sa.column(name) for name in ("order_id", "kind", "quantity", "returned_quantity"))
)


def ordered_column(customer_id: Any) -> Any:
    """Whether a customer has an order of which they kept something; it rides with the person."""
    kept = (
        _LINES.c.order_id == _ORDERS.c.id,
        _LINES.c.kind == "product",
        _LINES.c.quantity > _LINES.c.returned_quantity,
    )
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(_ORDERS)
        .where(_ORDERS.c.customer_id == customer_id, _ORDERS.c.status != "cancelled")
        .where(sa.exists(sa.select(sa.literal(1)).select_from(_LINES).where(*kept)))
    )


def audiences_of(customer_id: int | None) -> frozenset[str]:
    """Every audience of a customer; of None, those of somebody of whom nothing personal may be used."""
    return frozenset(collect("customer_audiences", customer_id=customer_id))


def audiences_as_of(customer_id: int | None, *, personal: bool) -> frozenset[str]:
    """Audiences of somebody else than whoever asks: None is a visitor; `personal`: they agreed to it."""
    if customer_id is None:
        return frozenset({VISITOR})
    return audiences_of(customer_id) if personal else frozenset({CUSTOMER})


def own_audiences(customer_id: int | None) -> list[str]:
    """visitor: nobody is signed in; customer: somebody is. Of a customer who agreed to a personal shop also
    new (never kept anything of an order) or returning. No query for whoever makes the request."""
    signed_in = has_request_context() and current_user.is_authenticated
    if customer_id is None:
        return [CUSTOMER if signed_in else VISITOR]
    if signed_in and current_user.customer_id == customer_id and FACT in current_user.facts:
        ordered = current_user.facts[FACT]
    else:
        ordered = db.session.execute(sa.select(ordered_column(customer_id))).scalar()
    return [CUSTOMER, RETURNING if ordered else NEW]
