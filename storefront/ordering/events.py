"""What happened to orders. All carry ids only; who needs more asks `ordering.service`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OrderPlaced:
    """Somebody pressed the button: stock and claims are taken. Not sent for imported histories."""

    order_id: int
    customer_id: int | None


@dataclass(frozen=True)
class OrderConfirmed:
    """The order counts: it is paid, or will be on delivery or by transfer. Sent once per order."""

    order_id: int
    customer_id: int | None


@dataclass(frozen=True)
class OrderPaid:
    """All of the order's money is here. Sent once per order."""

    order_id: int
    customer_id: int | None


@dataclass(frozen=True)
class OrderCancelled:
    """The order is over; pieces and claims went back. `reason` is customer, owner, expired or unpaid."""

    order_id: int
    customer_id: int | None
    reason: str


@dataclass(frozen=True)
class OrderShipped:
    """A parcel with some or all of the order is on its way."""

    order_id: int
    shipment_id: int


@dataclass(frozen=True)
class OrderRefunded:
    """Money went back. Not sent while a refund is only asked for."""

    order_id: int
    refund_id: int
    amount_minor: int


@dataclass(frozen=True)
class OrderReturned:
    """Goods of the order came back."""

    order_id: int
    return_id: int


@dataclass(frozen=True)
class AttentionNeeded:
    """Somebody has to look at a payment: it contradicts itself, or its order."""

    attention_id: int
    order_id: int | None
