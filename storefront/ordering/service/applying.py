"""What a gateway tells, whoever brings it: the browser, a webhook, the reconciler, the owner's hand.

All goes through `receive`: one command per event, under the lock of the order, once per (gateway, event id).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from json import dumps
from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx, db, transaction
from storefront.ordering.models import Order, Payment, PaymentEvent
from storefront.ordering.rules import orders as order_rules
from storefront.ordering.rules import payments as rules
from storefront.ordering.rules.payments import GatewayEvent
from storefront.ordering.service import refund_events
from storefront.ordering.service.confirming import confirm, note_paid
from storefront.ordering.service.locking import lock_payment, patiently
from storefront.ordering.service.outcomes import APPLIED, ATTENTION, IGNORED, PARKED, Outcome
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import call_attention, insert_of, note

_EVENT = PaymentEvent.__table__
PATIENCE = timedelta(hours=24)
PAUSE = timedelta(minutes=1)
MONEY = frozenset({"authorized", "captured"})


@dataclass(slots=True)
class Case:
    """One event on its way through: what was told, and the locked rows it is about."""

    tx: Tx
    event: GatewayEvent
    order: Order
    payment: Payment
    terms: Terms

    def attention(self, kind: str, **more: Any) -> Outcome:
        """Somebody has to look; said once, however often the same is told."""
        said = {"event": self.event.kind, "amount_minor": self.event.amount_minor, **more}
        key = f"{self.event.gateway}:{self.event.event_id}:{kind}"
        call_attention(self.tx, kind, key, order_id=self.order.id, payment_id=self.payment.id, **said)
        return Outcome(ATTENTION, kind)


def receive(event: GatewayEvent, *, also: Callable[[Tx, str], None] | None = None) -> str:
    """Take in one event; returns applied, ignored, parked or attention. Again changes nothing.

    `also` is written in the same command, with what came of it.
    """
    terms = read_terms()

    def take_in() -> str:
        with transaction() as tx:
            outcome = _receive(tx, event, terms)
            if also is not None:
                also(tx, outcome)
            return outcome

    return patiently(take_in)


def _receive(tx: Tx, event: GatewayEvent, terms: Terms) -> str:
    row_id = _write_down(tx, event, terms)
    if row_id is None:
        return _heard_before(tx, event)
    payment_id = find_payment(tx, event)
    outcome = Outcome(PARKED, "unknown_payment")
    if payment_id is not None:
        outcome = apply_known(tx, event, payment_id, terms)
    _record(tx, row_id, outcome, payment_id, terms)
    return outcome.state


def apply_known(tx: Tx, event: GatewayEvent, payment_id: int, terms: Terms) -> Outcome:
    """Apply an event to its payment, and then what was parked because it came before this one."""
    order, payment = lock_payment(tx, payment_id)
    outcome = _decide(Case(tx, event, order, payment, terms))
    progress = outcome.state == APPLIED
    while progress:
        progress = _apply_parked(tx, order, payment, terms)
    return outcome


def _apply_parked(tx: Tx, order: Order, payment: Payment, terms: Terms) -> bool:
    """Whether any of the parked events of this payment could be applied now."""
    waiting = sa.and_(_EVENT.c.payment_id == payment.id, _EVENT.c.state == PARKED)
    for row in tx.execute(sa.select(_EVENT).where(waiting).order_by(_EVENT.c.id)).all():
        outcome = _decide(Case(tx, event_of(row), order, payment, terms))
        if outcome.state != PARKED:
            _record(tx, row.id, outcome, payment.id, terms)
            return True
    return False


# --- one event --------------------------------------------------------------------------------------------


def _decide(case: Case) -> Outcome:
    wrong = _mismatch(case)
    if wrong is not None:
        return wrong
    if case.event.kind == "refunded":
        return refund_events.apply_refund(case)
    outcome, look = rules.move(case.payment.state, case.event.kind)
    if outcome == rules.IGNORE:
        return Outcome(IGNORED, "known")
    if outcome == rules.LATER:
        return Outcome(PARKED, "too_early")
    if outcome == rules.ATTENTION:
        return case.attention("contradiction", state=case.payment.state)
    if look:
        case.attention("paid_after_failure", state=case.payment.state)
    _move(case, outcome)
    _consequences(case)
    return Outcome(APPLIED, "")


def _mismatch(case: Case) -> Outcome | None:
    """Another currency, or another amount than was asked for: nothing is applied, somebody looks."""
    event, payment = case.event, case.payment
    if event.currency is not None and event.currency != payment.currency:
        return case.attention("currency_differs", currency=event.currency, expected=payment.currency)
    if event.kind in MONEY and event.amount_minor not in {None, payment.amount_minor}:
        return case.attention("amount_differs", expected_minor=payment.amount_minor)
    return None


def _move(case: Case, state: str) -> None:
    payment, event = case.payment, case.event
    before, payment.state, payment.updated_at = payment.state, state, case.terms.now
    payment.reference = event.reference or payment.reference
    payment.message = event.message[:255]
    if state == rules.AUTHORIZED:
        payment.authorized_minor = payment.amount_minor
    if state == rules.CAPTURED:
        payment.captured_minor = payment.amount_minor
    unsettled = state in rules.UNSETTLED
    payment.next_check_at = rules.next_check(payment.checks, case.terms.now) if unsettled else None
    if payment.owner:
        case.order.payment_state = state
    case.tx.flush()
    note(case.tx, case.order.id, "payment", "gateway", state=state, before=before, attempt=payment.attempt)


def _consequences(case: Case) -> None:
    """What the new state of a payment means for its order."""
    order, payment = case.order, case.payment
    if payment.state not in rules.SECURED:
        if payment.state in rules.DEAD and payment.owner and order.status == order_rules.CONFIRMED:
            case.attention("authorization_gone")
        return
    if order.status == order_rules.CANCELLED:
        case.attention("paid_after_cancel")
        return
    if not payment.owner and not _take_over(case):
        case.attention("paid_twice")
        return
    confirm(case.tx, order, payment, case.terms)
    if payment.state in rules.PAID:
        note_paid(case.tx, order, payment, case.terms)
    case.tx.flush()


def _take_over(case: Case) -> bool:
    """An earlier try turns out to be paid: the order stands by it, unless a later one may be paid too."""
    query = sa.select(Payment).where(Payment.order_id == case.order.id, Payment.owner == 1)
    owner = case.tx.execute(query.with_for_update()).scalar_one()
    if owner.state not in rules.DEAD | {rules.CREATED}:
        return False
    owner.owner = None
    case.tx.flush()
    case.payment.owner, case.order.payment_state = 1, case.payment.state
    case.tx.flush()
    return True


# --- the rows of events -----------------------------------------------------------------------------------


def _write_down(tx: Tx, event: GatewayEvent, terms: Terms) -> int | None:
    """The row of a new event, or None when it was heard before. Whoever brings the same waits here."""
    payload = {"said": event.fingerprint(), "message": event.message[:255], "data": dict(event.data)}
    values = {"gateway": event.gateway, "event_id": event.event_id[:160], "payload": payload}
    written = insert_of(tx)(_EVENT).values(**values, state=PARKED, received_at=terms.now, tries=0, reason="")
    return tx.execute(
        written.on_conflict_do_nothing(index_elements=["gateway", "event_id"]).returning(_EVENT.c.id)
    ).scalar_one_or_none()


def _heard_before(tx: Tx, event: GatewayEvent) -> str:
    same = sa.and_(_EVENT.c.gateway == event.gateway, _EVENT.c.event_id == event.event_id[:160])
    row = tx.execute(sa.select(_EVENT).where(same)).one()
    if row.payload["said"] == event.fingerprint():
        return row.state
    said = dumps(event.fingerprint(), sort_keys=True)
    key = f"{event.gateway}:{event.event_id}:{sha256(said.encode()).hexdigest()[:16]}"
    order_id = tx.execute(sa.select(Payment.order_id).where(Payment.id == row.payment_id)).scalar()
    call_attention(
        tx,
        "same_id_other_content",
        key,
        order_id=order_id,
        payment_id=row.payment_id,
        event_id=event.event_id,
    )
    return ATTENTION


def _record(tx: Tx, row_id: int, outcome: Outcome, payment_id: int | None, terms: Terms) -> None:
    parked = outcome.state == PARKED
    values = {"state": outcome.state, "reason": outcome.reason, "payment_id": payment_id}
    later = {"next_at": terms.now + PAUSE if parked else None, "tries": _EVENT.c.tries + 1}
    tx.execute(sa.update(_EVENT).where(_EVENT.c.id == row_id).values(**values, **later))


def find_payment(tx: Tx, event: GatewayEvent) -> int | None:
    """The payment that an event is about: by our own key, else by the gateway's reference."""
    query = sa.select(Payment.id).where(Payment.gateway == event.gateway)
    if event.key:
        return tx.execute(query.where(Payment.idempotency_key == event.key)).scalar()
    if event.reference:
        newest = query.where(Payment.reference == event.reference).order_by(Payment.id.desc()).limit(1)
        return tx.execute(newest).scalar()
    return None


