"""One order as the staff see it: with its customer, its mails, what may be done, and what looks odd."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog import service as catalog
from storefront.core.console import TimelineEntry as Entry
from storefront.core.console import comments_of
from storefront.core.database import db
from storefront.core.models import MailMessage
from storefront.core.money import Money
from storefront.customers import service as customers
from storefront.customers.rules.addresses import AddressField
from storefront.customers.service import desk as people
from storefront.ordering.models import Attention, Order, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.answering import REPEATED
from storefront.ordering.service.bills import OrderBill, bill_of_order
from storefront.ordering.service.desk_words import Problem, entries, problem
from storefront.ordering.service.gateways import all_gateways
from storefront.ordering.service.reading import LineView, OrderView
from storefront.ordering.service.showing import lines_of_address, on_their_way
from storefront.ordering.service.words import BY_TRANSFER

_ORDER, _PAYMENT = Order.__table__, Payment.__table__


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line with its picture and how many pieces wait to be sent, came back or may still be refunded."""

    line: LineView
    card: Any
    to_ship: int
    refundable: int
    may_return: int
    each_minor: int


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """Who bought, and what they bought in all: orders that count, net of what went back."""

    name: str
    email: str
    customer_id: int | None
    key: str
    orders: int
    net: Money
    first: Any


@dataclass(frozen=True, slots=True)
class Look:
    """Something about this order that somebody has to look at."""

    id: int
    problem: Problem
    at: Any


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail about the order, and whether it may be sent once more."""

    id: int
    template: str
    to: str
    at: Any
    state: str
    again: bool


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """Everything that the page of an order shows to the staff."""

    order: OrderView
    lines: tuple[DeskLine, ...]
    bill: OrderBill
    shipping_lines: tuple[str, ...]
    billing_lines: tuple[str, ...]
    customer: CustomerCard
    looks: tuple[Look, ...]
    mails: tuple[SentMail, ...]
    hints: tuple[str, ...]
    story: tuple[Entry, ...]
    refundable: Money
    form_key: str
    seen: str
    can: frozenset[str]
    by_hand: bool
    address_fields: tuple[AddressField, ...]


def desk_order(order: OrderView) -> DeskOrder:
    """The page of an order, in five queries beyond the order itself."""
    cards = catalog.load_variants(line.variant_id for line in order.lines if line.variant_id)
    payment = order.payment
    left = payment.captured_minor - payment.refunded_minor - payment.refunding_minor if payment else 0
    gateway = all_gateways().get(payment.gateway) if payment else None
    customer = _customer(order)
    return DeskOrder(
        order=order,
        lines=tuple(_line(line, cards.get(line.variant_id or 0), order) for line in order.lines),
        bill=bill_of_order(order),
        shipping_lines=lines_of_address(order.shipping_address),
        billing_lines=lines_of_address(order.billing_address),
        customer=customer,
        looks=tuple(_looks(order)),
        mails=tuple(_mails(order)),
        hints=tuple(_hints(order, customer)),
        story=tuple([*entries(order), *comments_of("order", order.number)]),
        refundable=Money(max(left, 0), order.currency),
        form_key=secrets.token_urlsafe(18),
        seen=seen_mark(order),
        can=what_can_be_done(order, left, by_hand=bool(gateway and gateway.by_hand)),
        by_hand=bool(gateway and gateway.by_hand),
        address_fields=_address_fields(order),
    )


def _address_fields(order: OrderView) -> tuple[AddressField, ...]:
    """The inputs of the order's address, as its country asks for them."""
    country = (order.shipping_address or {}).get("country")
    return customers.fields_for(country) if country else ()


def seen_mark(order: OrderView) -> str:
    """Changes whenever anything happens to the order: a form that shows another one is out of date."""
    return str(len(order.timeline))


def what_can_be_done(order: OrderView, left: int, *, by_hand: bool) -> frozenset[str]:
    """The actions that the order's state lets through; each command looks again under its lock."""
    if order.origin != "shop":
        return frozenset()
    known = {**_with_the_money(order, left, by_hand), **_with_the_goods(order, by_hand)}
    return frozenset(name for name, can in known.items() if can)


def _with_the_money(order: OrderView, left: int, by_hand: bool) -> dict[str, bool]:
    awaited = order.payment_state == payments.PENDING and by_hand
    alive = order.status in {rules.PENDING, rules.CONFIRMED}
    return {
        "paid": alive and awaited,
        "owed": alive and awaited and _is_by_transfer(order),
        "capture": order.status == rules.CONFIRMED and order.payment_state == payments.AUTHORIZED,
        "refund": order.payment_state in payments.PAID and left > 0,
        "ask": order.payment_state in payments.UNSETTLED and not by_hand,
        "invoice": order.invoice_number is not None,
    }


