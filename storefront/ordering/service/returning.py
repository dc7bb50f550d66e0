"""Goods that come back: asked for by the customer, received by the owner, put on the shelf or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx, transaction
from storefront.core.errors import NotFound
from storefront.core.events import publish
from storefront.inventory import service as inventory
from storefront.ordering.errors import CannotReturn
from storefront.ordering.events import OrderReturned
from storefront.ordering.models import Order, OrderLine, OrderReturn, ReturnLine
from storefront.ordering.rules import orders as rules
from storefront.ordering.service.locking import lines_of, lock_order, state_of
from storefront.ordering.service.owning import end_ownership
from storefront.ordering.service.refund_events import new_public_id
from storefront.ordering.service.return_mails import tell_of_return
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note

REQUESTED, RECEIVED, REFUSED = "requested", "received", "refused"
Pieces = Iterable[tuple[int, int]]


def request_return(order_id: int, lines: Pieces, *, reason: str = "", who: str = "customer") -> str:
    """The customer wants to send pieces back; returns the return's number. Raises CannotReturn.

    Pieces of requests that are still open count as asked for.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        row = _write(tx, order, list(lines), REQUESTED, reason, terms)
        note(tx, order.id, "return_requested", who, number=row.number)
    return row.number


def receive_return(
    order_id: int,
    lines: Pieces,
    *,
    number: str | None = None,
    restock: bool = True,
    reason: str = "",
    who: str = "shop",
) -> str:
    """Pieces are back, (order line, pieces); with `restock` they go onto the shelf. Returns the number.

    `number` names a request that this answers; it is received once. Raises CannotReturn, NotFound.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        if number is not None:
            _close_request(tx, order, number)
        row = _write(tx, order, list(lines), RECEIVED, reason, terms, number)
        row.restocked = restock
        _take_back(tx, order, row, restock=restock, terms=terms)
        note(tx, order.id, "returned", who, number=row.number, restocked=restock)
        tell_of_return(tx, order, row, "order_return_received", terms)
        event = OrderReturned(order_id=order.id, return_id=row.id)
        publish(tx, event, dedupe_key=f"return:{row.id}")
    return row.number


def refuse_return(order_id: int, number: str, *, reason: str = "", who: str = "shop") -> None:
    """Say no to a request, by mail too. Raises NotFound for one that is not open."""
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        row = open_request(tx, order, number)
        row.state = REFUSED
        tx.flush()
        note(tx, order.id, "return_refused", who, number=number, reason=reason[:500])
        tell_of_return(tx, order, row, "order_return_refused", terms, note=reason[:500])


def open_request(tx: Tx, order: Order, number: str) -> OrderReturn:
    """A request of this order that nobody answered. Raises NotFound."""
    wanted = sa.and_(OrderReturn.number == number, OrderReturn.order_id == order.id)
    row = tx.execute(
        sa.select(OrderReturn).where(wanted, OrderReturn.state == REQUESTED)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _close_request(tx: Tx, order: Order, number: str) -> None:
    """The request makes room for what really came, under the same number."""
    row = open_request(tx, order, number)
    tx.execute(sa.delete(ReturnLine).where(ReturnLine.return_id == row.id))
    tx.delete(row)
    tx.flush()


def _write(
    tx: Tx,
    order: Order,
    wanted: list[tuple[int, int]],
    state: str,
    reason: str,
    terms: Terms,
    number: str | None = None,
) -> OrderReturn:
    lines = lines_of(tx, order)
    if not wanted or not rules.can_return(state_of(order, lines)):
        raise CannotReturn
    known = {line.id: line for line in lines}
    asked = _asked_for(tx, order)
    row = OrderReturn(number=number or f"T-{new_public_id()}", customer_id=order.customer_id, state=state)
    row.order_id, row.returned_at, row.reason, row.total_minor = order.id, terms.now, reason[:2000], 0
    tx.add(row)
    tx.flush()
    for position, (line_id, pieces) in enumerate(wanted):
        line = known.get(line_id)
        if line is None or not _may_come_back(line, pieces, asked.get(line_id, 0)):
            raise CannotReturn
        asked[line_id] = asked.get(line_id, 0) + pieces
        row.total_minor += _add_line(tx, row, line, position, pieces)
    tx.flush()
    return row


def _may_come_back(line: OrderLine, pieces: int, asked: int) -> bool:
    back = line.returned_quantity - line.cancelled_quantity
    return pieces > 0 and back + asked + pieces <= line.fulfilled_quantity


def _asked_for(tx: Tx, order: Order) -> dict[int, int]:
    """Pieces by line in requests that nobody has answered."""
    query = (
        sa.select(ReturnLine.order_line_id, sa.func.sum(ReturnLine.quantity))
        .join(OrderReturn, OrderReturn.id == ReturnLine.return_id)
        .where(OrderReturn.order_id == order.id, OrderReturn.state == REQUESTED)
        .group_by(ReturnLine.order_line_id)
    )
    rows: list[Any] = list(tx.execute(query))
    return {row[0]: int(row[1]) for row in rows}


def _add_line(tx: Tx, row: OrderReturn, line: OrderLine, position: int, pieces: int) -> int:
    """One line of a return, with its share of what the line cost; returns that share."""
    before = line.returned_quantity
    share = line.total_minor * (before + pieces) // line.quantity - line.total_minor * before // line.quantity
    entry = ReturnLine(return_id=row.id, position=position, kind="product", order_line_id=line.id)
    entry.variant_id, entry.product_id, entry.sku = line.variant_id, line.product_id, line.sku
    entry.title, entry.quantity = line.title, pieces
    entry.unit_price_minor, entry.total_minor = line.unit_price_minor, share
    tx.add(entry)
    return share


def _take_back(tx: Tx, order: Order, row: OrderReturn, *, restock: bool, terms: Terms) -> None:
    """Count the pieces as back, on their lines and on the shelf; what is wholly back is owned no more."""
    entries = list(tx.execute(sa.select(ReturnLine).where(ReturnLine.return_id == row.id)).scalars())
    known = {line.id: line for line in lines_of(tx, order)}
    shelf = []
    for entry in entries:
        line = known[entry.order_line_id]
        line.returned_quantity += entry.quantity
        if restock and line.variant_id is not None:
            shelf.append((line.variant_id, entry.quantity))
    tx.flush()
    if shelf:
        inventory.put_back(tx, shelf, reference=order.number)
    back = [line.id for line in known.values() if line.returned_quantity >= line.quantity]
    end_ownership(tx, back, terms.now)
