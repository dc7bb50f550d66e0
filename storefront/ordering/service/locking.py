"""The order row is the lock of everything that happens to an order and its payments.

Everybody locks in one order: the order, its payment, holds and stock, claims, the cart, number series.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.ordering.errors import ChangedMeanwhile
from storefront.ordering.models import Order, OrderEvent, OrderLine, Payment
from storefront.ordering.rules.orders import LineState, OrderState

Answer = TypeVar("Answer")


def lock_order(tx: Tx, order_id: int) -> Order:
    """The order, locked until the command ends. Raises NotFound, for imported histories too."""
    query = sa.select(Order).where(Order.id == order_id, Order.origin == "shop").with_for_update()
    order = tx.execute(query).scalar_one_or_none()
    if order is None:
        raise NotFound
    return order


def lock_payment(tx: Tx, payment_id: int) -> tuple[Order, Payment]:
    """A payment with its order, the order locked first."""
    order_id = tx.execute(sa.select(Payment.order_id).where(Payment.id == payment_id)).scalar_one()
    order = lock_order(tx, order_id)
    payment = tx.execute(sa.select(Payment).where(Payment.id == payment_id).with_for_update()).scalar_one()
    return order, payment


def owner_payment(tx: Tx, order: Order) -> Payment:
    """The payment that the order stands by, locked."""
    query = sa.select(Payment).where(Payment.order_id == order.id, Payment.owner == 1).with_for_update()
    return tx.execute(query).scalar_one()


def lines_of(tx: Tx, order: Order) -> list[OrderLine]:
    """The lines of an order in their order; lock the order first."""
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    return list(tx.execute(query).scalars())


def state_of(order: Order, lines: list[OrderLine]) -> OrderState:
    """What decides what may be done with an order."""
    known = tuple(line_state(line) for line in lines)
    return OrderState(order.status, order.payment_state, order.fulfilment_state, known)


def line_state(line: OrderLine) -> LineState:
    """The pieces of a line."""
    return LineState(
        line.id,
        line.quantity,
        line.fulfilled_quantity,
        line.returned_quantity,
        line.refunded_quantity,
        line.cancelled_quantity,
    )


def check_seen(tx: Tx, order: Order, seen: str) -> None:
    """Raise ChangedMeanwhile when anything happened to the locked order since it was `seen` ("": never)."""
    if seen:
        entries = sa.select(sa.func.count()).select_from(OrderEvent).where(OrderEvent.order_id == order.id)
        if seen != str(tx.execute(entries).scalar_one()):
            raise ChangedMeanwhile


# --- waiting ----------------------------------------------------------------------------------------------

# PostgreSQL gave up waiting for a lock, or chose this command to end a deadlock. Nothing was written.
_BUSY = frozenset({"55P03", "40P01", "40001"})
TRIES = 3


def patiently(command: Callable[[], Answer]) -> Answer:
    """Run a command that may simply be run again, up to three times when others were in its way."""
    for left in reversed(range(TRIES)):
        try:
            return command()
        except sa.exc.OperationalError as error:
            if not left or not _others_were_in_the_way(error):
                raise
    raise AssertionError("a command is tried at least once")


def _others_were_in_the_way(error: sa.exc.OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _BUSY or "database is locked" in str(error.orig)
