"""Parcels that arrived: the shop knows it from whoever carried them, or their buyer says so."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core.database import Tx, transaction
from storefront.ordering.errors import NothingOnItsWay
from storefront.ordering.models import Order, Shipment
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.rules.returning import last_day
from storefront.ordering.service.locking import lock_order
from storefront.ordering.service.mails import send_order_mail
from storefront.ordering.service.terms import Terms, read_terms
from storefront.ordering.service.timeline import note

BUYER = "customer"


def mark_delivered(order_id: int, *, who: str = "shop") -> int:
    """Everything of the order that was sent has arrived; returns how many parcels that were on their way.

    The buyer is told by mail unless they said it themselves or collected it; again does nothing. Raises
    NothingOnItsWay when nothing was sent, or the order is over.
    """
    terms = read_terms()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        parcels = _parcels(tx, order)
        arrived = [parcel for parcel in parcels if parcel.delivered_at is None]
        if not arrived:
            return 0
        for parcel in arrived:
            parcel.delivered_at = terms.now
        tx.flush()
        note(tx, order.id, "delivered", who, parcels=len(arrived))
        if who != BUYER and _kind(order) == "delivery":
            _tell(tx, order, arrived[-1], terms)
    return len(arrived)


def _parcels(tx: Tx, order: Order) -> list[Shipment]:
    query = sa.select(Shipment).where(Shipment.order_id == order.id).order_by(Shipment.id)
    parcels = list(tx.execute(query).scalars())
    over = order.status == rules.CANCELLED or order.payment_state == payments.REFUNDED
    if not parcels or over or _kind(order) == "none":
        raise NothingOnItsWay
    return parcels


def _kind(order: Order) -> str:
    return str((order.pricing or {}).get("shipping_kind", "delivery"))


def _tell(tx: Tx, order: Order, parcel: Shipment, terms: Terms) -> None:
    """Once for each parcel that is the last to arrive at a time."""
    today = terms.now.date()
    until = last_day(parcel.shipped_at.date(), order.delivery_latest, terms.returns_days, today)
    send_order_mail(tx, order, "order_delivered", terms, key=f"d{parcel.id}", until=until.isoformat())
