"""Ending orders: by the customer, by the owner, or because nobody paid. What was taken goes back once.

The order is closed in one command; only then is the gateway asked to let the money go or give it back. Money
that comes all the same (a capture that was faster) is never lost: it goes to the list of what to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

from storefront.cart import service as cart
from storefront.core.database import Tx, transaction
from storefront.core.events import publish
from storefront.inventory import service as inventory
from storefront.ordering.errors import CannotCancel
from storefront.ordering.events import OrderCancelled
from storefront.ordering.models import Order, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.locking import lines_of, lock_order, owner_payment, state_of
from storefront.ordering.service.looking import void_and_apply
from storefront.ordering.service.mails import send_order_mail, settles_later
from storefront.ordering.service.owning import end_ownership
from storefront.ordering.service.refunding import reserve_refund, run_refund
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note
from storefront.pricing import service as pricing
from storefront.pricing.rules import Claim


@dataclass(frozen=True, slots=True)
class _Afterwards:
    """What the gateway has to be asked once the order is closed."""

    void: int | None = None
    refund: int | None = None


def cancel_order(order_id: int, *, reason: str = "owner", who: str = "shop") -> None:
    """End an order nothing of which was sent; its money goes back, or is let go. Again raises CannotCancel.

    `reason` is customer, owner, expired or unpaid. Raises CannotCancel, for a customer also while a payment
    is being confirmed.
    """
    terms = read_terms()
    with transaction() as tx:
        after = close(tx, lock_order(tx, order_id), reason, who, terms)
    if after.void is not None:
        void_and_apply(after.void)
    if after.refund is not None:
        run_refund(after.refund)


def close(tx: Tx, order: Order, reason: str, who: str, terms: Terms) -> _Afterwards:
    """The command's part: pieces, claims and (if nobody paid) cart lines go back; says what to ask then."""
    lines = lines_of(tx, order)
    may = rules.can_cancel_oneself if reason == "customer" else rules.can_cancel
    payment = owner_payment(tx, order)
    state = state_of(order, lines)
    if not may(state) and not (rules.can_cancel(state) and settles_later(payment.gateway)):
        raise CannotCancel
    was_pending = order.status == rules.PENDING
    order.status, order.cancelled_at, order.expires_at = rules.CANCELLED, terms.now, None
    order.cancel_reason = reason
    tx.flush()
    _give_back(tx, order, lines, to_cart=was_pending)
    end_ownership(tx, [line.id for line in lines], terms.now)
    after = _release_payment(tx, order, payment, terms)
    note(tx, order.id, "cancelled", who, reason=reason)
    event = OrderCancelled(order_id=order.id, customer_id=order.customer_id, reason=reason)
    publish(tx, event, dedupe_key=f"order:{order.id}:cancelled")
    if not was_pending or reason != "expired":
        send_order_mail(tx, order, "order_cancelled", terms)
    return after


def _give_back(tx: Tx, order: Order, lines: list, *, to_cart: bool) -> None:
    pieces = [(line.variant_id, line.quantity - line.returned_quantity) for line in lines if line.variant_id]
    inventory.put_back(tx, [pair for pair in pieces if pair[1] > 0], reference=order.number)
    claims = [Claim(counter, amount) for counter, amount in (order.pricing or {}).get("claims", [])]
    pricing.give_back_claims(tx, claims, order.number)
    if to_cart and order.cart_id is not None:
        cart.give_back_lines(tx, order.cart_id, pieces)


def _release_payment(tx: Tx, order: Order, payment: Payment, terms: Terms) -> _Afterwards:
    left = payment.captured_minor - payment.refunded_minor - payment.refunding_minor
    if payment.state in payments.PAID:
        if left <= 0:
            return _Afterwards()
        refund = reserve_refund(tx, payment, left, f"cancel:{payment.idempotency_key}", terms)
        refund.reason = "cancelled"
        return _Afterwards(refund=refund.id)
    if payment.state == payments.CREATED or settles_later(payment.gateway):
        payment.state, order.payment_state = payments.CANCELLED, payments.CANCELLED
        payment.next_check_at = None
        tx.flush()
        return _Afterwards()
    if payment.state in payments.DEAD:
        return _Afterwards()
    return _Afterwards(void=payment.id)
