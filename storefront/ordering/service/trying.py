"""Trying to be paid: begin, come back, try again. The shopper's side of payments."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound
from storefront.ordering.errors import GatewayDown, NoSuchGateway, OrderOver, PaymentUnderWay
from storefront.ordering.models import Order, Payment
from storefront.ordering.rules import orders as order_rules
from storefront.ordering.rules import payments as rules
from storefront.ordering.rules.orders import PaymentStep
from storefront.ordering.rules.payments import Gateway, Looked, Started
from storefront.ordering.service.applying import receive
from storefront.ordering.service.confirming import confirm
from storefront.ordering.service.gateways import ask, facts_of_order, gateway_of
from storefront.ordering.service.links import own_address
from storefront.ordering.service.locking import lock_order, owner_payment
from storefront.ordering.service.looking import believe, load_try, look_and_apply, void_and_apply
from storefront.ordering.service.mails import settles_later
from storefront.ordering.service.terms import CARD_EXPIRES, Terms, read_terms
from storefront.ordering.service.timeline import note


def start_payment(order_id: int, *, return_url: str = "") -> PaymentStep:
    """Begin (or go on with) the payment of an order, outside any command.

    `return_url` is where the gateway sends the shopper back to; else our own page that knows where to go.
    Again is harmless: the gateway sees the same key. Raises OrderOver for a cancelled order.
    """
    payment_id, step = _begin(order_id, return_url)
    if step is not None:
        return step
    attempt, payment = load_try(payment_id)
    gateway = gateway_of(payment.gateway)
    try:
        started = ask(gateway.start, attempt)
    except GatewayDown:
        return _nobody_answered(payment_id, gateway)
    if started.kind == "redirect":
        return _keep_url(payment_id, started)
    kind = {"declined": "failed", "waiting": "pending"}.get(started.kind, started.kind)
    if kind in {"authorized", "captured", "failed"}:
        amount = None if kind == "failed" else attempt.amount_minor
        currency = None if kind == "failed" else attempt.currency
        looked = Looked(kind, amount, currency, started.reference, started.message)
        believe(gateway, attempt, looked, payment.created_at)
    return step_of(order_id)


def _begin(order_id: int, return_url: str) -> tuple[int, PaymentStep | None]:
    """The payment to start, marked as started before anybody is asked; or where the shopper goes instead."""
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        payment = owner_payment(tx, order)
        step = _where_now(order, payment)
        if step is not None:
            return payment.id, step
        if payment.state == rules.CREATED:
            payment.state, payment.started_at, payment.updated_at = rules.PENDING, terms.now, terms.now
            order.payment_state = rules.PENDING
            note(tx, order.id, "payment", state=rules.PENDING, attempt=payment.attempt)
        payment.return_url = return_url or own_address(
            f"/payments/back/{order.public_token}", order.locale or "en"
        )
        payment.next_check_at = rules.next_check(payment.checks, terms.now)
    return payment.id, None


def _where_now(order: Order, payment: Payment) -> PaymentStep | None:
    """Where the shopper goes when there is nothing to start; None when there is."""
    if order.status == order_rules.CANCELLED:
        raise OrderOver(cancelled=True)
    if payment.state in rules.SECURED or settles_later(payment.gateway):
        return PaymentStep("done")
    if payment.state == rules.PENDING and payment.url:
        return PaymentStep("go", payment.url)
    if payment.state in rules.DEAD:
        return _failed(payment.message)
    return _waiting() if _may_have_charged(payment) else None


def _may_have_charged(payment: Payment) -> bool:
    """Whether a start without an answer may have moved money."""
    started = payment.state in rules.UNSETTLED
    return started and (payment.state == rules.UNKNOWN or gateway_of(payment.gateway).start_charges)


def _nobody_answered(payment_id: int, gateway: Gateway) -> PaymentStep:
    """A start without an answer: unknown when it moves money, else it may simply be tried again."""
    state = rules.UNKNOWN if gateway.start_charges else rules.CREATED
    with transaction() as tx:
        order_id = tx.execute(sa.select(Payment.order_id).where(Payment.id == payment_id)).scalar_one()
        order = lock_order(tx, order_id)
        payment = tx.execute(sa.select(Payment).where(Payment.id == payment_id)).scalar_one()
        if payment.state == rules.PENDING and not payment.url:
            payment.state = state
            if payment.owner:
                order.payment_state = state
            if state == rules.CREATED:
                payment.next_check_at = None
            note(tx, order_id, "payment", "gateway", state=state, attempt=payment.attempt)
    if state == rules.UNKNOWN:
        return _waiting()
    return _failed(_("The payment provider does not answer. Nothing was charged; please try again."))


def _keep_url(payment_id: int, started: Started) -> PaymentStep:
    with transaction() as tx:
        values = {"url": started.url}
        if started.reference:
            values["reference"] = started.reference
        tx.execute(sa.update(Payment).where(Payment.id == payment_id).values(**values))
    return PaymentStep("go", started.url)


# --- coming back and trying again -------------------------------------------------------------------------


def return_from_gateway(public_token: str) -> PaymentStep:
    """The shopper comes back: ask the gateway if nobody told us yet. Raises NotFound for an unknown link."""
    row = db.session.execute(
        sa.select(Order.id, Payment.id.label("payment_id"), Payment.state)
        .join(Payment, sa.and_(Payment.order_id == Order.id, Payment.owner == 1))
        .where(Order.public_token == public_token)
    ).first()
    if row is None:
        raise NotFound
    if row.state in rules.UNSETTLED:
        look_and_apply(row.payment_id)
    return step_of(row.id)


def step_of(order_id: int) -> PaymentStep:
    """Where the shopper of an order stands, from the database alone."""
    query = sa.select(Order.status, Payment.state, Payment.gateway, Payment.message)
    joined = query.join(Payment, sa.and_(Payment.order_id == Order.id, Payment.owner == 1))
    row = db.session.execute(joined.where(Order.id == order_id)).one()
    if row.status == order_rules.CANCELLED:
        return _failed(OrderOver(cancelled=True).message)
    if row.state in rules.SECURED or row.status != order_rules.PENDING:
        return PaymentStep("done")
    return _waiting() if row.state in rules.UNSETTLED else _failed(row.message)


def retry_payment(order_id: int, gateway_key: str, *, return_url: str = "") -> PaymentStep:
    """Try again, perhaps another way. A try that may still be paid is let go first, or nothing happens.

    Raises NoSuchGateway, OrderOver, PaymentUnderWay.
    """
    terms = read_terms()
    gateway = _offered(order_id, gateway_key)
    _let_go(order_id)
    expires = gateway.expires_after() if gateway.settles_later else CARD_EXPIRES
    with transaction() as tx:
        order = lock_order(tx, order_id)
        before = owner_payment(tx, order)
        if order.status != order_rules.PENDING:
            raise OrderOver(cancelled=order.status == order_rules.CANCELLED)
        if before.state not in rules.DEAD | {rules.CREATED}:
            raise PaymentUnderWay
        if before.state == rules.CREATED:
            before.state = rules.CANCELLED
        before.owner, before.next_check_at = None, None
        tx.flush()
        order.expires_at = terms.now + expires if expires else None
        payment = new_payment(tx, order, gateway, str(gateway.label), before.attempt + 1, terms)
        if gateway.settles_later:
            confirm(tx, order, payment, terms)
    return start_payment(order_id, return_url=return_url)


def _offered(order_id: int, key: str) -> Gateway:
    order = db.session.execute(sa.select(Order).where(Order.id == order_id)).scalar_one_or_none()
    if order is None:
        raise NotFound
    gateway = gateway_of(key)
    if not gateway.available(facts_of_order(order)):
        raise NoSuchGateway
    return gateway


def _let_go(order_id: int) -> None:
    """Ask the gateway to let an open try go, so that nobody pays twice."""
    query = sa.select(Payment.id, Payment.state).where(Payment.order_id == order_id, Payment.owner == 1)
    row = db.session.execute(query).one()
    if row.state in rules.UNSETTLED:
        void_and_apply(row.id)


def new_payment(
    tx: Tx, order: Order, gateway: Gateway | None, label: str, attempt: int, terms: Terms
) -> Payment:
    """The try that the order stands by from now on; without a gateway there is nothing to pay."""
    state = rules.CAPTURED
    if gateway is not None:
        state = rules.PENDING if gateway.settles_later else rules.CREATED
    payment = Payment(order_id=order.id, attempt=attempt, owner=1, state=state, label=label[:120])
    payment.gateway = gateway.key if gateway else "none"
    payment.amount_minor, payment.currency = order.total_minor, order.currency
    payment.idempotency_key = secrets.token_urlsafe(24)
    payment.created_at = payment.updated_at = terms.now
    order.payment_state = state
    tx.add(payment)
    tx.flush()
    return payment


def _waiting() -> PaymentStep:
    return PaymentStep("waiting", message=PaymentUnderWay().message)


def _failed(message: str) -> PaymentStep:
    words = message or _("The payment did not go through. Nothing was charged; you can try again.")
    return PaymentStep("failed", message=words)


__all__ = ["new_payment", "receive", "retry_payment", "return_from_gateway", "start_payment", "step_of"]
