"""Giving money back: reserved under the order's lock, asked for outside, settled by what the gateway says.

A refund whose outcome nobody knows stays reserved until the gateway says; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound
from storefront.inventory import service as inventory
from storefront.ordering.errors import CannotReturn, GatewayDown, KeyUsed, RefundTooLarge
from storefront.ordering.models import Order, OrderLine, Payment, Refund
from storefront.ordering.rules import orders as order_rules
from storefront.ordering.rules import payments as rules
from storefront.ordering.rules.payments import RefundAnswer, RefundAttempt
from storefront.ordering.service.confirming import complete_if_over
from storefront.ordering.service.gateways import ask, gateway_of
from storefront.ordering.service.locking import lines_of, lock_order, lock_payment, state_of
from storefront.ordering.service.looking import attempt_of
from storefront.ordering.service.reading import OrderView
from storefront.ordering.service.refund_events import (
    FAILED,
    OPEN,
    SUCCEEDED,
    new_public_id,
    reserve,
    settle,
)
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note

Pieces = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund as it stands."""

    refund_id: int
    public_id: str
    amount_minor: int
    state: str


def refund_order(
    order_id: int,
    amount_minor: int,
    *,
    key: str,
    reason: str = "",
    lines: Pieces = (),
    restock: bool = False,
    who: str = "shop",
) -> RefundFacts:
    """Give `amount_minor` of a paid order back, once per `key`; `lines` are (order line, pieces) it is for.

    `restock` puts those pieces back on the shelf. Raises RefundTooLarge, CannotReturn, KeyUsed for a key that
    came with another amount. The gateway's answer may be unknown: then the reconciler asks on.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        payment = _paid_payment(tx, order)
        refund, again = _begin(tx, payment, amount_minor, key, terms)
        if not again:
            refund.reason, refund.who, refund.lines = reason[:255], who[:60], [list(pair) for pair in lines]
            _count_lines(tx, order, refund, terms, restock=restock)
            tx.flush()
            note(tx, order.id, "refund_asked", who, amount_minor=amount_minor, reason=reason[:255])
        refund_id = refund.id
    if not again:
        run_refund(refund_id)
    return get_refund(refund_id)


def _paid_payment(tx: Tx, order: Order) -> Payment:
    """The payment that money can go back from: the one the order stands by. Raises RefundTooLarge."""
    query = sa.select(Payment).where(Payment.order_id == order.id, Payment.owner == 1).with_for_update()
    payment = tx.execute(query).scalar_one()
    if payment.state not in rules.PAID:
        raise RefundTooLarge(0)
    return payment


def _begin(tx: Tx, payment: Payment, amount_minor: int, key: str, terms: Terms) -> tuple[Refund, bool]:
    """(the refund of this key, whether it was there before)."""
    known = tx.execute(sa.select(Refund).where(Refund.idempotency_key == key)).scalar_one_or_none()
    if known is not None:
        if (known.payment_id, known.amount_minor) != (payment.id, amount_minor):
            raise KeyUsed
        return known, True
    return reserve_refund(tx, payment, amount_minor, key, terms), False


def reserve_refund(tx: Tx, payment: Payment, amount_minor: int, key: str, terms: Terms) -> Refund:
    """A new refund, its money set aside; the caller runs it after the commit. Raises RefundTooLarge."""
    if amount_minor <= 0 or not reserve(tx, payment, amount_minor):
        raise RefundTooLarge(payment.captured_minor - payment.refunded_minor - payment.refunding_minor)
    refund = Refund(payment_id=payment.id, public_id=new_public_id(), amount_minor=amount_minor)
    refund.state, refund.idempotency_key, refund.created_at = "created", key[:80], terms.now
    refund.next_check_at = rules.next_check(0, terms.now)  # should this process die before it asks
    tx.add(refund)
    tx.flush()
    return refund


def _count_lines(tx: Tx, order: Order, refund: Refund, terms: Terms, *, restock: bool) -> None:
    """Count refunded pieces on their lines, and put them back when they lie here."""
    known = {line.id: line for line in lines_of(tx, order)}
    shelf: list[tuple[int, int]] = []
    for line_id, pieces in refund.lines or []:
        line = _count_one(known.get(line_id), pieces, returned=restock)
        if restock and line.variant_id is not None:
            shelf.append((line.variant_id, pieces))
    if shelf:
        inventory.put_back(tx, shelf, reference=order.number)
    order.fulfilment_state = order_rules.fulfilment(state_of(order, list(known.values())).lines)
    complete_if_over(order, terms)


def _count_one(line: OrderLine | None, pieces: int, *, returned: bool) -> OrderLine:
    if line is None or pieces <= 0 or line.refunded_quantity + pieces > line.quantity:
        raise CannotReturn
    if returned:
        if line.returned_quantity + pieces > line.quantity:
            raise CannotReturn
        # What nobody has sent yet cannot come back: it stays here, and is not sent any more.
        out = line.fulfilled_quantity - line.returned_quantity + line.cancelled_quantity
        line.cancelled_quantity += max(0, pieces - out)
        line.returned_quantity += pieces
    line.refunded_quantity += pieces
    return line


# --- asking the gateway -----------------------------------------------------------------------------------


def run_refund(refund_id: int, *, look: bool = False) -> None:
    """Ask the gateway to give the money back (or, with `look`, whether it did), and settle by its answer.

    Asking again is safe: the key is the same. An answer that does not come leaves the refund unknown.
    """
    facts = db.session.execute(
        sa.select(Refund, Payment, Order)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(Refund.id == refund_id)
    ).one()
    if facts.Refund.state not in OPEN:
        return
    gateway = gateway_of(facts.Payment.gateway)
    asked = RefundAttempt(
        key=facts.Refund.idempotency_key,
        payment=attempt_of(facts.Order, facts.Payment),
        amount_minor=facts.Refund.amount_minor,
        currency=facts.Payment.currency,
        reason=facts.Refund.reason,
    )
    try:
        answer = ask(gateway.look_up_refund if look else gateway.refund, asked)
        if answer.state == "missing":
            answer = ask(gateway.refund, asked)
    except GatewayDown:
        answer = RefundAnswer("unknown")
    settle_refund(refund_id, answer)


def settle_refund(refund_id: int, answer: RefundAnswer) -> None:
    """Write down what a gateway (or the owner) says of a refund."""
    terms = read_terms()
    with transaction() as tx:
        payment_id = tx.execute(sa.select(Refund.payment_id).where(Refund.id == refund_id)).scalar()
        if payment_id is None:
            raise NotFound
        order, payment = lock_payment(tx, payment_id)
        refund = tx.execute(sa.select(Refund).where(Refund.id == refund_id).with_for_update()).scalar_one()
        if refund.state in OPEN:
            settle(tx, order, payment, refund, answer, terms)


def mark_refunded(public_id: str, who: str) -> None:
    """The owner gave the money back by hand (transfer, cash). Raises NotFound."""
    row = db.session.execute(
        sa.select(Refund.id, Payment.gateway)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.public_id == public_id)
    ).first()
    if row is None or not gateway_of(row.gateway).by_hand:
        raise NotFound
    with transaction() as tx:
        tx.execute(sa.update(Refund).where(Refund.id == row.id).values(who=who[:60]))
    settle_refund(row.id, RefundAnswer(SUCCEEDED))


def get_refund(refund_id: int) -> RefundFacts:
    """A refund as it stands now."""
    columns = (Refund.id, Refund.public_id, Refund.amount_minor, Refund.state)
    return RefundFacts(*db.session.execute(sa.select(*columns).where(Refund.id == refund_id)).one())


def refund_value(order: OrderView, lines: Pieces) -> int:
    """What these pieces cost, (order line, pieces): shares of their lines, so that all of them are the whole.

    Raises CannotReturn for more pieces than were not refunded yet.
    """
    known = {line.id: line for line in order.lines}
    value = 0
    for line_id, pieces in lines:
        line = known.get(line_id)
        if line is None or pieces <= 0 or line.refunded + pieces > line.quantity:
            raise CannotReturn
        after, before = line.refunded + pieces, line.refunded
        value += line.total_minor * after // line.quantity - line.total_minor * before // line.quantity
    return value


def refundable(order_id: int) -> int:
    """How much of an order may still go back, in minor units."""
    left = Payment.captured_minor - Payment.refunded_minor - Payment.refunding_minor
    query = sa.select(left).where(Payment.order_id == order_id, Payment.owner == 1)
    return db.session.execute(query).scalar() or 0


__all__ = [
    "FAILED",
    "RefundFacts",
    "get_refund",
    "mark_refunded",
    "refund_order",
    "refund_value",
    "refundable",
    "reserve_refund",
    "run_refund",
    "settle_refund",
]
