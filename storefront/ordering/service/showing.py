"""The page of an order, ready to be printed: pictures, words, sums, and what its buyer may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.store import store_value
from storefront.customers import service as customers
from storefront.customers.rules.addresses import Address
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.rules import returning as return_rules
from storefront.ordering.service.bills import OrderBill, bill_of_order
from storefront.ordering.service.mails import settles_later
from storefront.ordering.service.reading import LineView, OrderView, ShipmentView
from storefront.ordering.service.words import (
    BY_TRANSFER,
    NO_PARCEL,
    Happened,
    Standing,
    days_between,
    label_of,
    standing,
    story,
    tag_of_words,
)

REQUESTED = "requested"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with the thing as it stands in the shop today (`card`), if it still does."""

    line: LineView
    card: Any
    returnable: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment in words: what is in it, and where to follow it."""

    shipment: ShipmentView
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything that the page of an order shows its buyer."""

    order: OrderView
    standing: Standing
    lines: tuple[ShownLine, ...]
    bill: OrderBill
    story: tuple[Happened, ...]
    parcels: tuple[Parcel, ...]
    arrives: str
    shipping_lines: tuple[str, ...]
    billing_lines: tuple[str, ...]
    bank: Mapping[str, str] | None
    can_pay: bool
    can_cancel: bool
    can_reorder: bool
    can_return: bool
    can_confirm: bool
    returns_until: date | None
    steps: tuple[tuple[str, str], ...]
    lang: str | None
    paid_with: str


def order_page(order: OrderView) -> OrderPage:
    """The page of an order. One query more than the order itself, for pictures."""
    today = clock.now().date()
    cards = catalog.load_variants(line.variant_id for line in order.lines if line.variant_id)
    back = returnable_now(order)
    lines = tuple(
        ShownLine(line, cards.get(line.variant_id or 0), back.get(line.id, 0)) for line in order.lines
    )
    return OrderPage(
        order=order,
        standing=standing(order, today),
        lines=lines,
        bill=bill_of_order(order),
        story=tuple(story(order)),
        parcels=tuple(_parcel(shipment, order) for shipment in order.shipments),
        arrives=_arrives(order),
        shipping_lines=lines_of_address(order.shipping_address),
        billing_lines=lines_of_address(order.billing_address or order.shipping_address),
        bank=bank_of(order),
        can_pay=can_pay(order),
        can_cancel=can_cancel(order),
        can_reorder=any(one.card is not None and one.card.on_show for one in lines),
        can_return=bool(back),
        can_confirm=bool(on_their_way(order)),
        returns_until=returns_until(order) if back else None,
        steps=_steps(order),
        lang=tag_of_words(order.locale),
        paid_with=label_of(order),
    )


def lines_of_address(values: Mapping[str, Any] | None) -> tuple[str, ...]:
    """An address as it is written there, or nothing."""
    return tuple(customers.address_lines(Address.from_json(values))) if values else ()


def _parcel(shipment: ShipmentView, order: OrderView) -> Parcel:
    titles = {line.id: line.title or line.sku for line in order.lines}
    return Parcel(shipment, tuple((titles.get(line_id, ""), pieces) for line_id, pieces in shipment.lines))


def _arrives(order: OrderView) -> str:
    over = order.status == rules.CANCELLED or order.payment_state == payments.REFUNDED
    return "" if over or order.arrived_at else days_between(order.delivery_earliest, order.delivery_latest)


def bank_of(order: OrderView) -> Mapping[str, str] | None:
    """Where to send the money of a transfer that has not come, or None."""
    payment = order.payment
    waits = order.status == rules.CONFIRMED and order.payment_state == payments.PENDING
    if not waits or payment is None or payment.gateway != BY_TRANSFER:
        return None
    return {name: store_value(f"bank_{name}") for name in ("holder", "account", "code", "name")}


# --- what the buyer may do --------------------------------------------------------------------------------


def can_pay(order: OrderView) -> bool:
    """Not paid, and nobody waits for the answer of a bank: (going on with) paying is what helps."""
    return (
        order.origin == "shop"
        and order.status == rules.PENDING
        and order.payment_state not in payments.SECURED | {payments.UNKNOWN}
    )


def can_cancel(order: OrderView) -> bool:
    """As `cancel_order` for a customer will decide: nothing sent, and no payment on its way unknown to us."""
    if order.origin != "shop" or order.payment is None:
        return False
    later = settles_later(order.payment.gateway)
    return rules.can_cancel_oneself(order.state) or (rules.can_cancel(order.state) and later)


def on_their_way(order: OrderView) -> list[ShipmentView]:
    """Parcels that were sent and of which nobody said yet that they arrived."""
    if order.status == rules.CANCELLED or order.payment_state == payments.REFUNDED:
        return []
    return [one for one in order.shipments if one.delivered_at is None and order.shipping_kind != NO_PARCEL]


def returnable_now(order: OrderView) -> dict[int, int]:
    """Pieces by line that the buyer may ask to send back today."""
    if order.origin != "shop" or not rules.can_return(order.state):
        return {}
    gone = {line.id: line.came_back for line in order.lines}
    for asked in order.returns:
        if asked.state == REQUESTED:
            for line_id, pieces in asked.lines:
                if line_id is not None:
                    gone[line_id] = gone.get(line_id, 0) + pieces
    return return_rules.returnable(
        _parcels(order),
        gone,
        clock.now().date(),
        promised=order.delivery_latest,
        days=store_value("returns_days"),
    )


def _parcels(order: OrderView) -> list[return_rules.Parcel]:
    return [
        return_rules.Parcel(
            one.shipped_at.date(), one.lines, one.delivered_at.date() if one.delivered_at else None
        )
        for one in order.shipments
    ]


def returns_until(order: OrderView) -> date:
    """The last day on which something of this order may be sent back."""
    days = store_value("returns_days")
    return max(
        return_rules.last_day(parcel.sent, order.delivery_latest, days, parcel.arrived)
        for parcel in _parcels(order)
    )


def _steps(order: OrderView) -> tuple[tuple[str, str], ...]:
    """(step, done | now | later) for an order of the shop that is not over before its end."""
    if order.origin != "shop" or order.status == rules.CANCELLED or order.payment_state == payments.REFUNDED:
        return ()
    done = {
        "placed": True,
        "paid": order.payment_state in payments.SECURED,
        "packed": order.fulfilment_state != rules.UNFULFILLED,
        "sent": order.fulfilment_state == rules.FULFILLED,
        "arrived": order.arrived_at is not None,
    }
    if _is_paid_on_delivery(order):
        del done["paid"]
    if order.shipping_kind == NO_PARCEL:
        del done["packed"], done["arrived"]
    first_open = next((name for name in done if not done[name]), "")
    states = {True: "done", False: "later"}
    return tuple((name, "now" if name == first_open else states[done[name]]) for name in done)


def _is_paid_on_delivery(order: OrderView) -> bool:
    payment = order.payment
    return payment is not None and settles_later(payment.gateway) and payment.gateway != BY_TRANSFER