def event_of(row: sa.Row) -> GatewayEvent:
    """The event that a row was written from."""
    payload = row.payload
    return GatewayEvent(row.gateway, row.event_id, **payload["said"], message=payload.get("message", ""))


# --- parked ones ------------------------------------------------------------------------------------------


def retry_parked(limit: int = 100) -> int:
    """Try events again that came before what they are about; returns how many found their place.

    After a day one that nobody can place goes to the list of what somebody has to look at.
    """
    terms = read_terms()
    due = sa.and_(_EVENT.c.state == PARKED, _EVENT.c.next_at <= terms.now)
    ids = db.session.execute(sa.select(_EVENT.c.id).where(due).order_by(_EVENT.c.id).limit(limit)).scalars()
    return sum(_retry(row_id, terms) for row_id in ids.all())


def _retry(row_id: int, terms: Terms) -> bool:
    with transaction() as tx:
        row = tx.execute(sa.select(_EVENT).where(_EVENT.c.id == row_id)).one()
        event = event_of(row)
        payment_id = find_payment(tx, event)
        if payment_id is not None:
            lock_payment(tx, payment_id)
        state = tx.execute(sa.select(_EVENT.c.state).where(_EVENT.c.id == row_id).with_for_update()).scalar()
        if state != PARKED:
            return False
        outcome = Outcome(PARKED, row.reason)
        if payment_id is not None:
            outcome = apply_known(tx, event, payment_id, terms)
        if outcome.state == PARKED and terms.now - row.received_at > PATIENCE:
            outcome = Outcome(ATTENTION, row.reason)
            key = f"{event.gateway}:{event.event_id}:{row.reason}"
            call_attention(tx, row.reason, key, order_id=None, payment_id=payment_id, event=event.kind)
        _record(tx, row_id, outcome, payment_id, terms)
    return outcome.state != PARKED
