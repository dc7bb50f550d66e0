"""Asking a gateway how a payment stands, and believing what it says: never more than that."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from storefront.core.database import db, transaction
from storefront.ordering.errors import GatewayDown
from storefront.ordering.models import Order, Payment
from storefront.ordering.rules import payments as rules
from storefront.ordering.rules.payments import Attempt, Gateway, GatewayEvent, Looked
from storefront.ordering.service.applying import receive
from storefront.ordering.service.gateways import ask, gateway_of
from storefront.ordering.service.terms import read_terms
from storefront.ordering.service.timeline import call_attention

# A request may still be on its way: until then "I do not know it" is no answer.
MISSING_AFTER = timedelta(minutes=10)
SILENT_FOR = timedelta(hours=24)


def attempt_of(order: Order, payment: Payment) -> Attempt:
    """What a gateway is told about one try."""
    return Attempt(
        key=payment.idempotency_key,
        order_number=order.number,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        locale=order.locale or "en",
        return_url=payment.return_url,
        email=order.email or "",
        country=order.country,
        reference=payment.reference,
    )


def load_try(payment_id: int) -> tuple[Attempt, Payment]:
    """A payment as it stands, with what its gateway is told about it."""
    query = sa.select(Order, Payment).join(Payment, Payment.order_id == Order.id)
    row = db.session.execute(query.where(Payment.id == payment_id)).one()
    return attempt_of(row.Order, row.Payment), row.Payment


def look_and_apply(payment_id: int) -> str | None:
    """Ask the gateway how a payment stands, and apply it. None when it does not answer."""
    attempt, payment = load_try(payment_id)
    gateway = gateway_of(payment.gateway)
    try:
        looked = ask(gateway.look_up, attempt)
    except GatewayDown:
        _note_silence(payment_id)
        return None
    return believe(gateway, attempt, looked, payment.started_at or payment.created_at)


def void_and_apply(payment_id: int) -> str | None:
    """Ask the gateway to let a payment go, and apply what it says it is now. None when it does not answer."""
    attempt, payment = load_try(payment_id)
    gateway = gateway_of(payment.gateway)
    try:
        looked = ask(gateway.cancel, attempt)
    except GatewayDown:
        _note_silence(payment_id)
        return None
    return believe(gateway, attempt, looked, payment.started_at or payment.created_at)


def believe(gateway: Gateway, attempt: Attempt, looked: Looked, since: datetime) -> str | None:
    """Apply a gateway's answer as an event; the same answer twice is one event."""
    kind = looked.state
    if kind == "missing":
        kind = "failed" if read_terms().now - since > MISSING_AFTER else "pending"
    if kind in {"pending", "unknown"}:
        return kind
    event = GatewayEvent(
        gateway=gateway.key,
        event_id=f"answer:{attempt.key}:{kind}:{looked.amount_minor}:{looked.currency}",
        kind=kind,
        key=attempt.key,
        reference=looked.reference,
        amount_minor=looked.amount_minor,
        currency=looked.currency,
        message=looked.message,
    )
    receive(event)
    return kind


def _note_silence(payment_id: int) -> None:
    """A gateway that says nothing makes a started payment unknown; after a day somebody has to look."""
    terms = read_terms()
    with transaction() as tx:
        waiting = sa.and_(Payment.id == payment_id, Payment.state == rules.PENDING)
        payment = tx.execute(sa.select(Payment).where(Payment.id == payment_id)).scalar_one()
        changed = tx.execute(
            sa.update(Payment).where(waiting).values(state=rules.UNKNOWN, updated_at=terms.now)
        )
        if changed.rowcount:
            mine = sa.and_(Order.id == payment.order_id, Order.payment_state == rules.PENDING)
            tx.execute(sa.update(Order).where(mine).values(payment_state=rules.UNKNOWN))
        since = payment.started_at or payment.created_at
        if payment.state in rules.UNSETTLED and terms.now - since > SILENT_FOR:
            key = f"payment:{payment_id}:silent"
            call_attention(tx, "no_answer", key, order_id=payment.order_id, payment_id=payment_id)
