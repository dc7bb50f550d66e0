"""What must hold between orders, payments and mails at any moment; `regulars doctor` asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.keeping import KEYS_KEPT
from storefront.core.models import MailMessage
from storefront.ordering.models import (
    Attention,
    NumberSeries,
    Order,
    OrderLine,
    OwnedProduct,
    Payment,
    Refund,
)
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.confirming import INVOICES

_ORDER, _LINE, _PAYMENT = Order.__table__, OrderLine.__table__, Payment.__table__
_REFUND = Refund.__table__
SHOWN = 50
LATE = timedelta(minutes=60)
COUNTS = (rules.CONFIRMED, rules.COMPLETED)
_OURS = _ORDER.c.origin == "shop"


def _numbers(session: Session, query: sa.Select[Any], words: str) -> list[str]:
    return [f"order {row.number}: {words}" for row in session.execute(query.limit(SHOWN))]


def sums(session: Session) -> list[str]:
    """Orders whose lines and charges are not their total, or whose payment asks for another amount."""
    lines = (
        sa.select(_LINE.c.order_id, sa.func.sum(_LINE.c.total_minor).label("total"))
        .group_by(_LINE.c.order_id)
        .subquery()
    )
    joined = sa.select(_ORDER.c.number).outerjoin(lines, lines.c.order_id == _ORDER.c.id)
    of_lines = sa.func.coalesce(lines.c.total, 0) != _ORDER.c.lines_minor
    of_order = _ORDER.c.lines_minor + _ORDER.c.charges_minor != _ORDER.c.total_minor
    asked = (
        sa.select(_ORDER.c.number)
        .join(_PAYMENT, _PAYMENT.c.order_id == _ORDER.c.id)
        .where(_OURS, _PAYMENT.c.amount_minor != _ORDER.c.total_minor)
        # A try that was given up asked for what the order cost then.
        .where(sa.or_(_PAYMENT.c.owner == 1, _PAYMENT.c.state.not_in(payments.DEAD)))
    )
    return [
        *_numbers(session, joined.where(_OURS, of_lines), "its lines do not add up to what they cost"),
        *_numbers(session, joined.where(_OURS, of_order), "lines and charges are not its total"),
        *_numbers(session, asked, "a payment asks for another amount than the order's"),
    ]


def refunds(session: Session) -> list[str]:
    """Payments of which more went back than came, or whose refunds are not those written down."""

    def told(states: tuple[str, ...]) -> Any:
        return (
            sa.select(sa.func.coalesce(sa.func.sum(_REFUND.c.amount_minor), 0))
            .where(_REFUND.c.payment_id == _PAYMENT.c.id, _REFUND.c.state.in_(states))
            .scalar_subquery()
        )

    back = _PAYMENT.c.refunded_minor + _PAYMENT.c.refunding_minor
    wrong = sa.or_(
        back > _PAYMENT.c.captured_minor,
        _PAYMENT.c.refunded_minor != told(("succeeded",)),
        _PAYMENT.c.refunding_minor != told(("created", "pending", "unknown")),
    )
    query = sa.select(_ORDER.c.number).join(_PAYMENT, _PAYMENT.c.order_id == _ORDER.c.id).where(wrong)
    return _numbers(session, query, "its refunds are more than was paid, or not those written down")


def numbers(session: Session) -> list[str]:
    """Orders that count without an invoice number, gaps in the series, or a series that counts otherwise."""
    unnumbered = sa.select(_ORDER.c.number).where(
        _OURS, _ORDER.c.status.in_(COUNTS), _ORDER.c.invoice_number.is_(None)
    )
    found = _numbers(session, unnumbered, "it is confirmed and has no invoice number")
    counted = session.execute(
        sa.select(
            sa.func.count(_ORDER.c.invoice_count),
            sa.func.coalesce(sa.func.min(_ORDER.c.invoice_count), 1),
            sa.func.coalesce(sa.func.max(_ORDER.c.invoice_count), 0),
        )
    ).one()
    last = session.execute(sa.select(NumberSeries.last).where(NumberSeries.name == INVOICES)).scalar() or 0
    given, first, highest = counted
    if (first, highest) != (1, given) or last != given:
        found.append(f"{given} invoice numbers were given, from {first} to {highest}; the series says {last}")
    return found


def owners(session: Session) -> list[str]:
    """Orders that do not stand by exactly one payment, or whose state is not that payment's."""
    owning = (
        sa.select(sa.func.count())
        .select_from(_PAYMENT)
        .where(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1)
        .scalar_subquery()
    )
    alone = sa.select(_ORDER.c.number).where(_OURS, owning != 1)
    differs = (
        sa.select(_ORDER.c.number)
        .join(_PAYMENT, sa.and_(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1))
        .where(_OURS, _PAYMENT.c.state != _ORDER.c.payment_state)
    )
    return [
        *_numbers(session, alone, "it does not stand by exactly one payment"),
        *_numbers(session, differs, "its payment state is not that of its payment"),
    ]


