"""Parcels, and the money that the owner takes by hand."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from storefront.core.database import Tx, db, transaction
from storefront.core.events import publish
from storefront.ordering.errors import CannotShip, NotByHand, OrderOver
from storefront.ordering.events import OrderShipped
from storefront.ordering.models import Order, OrderLine, Payment, Shipment, ShipmentLine
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules.payments import GatewayEvent
from storefront.ordering.service.applying import receive
from storefront.ordering.service.confirming import complete_if_over
from storefront.ordering.service.gateways import gateway_of
from storefront.ordering.service.locking import line_state, lines_of, lock_order, state_of
from storefront.ordering.service.mails import send_order_mail
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note

Pieces = Iterable[tuple[int, int]]
LONGEST_URL = 500


def ship(
    order_id: int,
    lines: Pieces | None = None,
    *,
    form_key: str | None = None,
    carrier: str = "",
    tracking: str = "",
    tracking_url: str = "",
    who: str = "shop",
) -> int:
    """Send pieces, (order line, pieces), or all that is left; returns the shipment. Once per `form_key`.

    Raises CannotShip. The last piece of a paid order completes it.
    """
    terms = read_terms()
    if tracking_url and not tracking_url.startswith(("https://", "http://")):
        tracking_url = ""
    with transaction() as tx:
        order = lock_order(tx, order_id)
        known = _sent_before(tx, order, form_key)
        if known is not None:
            return known
        parcel = Shipment(order_id=order.id, form_key=form_key, shipped_at=terms.now)
        parcel.carrier, parcel.tracking = carrier[:80], tracking[:120]
        parcel.tracking_url = tracking_url[:LONGEST_URL]
        sent = _take_lines(tx, order, lines)
        tx.add(parcel)
        tx.flush()
        for line_id, pieces in sent.items():
            tx.add(ShipmentLine(shipment_id=parcel.id, order_line_id=line_id, quantity=pieces))
        _told(tx, order, parcel, sent, terms, who)
    return parcel.id


def _sent_before(tx: Tx, order: Order, form_key: str | None) -> int | None:
    if form_key is None:
        return None
    same = sa.and_(Shipment.form_key == form_key, Shipment.order_id == order.id)
    return tx.execute(sa.select(Shipment.id).where(same)).scalar_one_or_none()


def _take_lines(tx: Tx, order: Order, lines: Pieces | None) -> dict[int, int]:
    """Count the pieces as sent; returns them by line."""
    known = {line.id: line for line in lines_of(tx, order)}
    if not rules.can_ship(state_of(order, list(known.values()))):
        raise CannotShip
    wanted = [(line.id, _left(line)) for line in known.values() if _left(line) > 0]
    sent: dict[int, int] = {}
    for line_id, pieces in lines if lines is not None else wanted:
        _count_sent(known.get(line_id), pieces)
        sent[line_id] = sent.get(line_id, 0) + pieces
    if not sent:
        raise CannotShip
    order.fulfilment_state = rules.fulfilment(state_of(order, list(known.values())).lines)
    return sent


def _count_sent(line: OrderLine | None, pieces: int) -> None:
    if line is None:
        raise CannotShip
    if not 0 < pieces <= _left(line):
        raise CannotShip(_left(line))
    line.fulfilled_quantity += pieces


def _left(line: OrderLine) -> int:
    return rules.left_to_send(line_state(line))


def _told(tx: Tx, order: Order, parcel: Shipment, sent: dict[int, int], terms: Terms, who: str) -> None:
    complete_if_over(order, terms)
    tx.flush()
    note(tx, order.id, "shipped", who, shipment=parcel.id, pieces=sum(sent.values()))
    publish(tx, OrderShipped(order_id=order.id, shipment_id=parcel.id), dedupe_key=f"shipment:{parcel.id}")
    parcel_facts = {
        "carrier": parcel.carrier,
        "tracking": parcel.tracking,
        "tracking_url": parcel.tracking_url,
        "lines": [[line_id, pieces] for line_id, pieces in sent.items()],
    }
    send_order_mail(tx, order, "order_shipped", terms, key=str(parcel.id), parcel=parcel_facts)


def mark_paid(order_id: int, who: str, *, amount_minor: int | None = None) -> str:
    """The owner says that the money of a transfer or a delivery is here; returns how it was taken in.

    Another amount than the order's goes to the list of what to look at. Raises NotByHand, OrderOver.
    """
    query = sa.select(Payment, Order.status).join(Order, Order.id == Payment.order_id)
    row = db.session.execute(query.where(Order.id == order_id, Payment.owner == 1)).first()
    if row is None:
        raise OrderOver(cancelled=True)
    payment = row.Payment
    if not gateway_of(payment.gateway).by_hand:
        raise NotByHand
    amount = payment.amount_minor if amount_minor is None else amount_minor
    event = GatewayEvent(
        gateway=payment.gateway,
        event_id=f"hand:{payment.idempotency_key}:{amount}",
        kind="captured",
        key=payment.idempotency_key,
        amount_minor=amount,
        currency=payment.currency,
        data={"who": who[:60]},
    )

    def noted(tx: Tx, outcome: str) -> None:
        note(tx, order_id, "marked_paid", who, amount_minor=amount, outcome=outcome)

    return receive(event, also=noted)


__all__ = ["mark_paid", "ship"]
