"""Orders and returns as a table that can be imported again without loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core.imports.cells import as_kept
from storefront.core.imports.registry import Exporter, Options, Sheet
from storefront.core.imports.writing import plain_decimal
from storefront.core.money import currency_digits
from storefront.customers.service.importing import names_of_customers
from storefront.ordering.models import Order, OrderLine, OrderReturn, ReturnLine
from storefront.ordering.rules.order_files import OWN_COLUMNS

ORDER, LINE = Order.__table__, OrderLine.__table__
RETURN, RETURN_LINE = OrderReturn.__table__, ReturnLine.__table__
CHUNK = 500
Row = dict[str, str]


def exporters() -> list[Exporter]:
    """How orders are written."""
    return [Exporter("orders", {"regulars": own_sheet})]


def own_sheet(session: Session, options: Options) -> Sheet:
    """Every order with its lines, then every return, each in the order of time."""
    digits = currency_digits(options.currency)
    names = names_of_customers(session)
    rows = (
        [row.get(column, "") for column in OWN_COLUMNS]
        for part in (_orders, _returns)
        for row in part(session, digits, names)
    )
    return Sheet(OWN_COLUMNS, rows)


def _orders(session: Session, digits: int, names: dict[int, str]) -> Iterator[Row]:
    for heads in _chunks(session, ORDER, ORDER.c.placed_at):
        lines = _lines(session, LINE, LINE.c.order_id, [head["id"] for head in heads])
        for head in heads:
            yield _head(head, digits, names)
            own: list[Any] = list(lines.get(head["id"], []))
            for line in own + _charges(head, len(own)):
                yield {"kind": "line", **_line(head["number"], line, digits)}


def _head(head: sa.RowMapping, digits: int, names: dict[int, str]) -> Row:
    cancelled, email = head["cancelled_at"], head["email"] or ""
    return {
        "kind": "order",
        "number": head["number"],
        "customer": names.get(head["customer_id"]) or email,
        "email": email,
        "status": head["status"],
        "at": head["placed_at"].isoformat(),
        "cancelled_at": cancelled.isoformat() if cancelled else "",
        "currency": head["currency"],
        "country": head["country"] or "",
        "discount": plain_decimal(0 if _is_own(head) else head["discount_minor"], digits),
        "tax": plain_decimal(0 if _is_own(head) else head["tax_minor"], digits),
        "extra": as_kept(head["extra"] or {}, "regulars"),
    }


def _is_own(head: sa.RowMapping) -> bool:
    """Orders of the shop itself: discount and tax are in what their lines cost."""
    return head["origin"] == "shop"


def _charges(head: sa.RowMapping, position: int) -> list[dict[str, Any]]:
    """Delivery and extras of the shop's own orders, as the one line that makes up the total."""
    charges = head["charges_minor"]
    if not _is_own(head) or not charges:
        return []
    line = {"kind": "charge", "sku": "shipping", "title": head["shipping_name"] or "", "quantity": 1}
    return [{**line, "position": position, "unit_price_minor": charges, "total_minor": charges}]


def _returns(session: Session, digits: int, names: dict[int, str]) -> Iterator[Row]:
    places = sa.select(LINE.c.id, ORDER.c.number, LINE.c.position).join(ORDER, ORDER.c.id == LINE.c.order_id)
    for heads in _chunks(session, RETURN, RETURN.c.returned_at, RETURN.c.state == "received"):
        lines = _lines(session, RETURN_LINE, RETURN_LINE.c.return_id, [head["id"] for head in heads])
        wanted = [line["order_line_id"] for part in lines.values() for line in part if line["order_line_id"]]
        of: dict[int, tuple[str, int]] = {}
        for start in range(0, len(wanted), CHUNK):
            found = session.execute(places.where(LINE.c.id.in_(wanted[start : start + CHUNK])))
            of |= {line_id: (number, place) for line_id, number, place in found}
        for head in heads:
            moment = head["returned_at"].isoformat()
            who = names.get(head["customer_id"], "")
            yield {"kind": "return", "number": head["number"], "customer": who, "at": moment}
            for line in lines.get(head["id"], []):
                row = {"kind": "return_line", **_line(head["number"], line, digits)}
                if line["order_line_id"] in of:
                    order, place = of[line["order_line_id"]]
                    row |= {"of_order": order, "of_position": str(place)}
                yield row


def _line(number: str, line: sa.RowMapping | dict[str, Any], digits: int) -> Row:
    return {
        "number": number,
        "position": str(line["position"]),
        "line_kind": line["kind"],
        "sku": line["sku"],
        "title": line["title"],
        "quantity": str(line["quantity"]),
        "unit_price": plain_decimal(line["unit_price_minor"], digits),
        "total": plain_decimal(line["total_minor"], digits),
    }


def _chunks(
    session: Session, table: sa.Table, moment: sa.Column, which: sa.ColumnElement[bool] | None = None
) -> Iterator[list[sa.RowMapping]]:
    """Heads (`which` fit) in the order of time and number, some at once, going on behind the last one."""
    last: tuple[object, str] | None = None
    while True:
        query = sa.select(table).order_by(moment, table.c.number).limit(CHUNK)
        if which is not None:
            query = query.where(which)
        if last is not None:
            later = sa.or_(moment > last[0], sa.and_(moment == last[0], table.c.number > last[1]))
            query = query.where(later)
        heads = list(session.execute(query).mappings())
        if not heads:
            return
        yield heads
        last = (heads[-1][moment.name], heads[-1]["number"])


def _lines(
    session: Session, table: sa.Table, owner: sa.Column, ids: list[int]
) -> dict[int, list[sa.RowMapping]]:
    found: dict[int, list[sa.RowMapping]] = {}
    query = sa.select(table).where(owner.in_(ids)).order_by(owner, table.c.position, table.c.id)
    for row in session.execute(query).mappings():
        found.setdefault(row[owner.name], []).append(row)
    return found
