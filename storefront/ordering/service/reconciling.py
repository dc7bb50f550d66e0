"""What the worker does every minute: ask about payments and refunds nobody knows the outcome of, end what
nobody paid, remind. It never guesses: only a gateway's answer moves a payment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from storefront.core.database import db, transaction
from storefront.core.store import store_value
from storefront.ordering.errors import CannotCancel, GatewayDown, NoSuchGateway
from storefront.ordering.models import Order, OrderEvent, Payment, Refund
from storefront.ordering.rules import orders as order_rules
from storefront.ordering.rules import payments as rules
from storefront.ordering.service.applying import retry_parked
from storefront.ordering.service.cancelling import cancel_order
from storefront.ordering.service.gateways import ask, gateway_of
from storefront.ordering.service.locking import lock_order, owner_payment
from storefront.ordering.service.looking import believe, load_try, look_and_apply, void_and_apply
from storefront.ordering.service.mails import send_order_mail, settles_later
from storefront.ordering.service.refund_events import OPEN
from storefront.ordering.service.refunding import run_refund
from storefront.ordering.service.terms import read_terms
from storefront.ordering.service.timeline import note

AT_ONCE = 100
AGAIN = timedelta(minutes=5)
log = structlog.get_logger(__name__)


def reconcile_due(limit: int = AT_ONCE) -> int:
    """Ask about everything whose time has come; returns how many payments and refunds were asked about."""
    retry_parked(limit)
    return _each(Payment, _ask_about_payment, limit) + _each(Refund, _ask_about_refund, limit)


def _each(model: Any, act: Callable[[int], None], limit: int) -> int:
    """Take each row that is due (one process only: its next time is moved on first) and act on it."""
    now = read_terms().now
    due = sa.select(model.id, model.next_check_at, model.checks).where(model.next_check_at <= now)
    rows = db.session.execute(due.order_by(model.next_check_at, model.id).limit(limit)).all()
    done = 0
    for row in rows:
        mine = sa.and_(model.id == row.id, model.next_check_at == row.next_check_at)
        later = {"next_check_at": rules.next_check(row.checks + 1, now), "checks": row.checks + 1}
        with transaction() as tx:
            taken = tx.execute(sa.update(model).where(mine).values(**later)).rowcount
        if taken:
            done += _guarded(act, row.id)
    return done


def _guarded(act: Callable[[int], None], row_id: int) -> int:
    """One payment that cannot be asked about harms no other."""
    try:
        act(row_id)
    except NoSuchGateway:
        log.warning("gateway_gone", row=row_id)
        return 0
    except Exception:
        log.error("reconcile_failed", row=row_id, exc_info=True)
        return 0
    return 1


def _ask_about_payment(payment_id: int) -> None:
    query = sa.select(Payment.state, Order.status).join(Order, Order.id == Payment.order_id)
    row = db.session.execute(query.where(Payment.id == payment_id)).one()
    if row.state in rules.UNSETTLED and row.status == order_rules.CANCELLED:
        void_and_apply(payment_id)
    elif row.state in rules.UNSETTLED or row.state == rules.AUTHORIZED:
        look_and_apply(payment_id)
    _settled(payment_id)


def _settled(payment_id: int) -> None:
    """Whatever is known by now needs no further asking."""
    known = sa.and_(Payment.id == payment_id, Payment.state.not_in(rules.UNSETTLED))
    with transaction() as tx:
        tx.execute(sa.update(Payment).where(known).values(next_check_at=None))


def _ask_about_refund(refund_id: int) -> None:
    state = db.session.execute(sa.select(Refund.state).where(Refund.id == refund_id)).scalar_one()
    if state in OPEN:
        run_refund(refund_id, look=True)


def capture_payment(order_id: int, who: str = "shop") -> str:
    """Take the money of an authorized payment; returns the payment's state afterwards.

    An order that was cancelled meanwhile is left alone. Without an answer the reconciler asks on.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        payment = owner_payment(tx, order)
        ready = order.status == order_rules.CONFIRMED and payment.state == rules.AUTHORIZED
        if ready:
            note(tx, order_id, "capture_asked", who)
            payment.next_check_at = rules.next_check(0, terms.now)
        payment_id = payment.id
    if ready:
        attempt, row = load_try(payment_id)
        gateway = gateway_of(row.gateway)
        try:
            believe(gateway, attempt, ask(gateway.capture, attempt), row.created_at)
        except GatewayDown:
            log.warning("capture_unanswered", payment=payment_id)
    return db.session.execute(sa.select(Payment.state).where(Payment.id == payment_id)).scalar_one()


# --- what nobody paid -------------------------------------------------------------------------------------


def expire_due(limit: int = AT_ONCE) -> int:
    """End orders whose time to pay is over: pieces, claims and cart lines go back. Returns how many ended.

    A try that may still be paid is let go at the gateway first; while the gateway does not say, it waits.
    """
    now = read_terms().now
    open_ones = Order.status.in_([order_rules.PENDING, order_rules.CONFIRMED])
    due = sa.and_(open_ones, Order.expires_at <= now, Order.origin == "shop", Order.paid_at.is_(None))
    ids = db.session.execute(sa.select(Order.id).where(due).order_by(Order.expires_at).limit(limit)).scalars()
    return sum(_expire(order_id) for order_id in ids.all())


def _expire(order_id: int) -> bool:
    query = sa.select(Payment.id, Payment.state, Payment.gateway, Order.status).join(
        Order, Order.id == Payment.order_id
    )
    row = db.session.execute(query.where(Order.id == order_id, Payment.owner == 1)).one()
    if row.state in rules.UNSETTLED and not settles_later(row.gateway):
        answer = void_and_apply(row.id)
        if answer not in {"cancelled", "failed"}:
            _come_back(order_id)
            return False
    try:
        cancel_order(order_id, reason="unpaid" if row.status == order_rules.CONFIRMED else "expired")
    except CannotCancel:
        _come_back(order_id)
        return False
    return True


def _come_back(order_id: int) -> None:
    later = read_terms().now + AGAIN
    still = sa.and_(Order.id == order_id, Order.expires_at.is_not(None))
    with transaction() as tx:
        tx.execute(sa.update(Order).where(still).values(expires_at=later))


def remind_due(limit: int = AT_ONCE) -> int:
    """Remind of bank transfers that did not come, once per order; returns how many mails were written."""
    terms = read_terms()
    since = terms.now - timedelta(days=store_value("transfer_reminder_days"))
    waiting = sa.and_(
        Order.status == order_rules.CONFIRMED,
        Order.payment_state == rules.PENDING,
        Order.confirmed_at <= since,
        Order.expires_at > terms.now,
    )
    transfer = sa.and_(Payment.order_id == Order.id, Payment.owner == 1, Payment.gateway == "transfer")
    query = sa.select(Order.id).join(Payment, transfer).where(waiting)
    done = sa.exists().where(OrderEvent.order_id == Order.id, OrderEvent.kind == "reminded")
    ids = db.session.execute(query.where(~done).order_by(Order.id).limit(limit)).scalars().all()
    return sum(_remind(order_id) for order_id in ids)


def _remind(order_id: int) -> bool:
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        if order.status != order_rules.CONFIRMED or order.payment_state != rules.PENDING:
            return False
        written = send_order_mail(tx, order, "payment_reminder", terms)
        if written is not None:
            note(tx, order_id, "reminded")
    return written is not None
