"""The list of orders: saved views, filters, search, many at once, a table to take away."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.core.console import (
    BulkAction,
    Column,
    Filter,
    IndexSpec,
    IndexState,
    Selection,
    View,
    csv_answer,
    load_index,
    record_audit,
    rows_to_export,
    staff,
)
from storefront.core.database import db, transaction
from storefront.core.errors import Refusal
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.customers.service import desk as people
from storefront.ordering import service
from storefront.ordering.models import Order
from storefront.ordering.owner.frame import Answer, blueprint, my_name
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service import desk

TODO = (
    ("ship", _l("to send")),
    ("unpaid", _l("not paid yet")),
    ("attention", _l("payment to look at")),
    ("returns", _l("return to answer")),
)
STATUSES = (
    (rules.PENDING, _l("not placed yet")),
    (rules.CONFIRMED, _l("open")),
    (rules.COMPLETED, _l("done")),
    (rules.CANCELLED, _l("cancelled")),
)
PAYMENTS = (
    (payments.CREATED, _l("not begun")),
    (payments.PENDING, _l("waiting for money")),
    (payments.UNKNOWN, _l("being confirmed")),
    (payments.AUTHORIZED, _l("approved, not taken")),
    (payments.CAPTURED, _l("paid")),
    (payments.PARTLY_REFUNDED, _l("partly given back")),
    (payments.REFUNDED, _l("given back")),
    (payments.FAILED, _l("failed")),
    (payments.CANCELLED, _l("let go")),
)
SENT = (
    (rules.UNFULFILLED, _l("to send")),
    (rules.PARTIAL, _l("partly sent")),
    (rules.FULFILLED, _l("sent")),
)
ORIGINS = (("shop", _l("this shop")), ("history", _l("imported")))
ORDERS = IndexSpec(
    key="orders",
    endpoint="ordering_owner.orders",
    title=_l("Orders"),
    columns=(
        Column("number", _l("Order"), sort=Order.number),
        Column("placed", _l("Placed"), sort=Order.placed_at, phone="top-r"),
        Column("buyer", _l("Customer")),
        Column("payment", _l("Payment"), sort=Order.payment_state, phone="three"),
        Column("sent", _l("Sending"), sort=Order.fulfilment_state, phone="three"),
        Column("pieces", _l("Pieces"), number=True, phone="less"),
        Column("total", _l("Total"), sort=Order.total_minor, number=True, phone="span"),
        Column("way", _l("Delivery"), shown=False, phone="less"),
        Column("paid_with", _l("Paid with"), shown=False, phone="less"),
        Column("country", _l("Country"), sort=Order.country, shown=False, phone="less"),
        Column("status", _l("Status"), sort=Order.status, shown=False, phone="less"),
    ),
    row_key=lambda row: row.number,
    row_key_column=Order.number,
    row_name=lambda row: row.number,
    row_url=lambda row: url_for("ordering_owner.order", number=row.number),
    filters=(
        Filter("todo", _l("Waits for"), desk.waits, TODO, many=True),
        Filter("status", _l("Status"), lambda v: Order.status.in_(v), STATUSES, many=True),
        Filter("payment", _l("Payment"), lambda v: Order.payment_state.in_(v), PAYMENTS, many=True),
        Filter("sent", _l("Sending"), lambda v: Order.fulfilment_state.in_(v), SENT, many=True),
        Filter("since", _l("Placed since"), lambda v: Order.placed_at >= desk.day_of(v[0]), kind="date"),
        Filter(
            "until", _l("Placed until"), lambda v: Order.placed_at < desk.day_of(v[0], end=True), kind="date"
        ),
        Filter("country", _l("Country"), lambda v: Order.country.in_(v), desk.countries_ordered_from),
        Filter("origin", _l("From"), lambda v: Order.origin.in_(v), ORIGINS),
        Filter(
            "customer", _l("Customer"), lambda v: desk.bought_by(v[0]), offered=False, named=people.known_as
        ),
    ),
    search=desk.found_by,
    search_hint=_l("Number, e-mail, name, SKU"),
    sort="-placed",
    tie=Order.id,
    views=(
        View("ship", _l("To send"), {"todo": "ship"}),
        View("unpaid", _l("Not paid"), {"todo": "unpaid"}),
        View("attention", _l("Needs attention"), {"todo": "attention"}),
        View("returns", _l("Returns"), {"todo": "returns"}),
    ),
    bulk=(
        BulkAction(
            "ship",
            _l("Mark as sent"),
            "ordering_owner.ship_many",
            "orders.write",
            _l("Everything left of each order counts as sent, and each customer gets a mail."),
        ),
    ),
    export_endpoint="ordering_owner.export_orders",
)


@blueprint.get("/console/orders")
@staff("orders.read")
def orders() -> Answer:
    """Every order, the newest first."""
    state = IndexState.read(ORDERS, request.args)
    index = load_index(state, desk.every_order())
    page = private_page("console-orders", _("Orders"))
    return render_template("ordering/owner/orders.html", page=page, index=index, money=Money)


@blueprint.post("/console/orders/ship")
@staff("orders.write")
def ship_many() -> Answer:
    """Everything that is left of the selected orders is on its way."""
    try:
        chosen = Selection.read(ORDERS, request.form)
    except Refusal as refusal:
        flash(refusal.message)
        return redirect(url_for("ordering_owner.orders"), 303)
    ids = db.session.execute(chosen.narrow(sa.select(Order.id))).scalars().all()
    sent, left_out = _ship_each(ids)
    if sent:
        flash(ngettext("%(num)s order is on its way.", "%(num)s orders are on their way.", sent))
    if left_out:
        words = ngettext(
            "%(num)s order was left out: nothing of it can be sent now.",
            "%(num)s orders were left out: nothing of them can be sent now.",
            left_out,
        )
        flash(words)
    return redirect(chosen.back, 303)


def _ship_each(ids: Any) -> tuple[int, int]:
    """(sent, left out): one command each, so that one that cannot be sent holds up no other."""
    ready = set(db.session.execute(sa.select(Order.id).where(Order.id.in_(ids), desk.to_ship())).scalars())
    sent = 0
    for order_id in ids:
        if order_id not in ready:
            continue
        try:
            service.ship(order_id, who=my_name())
        except Refusal:
            continue
        sent += 1
    return sent, len(ids) - sent


@blueprint.post("/console/orders/export")
@staff("orders.read", fresh=True)
def export_orders() -> Answer:
    """The orders of this view as a table to take away."""
    state = IndexState.of_query(ORDERS, request.form.get("state", ""))
    rows = rows_to_export(state, desk.every_order())
    with transaction() as tx:
        record_audit(tx, "export", "export", "orders", after={"rows": len(rows), "view": state.query})
    header = [
        _("Order"), _("Invoice"), _("Placed"), _("Customer"), _("E-mail"), _("Country"), _("Status"),
        _("Payment"), _("Sending"), _("Pieces"), _("Total"), _("Currency"), _("Paid with"), _("Delivery"),
    ]  # fmt: skip
    return csv_answer("orders", header, rows, _cells)


def _cells(row: Any) -> list[Any]:
    total = Money(row.total_minor, row.currency).decimal()
    states = (row.status, row.payment_state, row.fulfilment_state)
    head = (row.number, row.invoice_number, row.placed_at.isoformat(), row.buyer, row.email, row.country)
    return [*head, *states, row.pieces, total, row.currency, row.paid_with, row.shipping_name]
