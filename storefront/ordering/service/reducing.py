"""Fewer pieces than were ordered, before they are sent: they go back on the shelf, and so does their price.

Of a paid order the price of the pieces is given back, and the order stays as it was invoiced. One whose money
is still to come by hand simply costs less: its lines, sums and payment are those of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storefront.core.database import Tx, transaction
from storefront.inventory import service as inventory
from storefront.ordering.errors import CannotTakeOut, NothingChosen
from storefront.ordering.models import Order, OrderLine, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments, reducing
from storefront.ordering.rules.reducing import LineSums
from storefront.ordering.service.confirming import complete_if_over
from storefront.ordering.service.locking import check_seen, lines_of, lock_order, owner_payment, state_of
from storefront.ordering.service.mails import send_order_mail, settles_later
from storefront.ordering.service.refunding import reserve_refund, run_refund
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note

Pieces = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Out:
    """Pieces of one line that are taken out, and what they cost."""

    line: OrderLine
    pieces: int
    value_minor: int


def take_out(
    order_id: int, lines: Pieces, *, key: str, reason: str = "", seen: str = "", who: str = "shop"
) -> int:
    """Take pieces, (order line, pieces), out of an order before they are sent; returns what they cost.

    The buyer is told by mail, and gets the money of a paid order back; `key` names that refund. Raises
    CannotTakeOut for more than wait to be sent, for everything at once, and while a payment is being
    confirmed; ChangedMeanwhile when the order is not as `seen`.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        check_seen(tx, order, seen)
        payment = owner_payment(tx, order)
        out = _chosen(order, payment, lines_of(tx, order), list(lines))
        value = sum(one.value_minor for one in out)
        refund_id = None
        if payment.state in payments.PAID:
            refund_id = _give_back(tx, payment, out, terms, key=key, reason=reason, who=who)
        else:
            _cost_less(tx, order, payment, out)
        _put_back(tx, order, out)
        _told(tx, order, out, value, terms, who=who, key=key, paid=payment.state in payments.PAID)
    if refund_id is not None:
        run_refund(refund_id)
    return value


def _chosen(
    order: Order, payment: Payment, lines: list[OrderLine], wanted: list[tuple[int, int]]
) -> list[_Out]:
    state = state_of(order, lines)
    later = payment.state == payments.PENDING and settles_later(payment.gateway)
    if not rules.can_take_out(state, by_hand=later):
        raise CannotTakeOut
    if not wanted:
        raise NothingChosen
    left = {line.line_id: rules.left_to_send(line) for line in state.lines}
    taken: dict[int, int] = {}
    for line_id, pieces in wanted:
        if not 0 < pieces <= left.get(line_id, 0):
            raise CannotTakeOut(left.get(line_id, 0))
        left[line_id] -= pieces
        taken[line_id] = taken.get(line_id, 0) + pieces
    if not any(left.values()) and order.fulfilment_state == rules.UNFULFILLED:
        raise CannotTakeOut(everything=True)
    known = {line.id: line for line in lines}
    return [_Out(known[at], pieces, _value(known[at], pieces, order, later)) for at, pieces in taken.items()]


def _value(line: OrderLine, pieces: int, order: Order, later: bool) -> int:
    if later:
        return line.total_minor - _less(line, pieces, order).total_minor
    return reducing.share(line.total_minor, line.quantity, line.refunded_quantity, pieces)


def _less(line: OrderLine, pieces: int, order: Order) -> LineSums:
    sums = LineSums(
        line.quantity, line.unit_price_minor, line.discount_minor, line.tax_minor, line.total_minor
    )
    return reducing.fewer(sums, pieces, tax_included=order.tax_included)


def _give_back(
    tx: Tx, payment: Payment, out: list[_Out], terms: Terms, *, key: str, reason: str, who: str
) -> int | None:
    """Count the pieces as taken out and paid back; the refund to run, unless they cost nothing."""
    for one in out:
        one.line.cancelled_quantity += one.pieces
        one.line.returned_quantity += one.pieces
        one.line.refunded_quantity += one.pieces
    value = sum(one.value_minor for one in out)
    if not value:
        return None
    refund = reserve_refund(tx, payment, value, key, terms)
    refund.reason, refund.who = reason[:255], who[:60]
    refund.lines = [[one.line.id, one.pieces] for one in out]
    return refund.id


def _cost_less(tx: Tx, order: Order, payment: Payment, out: list[_Out]) -> None:
    """The order is one of fewer pieces: its lines, sums, taxes and what is to be paid."""
    pricing = dict(order.pricing or {})
    for one in out:
        line, less = one.line, _less(one.line, one.pieces, order)
        total, tax = line.total_minor - less.total_minor, line.tax_minor - less.tax_minor
        off = line.discount_minor - less.discount_minor
        pricing["taxes"] = reducing.lighter_taxes(
            pricing.get("taxes", []), line.tax_rate_bp, total - tax, tax
        )
        pricing["discounts"] = reducing.smaller_discounts(pricing.get("discounts", []), off)
        order.lines_minor -= total
        order.total_minor -= total
        order.tax_minor -= tax
        order.discount_minor -= off
        _write(tx, line, less)
    order.pricing = pricing
    payment.amount_minor = order.total_minor
    tx.flush()


def _write(tx: Tx, line: OrderLine, less: LineSums) -> None:
    line.quantity, line.total_minor, line.tax_minor = less.quantity, less.total_minor, less.tax_minor
    line.discount_minor = less.discount_minor
    if not less.quantity:
        tx.delete(line)


def _put_back(tx: Tx, order: Order, out: list[_Out]) -> None:
    tx.flush()
    shelf = [(one.line.variant_id, one.pieces) for one in out if one.line.variant_id is not None]
    if shelf:
        inventory.put_back(tx, shelf, reference=order.number)


def _told(
    tx: Tx, order: Order, out: list[_Out], value: int, terms: Terms, *, who: str, key: str, paid: bool
) -> None:
    left = state_of(order, lines_of(tx, order)).lines
    order.fulfilment_state = rules.fulfilment(left)
    complete_if_over(order, terms)
    tx.flush()
    pieces = [[one.line.title or one.line.sku, one.pieces] for one in out]
    note(tx, order.id, "taken_out", who, pieces=pieces, amount_minor=value)
    send_order_mail(tx, order, "order_changed", terms, key=key, pieces=pieces, amount_minor=value, paid=paid)


__all__ = ["take_out"]
