"""The one place where an order begins to count, and the one where its money is here."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.core.events import publish
from storefront.customers import service as customers
from storefront.ordering.events import OrderConfirmed, OrderPaid
from storefront.ordering.models import NumberSeries, Order, OrderEvent, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.locking import lines_of
from storefront.ordering.service.mails import send_order_mail, settles_later
from storefront.ordering.service.owning import begin_ownership
from storefront.ordering.service.terms import Terms
from storefront.ordering.service.timeline import insert_of, note

INVOICES = "invoice"


def confirm(tx: Tx, order: Order, payment: Payment, terms: Terms) -> None:
    """A pending order counts from now on: invoice number, mail, event, ownership, all in this command.

    `order` and `payment` are locked. An order that is not pending stays as it is.
    """
    if order.status != rules.PENDING:
        return
    order.status, order.confirmed_at = rules.CONFIRMED, terms.now
    if not settles_later(payment.gateway):
        order.expires_at = None
    if order.customer_id is None:
        _of_a_guest(tx, order)
    order.invoice_count = next_number(tx, INVOICES)
    order.invoice_number = rules.invoice_number(terms.invoice_prefix, order.invoice_count)
    tx.flush()
    note(tx, order.id, "confirmed", invoice=order.invoice_number)
    send_order_mail(tx, order, "order_confirmation", terms)
    event = OrderConfirmed(order_id=order.id, customer_id=order.customer_id)
    publish(tx, event, dedupe_key=f"order:{order.id}:confirmed")
    if payment.state in payments.SECURED:
        begin_ownership(tx, order, lines_of(tx, order), terms.now)


def _of_a_guest(tx: Tx, order: Order) -> None:
    """An order under an account's proven address is that customer's, who reads the mail about it anyway.

    Whether a guest wants news is asked of the address.
    """
    placed = sa.select(OrderEvent.data).where(OrderEvent.order_id == order.id, OrderEvent.kind == "placed")
    if order.email and (tx.execute(placed.limit(1)).scalar() or {}).get("marketing"):
        customers.ask_for_news(tx, order.email, order.locale or "en", "checkout")
    order.customer_id = customers.confirmed_account(tx, order.email_key)


def note_paid(tx: Tx, order: Order, payment: Payment, terms: Terms) -> None:
    """All the money of a confirmed order is here. Once per order, and only while it is not cancelled."""
    if order.paid_at is not None or order.status in {rules.PENDING, rules.CANCELLED}:
        return
    order.paid_at, order.expires_at = terms.now, None
    complete_if_over(order, terms)
    tx.flush()
    begin_ownership(tx, order, lines_of(tx, order), terms.now)
    publish(
        tx,
        OrderPaid(order_id=order.id, customer_id=order.customer_id),
        dedupe_key=f"order:{order.id}:paid",
    )
    if settles_later(payment.gateway):
        send_order_mail(tx, order, "order_paid", terms)


def complete_if_over(order: Order, terms: Terms) -> None:
    """A confirmed order that is sent and paid is over."""
    if rules.is_complete(order.status, order.payment_state, order.fulfilment_state):
        order.status, order.completed_at = rules.COMPLETED, terms.now


def next_number(tx: Tx, series: str) -> int:
    """The next number of a series without gaps. Its row stays locked until the command ends: take it last."""
    first = insert_of(tx)(NumberSeries).values(name=series, last=1)
    step = {"last": NumberSeries.last + 1}
    taken = first.on_conflict_do_update(index_elements=["name"], set_=step).returning(NumberSeries.last)
    return tx.execute(taken.execution_options(synchronize_session=False)).scalar_one()


def invoice_counts() -> sa.Select:
    """Numbers given, for the doctor."""
    return sa.select(
        sa.func.count(Order.invoice_count), sa.func.min(Order.invoice_count), sa.func.max(Order.invoice_count)
    )
