"""Refunds as they turn out: told by the gateway, answered to us, or written down by the owner."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.core.events import publish
from storefront.ordering.events import OrderRefunded
from storefront.ordering.models import Order, OrderLine, Payment, Refund
from storefront.ordering.rules import payments as rules
from storefront.ordering.rules.payments import RefundAnswer
from storefront.ordering.service.mails import send_order_mail
from storefront.ordering.service.outcomes import APPLIED, IGNORED, PARKED, Outcome
from storefront.ordering.service.owning import end_ownership
from storefront.ordering.service.terms import Terms
from storefront.ordering.service.timeline import call_attention, note

if TYPE_CHECKING:
    from storefront.ordering.service.applying import Case

OPEN = frozenset({"created", "pending", "unknown"})
SUCCEEDED, FAILED = "succeeded", "failed"


def new_public_id() -> str:
    """The unguessable name of a refund, a return, a payment."""
    return secrets.token_urlsafe(12)


def apply_refund(case: Case) -> Outcome:
    """A gateway says that money went back: of one of our refunds, or given back at the gateway itself."""
    event = case.event
    refund = find_refund(case.tx, case.payment, event.refund_key) if event.refund_key else None
    if refund is None:
        return _given_back_elsewhere(case)
    if event.amount_minor not in {None, refund.amount_minor}:
        return case.attention("amount_differs", expected_minor=refund.amount_minor)
    if refund.state == SUCCEEDED:
        return Outcome(IGNORED, "known")
    if refund.state == FAILED:
        # Money that moved wins; whether it still fits is asked anew.
        if not reserve(case.tx, case.payment, refund.amount_minor):
            return case.attention("refund_too_large")
        case.attention("refund_after_failure")
    settle(case.tx, case.order, case.payment, refund, RefundAnswer(SUCCEEDED, event.reference), case.terms)
    return Outcome(APPLIED, "")


def _given_back_elsewhere(case: Case) -> Outcome:
    payment, amount = case.payment, case.event.amount_minor or 0
    if payment.state not in rules.PAID:
        if payment.state in rules.DEAD:
            return case.attention("contradiction", state=payment.state)
        return Outcome(PARKED, "too_early")
    if amount <= 0 or not reserve(case.tx, payment, amount):
        return case.attention("refund_too_large")
    key = f"at:{case.event.gateway}:{case.event.event_id}"[:80]
    refund = Refund(payment_id=payment.id, public_id=new_public_id(), amount_minor=amount, state="created")
    refund.idempotency_key, refund.created_at, refund.who = key, case.terms.now, "gateway"
    case.tx.add(refund)
    case.tx.flush()
    settle(case.tx, case.order, payment, refund, RefundAnswer(SUCCEEDED, case.event.reference), case.terms)
    return Outcome(APPLIED, "")


def reserve(tx: Tx, payment: Payment, amount_minor: int) -> bool:
    """Set so much of a payment aside to go back; False when less is left. One conditional update."""
    table = Payment.__table__
    left = table.c.captured_minor - table.c.refunded_minor - table.c.refunding_minor
    tx.flush()
    taken = tx.execute(
        sa.update(table)
        .where(table.c.id == payment.id, left >= amount_minor)
        .values(refunding_minor=table.c.refunding_minor + amount_minor)
    )
    tx.refresh(payment)
    return taken.rowcount == 1


def settle(
    tx: Tx, order: Order, payment: Payment, refund: Refund, answer: RefundAnswer, terms: Terms
) -> None:
    """Write down how a refund stands; one that is over stays as it is. All rows are locked by the order's."""
    if refund.state not in OPEN and answer.state != SUCCEEDED:
        return
    refund.reference = answer.reference or refund.reference
    if answer.state == SUCCEEDED:
        _succeeded(tx, order, payment, refund, terms)
    elif answer.state == FAILED:
        _failed(tx, order, payment, refund, terms, answer.message)
    else:
        refund.state = "pending" if answer.state == "pending" else "unknown"
        refund.next_check_at = rules.next_check(refund.checks, terms.now)
    tx.flush()


def _succeeded(tx: Tx, order: Order, payment: Payment, refund: Refund, terms: Terms) -> None:
    refund.state, refund.settled_at, refund.next_check_at = SUCCEEDED, terms.now, None
    payment.refunding_minor -= refund.amount_minor
    payment.refunded_minor += refund.amount_minor
    payment.state = rules.after_refund(payment.captured_minor, payment.refunded_minor)
    payment.updated_at = terms.now
    if payment.owner:
        order.payment_state = payment.state
    tx.flush()
    end_ownership(tx, _lines_given_back(tx, order, payment), terms.now)
    note(tx, order.id, "refunded", refund.who or "shop", amount_minor=refund.amount_minor)
    publish(
        tx,
        OrderRefunded(order_id=order.id, refund_id=refund.id, amount_minor=refund.amount_minor),
        dedupe_key=f"refund:{refund.id}",
    )
    send_order_mail(
        tx, order, "order_refunded", terms, key=refund.public_id, amount_minor=refund.amount_minor
    )


def _lines_given_back(tx: Tx, order: Order, payment: Payment) -> list[int]:
    """Lines whose price went back: all of them after the whole sum, else those refunded by the piece."""
    query = sa.select(OrderLine.id).where(OrderLine.order_id == order.id)
    if payment.state != rules.REFUNDED:
        query = query.where(OrderLine.refunded_quantity >= OrderLine.quantity)
    return list(tx.execute(query).scalars())


def _failed(tx: Tx, order: Order, payment: Payment, refund: Refund, terms: Terms, message: str) -> None:
    refund.state, refund.settled_at, refund.next_check_at = FAILED, terms.now, None
    payment.refunding_minor -= refund.amount_minor
    for line_id, pieces in refund.lines or []:
        back = OrderLine.refunded_quantity - pieces
        tx.execute(sa.update(OrderLine).where(OrderLine.id == line_id).values(refunded_quantity=back))
    note(tx, order.id, "refund_failed", "gateway", amount_minor=refund.amount_minor)
    key = f"refund:{refund.id}:failed"
    call_attention(
        tx, "refund_failed", key, order_id=order.id, payment_id=payment.id, amount_minor=refund.amount_minor
    )


def find_refund(tx: Tx, payment: Payment, key: str) -> Refund | None:
    """One of our refunds of this payment, by its key."""
    query = sa.select(Refund).where(Refund.payment_id == payment.id, Refund.idempotency_key == key)
    return tx.execute(query).scalar_one_or_none()