def paid_without_order(session: Session) -> list[str]:
    """Money that was taken for an order that does not count, unless it went back or somebody was told."""
    told = sa.exists().where(Attention.payment_id == _PAYMENT.c.id)
    kept = _PAYMENT.c.captured_minor - _PAYMENT.c.refunded_minor - _PAYMENT.c.refunding_minor
    counts = sa.and_(_ORDER.c.status.in_(COUNTS), _PAYMENT.c.owner == 1)
    query = (
        sa.select(_ORDER.c.number)
        .join(_PAYMENT, _PAYMENT.c.order_id == _ORDER.c.id)
        .where(_PAYMENT.c.state.in_(payments.SECURED), kept > 0, ~counts, ~told)
    )
    return _numbers(session, query, "it is paid, does not count, and nobody was told")


def mails(session: Session) -> list[str]:
    """Orders that were confirmed without exactly one confirmation mail, as long as mails are remembered."""
    remembered = _ORDER.c.confirmed_at > clock.now() - KEYS_KEPT
    wanted = sa.and_(_OURS, remembered, _ORDER.c.email.is_not(None))
    written = (
        sa.select(sa.func.count())
        .where(
            MailMessage.template == "order_confirmation",
            MailMessage.dedupe_key == _ORDER.c.number,
        )
        .scalar_subquery()
    )
    query = sa.select(_ORDER.c.number).where(wanted, written != 1)
    return _numbers(session, query, "it was confirmed and has not exactly one confirmation mail")


def pieces(session: Session) -> list[str]:
    """Lines of which more was sent, given back or paid back than was ordered."""
    beyond = sa.or_(
        _LINE.c.fulfilled_quantity > _LINE.c.quantity,
        _LINE.c.refunded_quantity > _LINE.c.quantity,
        _LINE.c.returned_quantity > _LINE.c.quantity,
        _LINE.c.fulfilled_quantity + _LINE.c.cancelled_quantity > _LINE.c.quantity,
        _LINE.c.cancelled_quantity > _LINE.c.returned_quantity,
        _LINE.c.cancelled_quantity < 0,
        _LINE.c.fulfilled_quantity < 0,
        _LINE.c.refunded_quantity < 0,
    )
    query = sa.select(_ORDER.c.number).join(_LINE, _LINE.c.order_id == _ORDER.c.id).where(_OURS, beyond)
    return _numbers(session, query.distinct(), "more was sent or given back than ordered")


def late(session: Session) -> list[str]:
    """Orders that wait for money an hour after their time was over: the worker does not run."""
    overdue = sa.and_(
        _OURS,
        _ORDER.c.status.in_([rules.PENDING, rules.CONFIRMED]),
        _ORDER.c.paid_at.is_(None),
        _ORDER.c.expires_at < clock.now() - LATE,
    )
    query = sa.select(_ORDER.c.number).where(overdue)
    return _numbers(session, query, "its time to pay ended more than an hour ago")


def owned(session: Session) -> list[str]:
    """Products that somebody owns from an order that was cancelled, or never paid."""
    query = (
        sa.select(_ORDER.c.number)
        .join(_LINE, _LINE.c.order_id == _ORDER.c.id)
        .join(OwnedProduct, OwnedProduct.order_line_id == _LINE.c.id)
        .where(OwnedProduct.until.is_(None))
        .where(sa.or_(_ORDER.c.status == rules.CANCELLED, _ORDER.c.payment_state.not_in(payments.SECURED)))
    )
    return _numbers(session, query.distinct(), "somebody owns what was not paid")