def _is_by_transfer(order: OrderView) -> bool:
    return order.payment is not None and order.payment.gateway == BY_TRANSFER


def _with_the_goods(order: OrderView, by_hand: bool) -> dict[str, bool]:
    awaited = order.payment_state == payments.PENDING and by_hand
    return {
        "ship": rules.can_ship(order.state) and any(map(rules.left_to_send, order.state.lines)),
        "cancel": rules.can_cancel(order.state),
        "take_out": rules.can_take_out(order.state, by_hand=awaited),
        "correct": rules.can_correct(order.state) and bool(order.shipping_address),
        "return": rules.can_return(order.state),
        "arrived": bool(on_their_way(order)),
    }


def _line(line: LineView, card: Any, order: OrderView) -> DeskLine:
    asked = sum(
        pieces
        for back in order.returns
        if back.state == "requested"
        for line_id, pieces in back.lines
        if line_id == line.id
    )
    each = line.total_minor // line.quantity if line.quantity else 0
    back_later = max(0, line.fulfilled - line.came_back - asked)
    left = next(rules.left_to_send(one) for one in order.state.lines if one.line_id == line.id)
    return DeskLine(line, card, left, line.quantity - line.refunded, back_later, each)


def _customer(order: OrderView) -> CustomerCard:
    """All orders of this customer, or of this address where a guest bought."""
    name = str((order.shipping_address or order.billing_address or {}).get("name", ""))
    if order.customer_id is not None:
        mine = _ORDER.c.customer_id == order.customer_id
    elif order.email:
        mine = sa.func.lower(_ORDER.c.email) == order.email.lower()
    else:
        return CustomerCard(name, "", None, "", 1, order.total, order.placed_at)
    counts = _ORDER.c.status.not_in([rules.PENDING, rules.CANCELLED])
    paid_back = sa.func.coalesce(_PAYMENT.c.refunded_minor, 0)
    query = (
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(_ORDER.c.total_minor - paid_back), 0),
            sa.func.min(_ORDER.c.placed_at, type_=_ORDER.c.placed_at.type),
        )
        .select_from(
            _ORDER.outerjoin(_PAYMENT, sa.and_(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1))
        )
        .where(mine, counts)
    )
    count, net, first = db.session.execute(query).one()
    key = people.key_of(order.customer_id) if order.customer_id is not None else ""
    net_value = Money(int(net), order.currency)
    return CustomerCard(name, order.email or "", order.customer_id, key, count, net_value, first)


def _looks(order: OrderView) -> list[Look]:
    query = (
        sa.select(Attention)
        .where(Attention.order_id == order.id, Attention.resolved_at.is_(None))
        .order_by(Attention.id)
    )
    rows = db.session.execute(query).scalars()
    return [Look(row.id, problem(row.kind, row.data, order.currency), row.created_at) for row in rows]


def _mails(order: OrderView) -> list[SentMail]:
    about = MailMessage.dedupe_key.startswith(order.number, autoescape=True)
    columns = (
        MailMessage.id, MailMessage.template, MailMessage.to_email, MailMessage.created_at, MailMessage.state,
    )  # fmt: skip
    rows = db.session.execute(sa.select(*columns).where(about).order_by(MailMessage.id.desc()).limit(50))
    return [
        SentMail(
            row.id,
            mail_words(row.template),
            row.to_email,
            row.created_at,
            row.state,
            row.template in REPEATED,
        )
        for row in rows
    ]


def mail_words(template: str) -> str:
    """What a mail is about."""
    return {
        "order_confirmation": _("Confirmation"),
        "order_paid": _("Payment arrived"),
        "payment_reminder": _("Reminder of the transfer"),
        "order_shipped": _("On its way"),
        "order_cancelled": _("Cancelled"),
        "order_changed": _("Fewer pieces"),
        "order_delivered": _("Delivered"),
        "order_refunded": _("Money back"),
        "order_return_received": _("Return arrived"),
        "order_return_accepted": _("Where to send it back"),
        "order_return_refused": _("Return refused"),
    }.get(template, template)


def _hints(order: OrderView, customer: CustomerCard) -> list[str]:
    """What may be worth a second look before the goods leave. Facts only, no score."""
    failed = sum(1 for one in order.payments if one.state in payments.DEAD)
    told = {
        _("%(count)s payments failed before.", count=failed): failed >= 2,
        _("Invoice and parcel go to different countries."): _differs(order, "country"),
        _("Invoice and parcel go to different people."): _differs(order, "name"),
        _("First order from this customer."): customer.orders <= 1 and order.origin == "shop",
    }
    return [words for words, holds in told.items() if holds]


def _differs(order: OrderView, part: str) -> bool:
    bill, way = order.billing_address, order.shipping_address
    return bool(bill and way) and (bill or {}).get(part) != (way or {}).get(part)
