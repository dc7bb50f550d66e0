"""What became of it: orders of people who agreed to statistics, net of returns, one row an order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import JOURNAL, UtcTime, snapshot, write_engine
from storefront.customers.service import said_last
from storefront.journal.service import purchase_visitors
from storefront.treatments.models import TreatmentOutcome
from storefront.treatments.rules import Outcome, SoldLine, outcome_of

OUTCOME = TreatmentOutcome.__table__
# A guest's purchase is noted after the answer to it; the worker may have been there before.
LOOKED_BACK = timedelta(days=3)

_ORDER = sa.text(
    "SELECT id, number, customer_id, placed_at, status, currency FROM orders WHERE id = :order_id"
).columns(placed_at=UtcTime)
_LINES = sa.text(
    """
    SELECT product_id, quantity,
           CASE WHEN returned_quantity > refunded_quantity THEN returned_quantity ELSE refunded_quantity END,
           total_minor
    FROM order_line WHERE order_id = :order_id AND kind = 'product' ORDER BY position
    """
)
_REFUNDED = sa.text(
    """
    SELECT COALESCE(SUM(r.amount_minor), 0) FROM refund r JOIN payment p ON p.id = r.payment_id
    WHERE p.order_id = :order_id AND r.state = 'succeeded'
    """
)
_GUESTS = sa.text(
    "SELECT id, number FROM orders WHERE customer_id IS NULL AND origin = 'shop' AND placed_at >= :since"
).bindparams(sa.bindparam("since", type_=UtcTime))


def write_outcome(order_id: int) -> bool:
    """Work out what an order is worth now and keep it; whether it is one that is kept.

    Safe to repeat. Raises when the journal cannot be written: whoever told of the order tells again.
    """
    with snapshot() as session:
        order = session.execute(_ORDER, {"order_id": order_id}).mappings().first()
        lines = [SoldLine(*line) for line in session.execute(_LINES, {"order_id": order_id})]
        refunded = int(session.execute(_REFUNDED, {"order_id": order_id}).scalar_one())
    if order is None:
        return False
    visitor = _visitor_of(order)
    if visitor is None and not _agreed(order["customer_id"]):
        return False
    result = outcome_of(lines, cancelled=order["status"] == "cancelled", refunded_minor=refunded)
    _keep(_row(order, visitor, result))
    return True


def _row(order: Mapping[Any, Any], visitor: str | None, result: Outcome) -> dict[str, Any]:
    return {
        "order_id": order["id"],
        "at": order["placed_at"],
        "visitor": visitor,
        "customer_id": order["customer_id"],
        "status": order["status"],
        "currency": order["currency"],
        "gross_minor": result.gross_minor,
        "net_minor": result.net_minor,
        "pieces": result.pieces,
        "products": [list(product) for product in result.products],
        "updated_at": clock.now(),
    }


def _visitor_of(order: Mapping[Any, Any]) -> str | None:
    """The visitor who placed a guest's order, if they agreed to be noted as one."""
    if order["customer_id"] is not None:
        return None
    return purchase_visitors([order["number"]]).get(order["number"])


def _agreed(customer_id: int | None) -> bool:
    word = said_last(customer_id).get("statistics") if customer_id is not None else None
    return word is not None and word.given


def _keep(row: dict[str, Any]) -> None:
    with write_engine(JOURNAL).connect() as connection:
        kind = sqlite if connection.dialect.name == "sqlite" else postgresql
        first = kind.insert(OUTCOME).values(row)
        newer = {name: first.excluded[name] for name in row if name != "order_id"}
        connection.execute(first.on_conflict_do_update(index_elements=["order_id"], set_=newer))


def settle_guests() -> int:
    """Outcomes of guests' orders whose purchase was noted after they were told of; returns how many."""
    with snapshot() as session:
        orders = {
            row.number: row.id for row in session.execute(_GUESTS, {"since": clock.now() - LOOKED_BACK})
        }
    with snapshot(JOURNAL) as journal:
        recent = sa.select(OUTCOME.c.order_id).where(OUTCOME.c.at >= clock.now() - LOOKED_BACK)
        known = set(journal.execute(recent).scalars())
    missing = [number for number, order_id in orders.items() if order_id not in known]
    return sum(write_outcome(orders[number]) for number in purchase_visitors(missing))
