"""Orders as values: what is needed to place one, what may become of it, how it is numbered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from storefront.ordering.rules import payments

if TYPE_CHECKING:
    from storefront.pricing.rules import Quote, QuoteRequest

PENDING, CONFIRMED, COMPLETED, CANCELLED = "pending", "confirmed", "completed", "cancelled"
STATUSES = (PENDING, CONFIRMED, COMPLETED, CANCELLED)
UNFULFILLED, PARTIAL, FULFILLED = "unfulfilled", "partial", "fulfilled"
# Without the letters and digits that people mix up.
NUMBER_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_LENGTH = 8

MOVES: dict[str, frozenset[str]] = {
    PENDING: frozenset({CONFIRMED, CANCELLED}),
    CONFIRMED: frozenset({COMPLETED, CANCELLED}),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Everything `place_order` needs, frozen. `holder` is whose held pieces are used.

    `checkout_token` is the form's one-time token: the same token is the same order, however often it is sent.
    """

    checkout_token: str
    quote: Quote
    request: QuoteRequest
    email: str
    gateway: str
    locale: str
    shipping_address: Mapping[str, Any]
    billing_address: Mapping[str, Any] | None = None
    cart_id: int | None = None
    customer_id: int | None = None
    phone: str = ""
    holder: str | None = None
    note: str = ""
    marketing: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The order there is now; `existing` when this token had made it before."""

    order_id: int
    number: str
    public_token: str
    existing: bool
    needs_payment: bool


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """Where the shopper goes now.

    `go` to `url`; `done`: it is paid or promised; `waiting`: being confirmed, nobody pays again; `failed`:
    not paid, choose again. `message` is a sentence for the shopper, or empty.
    """

    kind: str
    url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class LineState:
    """Pieces of one order line: ordered, sent, come back, paid back; `cancelled` of `returned` never left."""

    line_id: int
    quantity: int
    fulfilled: int
    returned: int = 0
    refunded: int = 0
    cancelled: int = 0

    @property
    def came_back(self) -> int:
        """Pieces that were sent and are here again."""
        return self.returned - self.cancelled


@dataclass(frozen=True, slots=True)
class OrderState:
    """As much of an order as decides what may be done with it."""

    status: str
    payment_state: str
    fulfilment_state: str
    lines: tuple[LineState, ...] = field(default=())


def can_move(status: str, to: str) -> bool:
    """Whether an order may go from one status to another."""
    return to in MOVES.get(status, frozenset())


def can_cancel(order: OrderState) -> bool:
    """Nothing was sent and nothing is over. Money that came goes back."""
    return can_move(order.status, CANCELLED) and order.fulfilment_state == UNFULFILLED


def can_cancel_oneself(order: OrderState) -> bool:
    """Whether the customer may, without asking: as long as nobody knows of a payment under way."""
    return can_cancel(order) and order.payment_state not in payments.UNSETTLED | {payments.UNKNOWN}


def can_correct(order: OrderState) -> bool:
    """Whether it may still go elsewhere: nothing was sent and nothing is over."""
    return order.status in {PENDING, CONFIRMED} and order.fulfilment_state == UNFULFILLED


def can_take_out(order: OrderState, *, by_hand: bool) -> bool:
    """Whether pieces may be taken out: some wait to be sent, and their money is here or is still to come
    `by_hand`; not while a bank decides about all of it."""
    settled = by_hand or order.payment_state in payments.PAID
    return order.status == CONFIRMED and settled and any(left_to_send(line) for line in order.lines)


def left_to_send(line: LineState) -> int:
    """Pieces that were neither sent, nor taken out, nor paid back instead of being sent."""
    paid_back = max(0, line.refunded - line.returned)
    return max(0, line.quantity - line.fulfilled - line.cancelled - paid_back)


def can_ship(order: OrderState) -> bool:
    """Confirmed, not given back whole, and something is left to send."""
    return order.status == CONFIRMED and order.fulfilment_state != FULFILLED


def can_return(order: OrderState) -> bool:
    """Something was sent that did not come back."""
    return order.status in {CONFIRMED, COMPLETED} and any(
        line.fulfilled > line.came_back for line in order.lines
    )


def fulfilment(lines: Iterable[LineState]) -> str:
    """The fulfilment state that these lines come to: all is sent when nothing is left that could be."""
    known = list(lines)
    if all(line.fulfilled == 0 for line in known):
        return UNFULFILLED
    return PARTIAL if any(left_to_send(line) for line in known) else FULFILLED


def arrived_at(fulfilment_state: str, parcels: Iterable[datetime | None]) -> datetime | None:
    """When everything had arrived, of an order that was sent whole; None while a parcel is on its way."""
    known = list(parcels)
    arrived = [moment for moment in known if moment is not None]
    whole = fulfilment_state == FULFILLED and arrived and len(arrived) == len(known)
    return max(arrived) if whole else None


def is_complete(status: str, payment_state: str, fulfilment_state: str) -> bool:
    """Whether a confirmed order is over: everything sent, everything paid."""
    return status == CONFIRMED and fulfilment_state == FULFILLED and payment_state in payments.PAID


def invoice_number(prefix: str, count: int) -> str:
    """`INV-000042`: the number that books are kept by, without gaps."""
    return f"{prefix}{count:06d}"


def public_number(letters: Iterable[str]) -> str:
    """`R-7K3M9QXP`: the number that customers see; it tells nothing and nobody guesses the next."""
    return "R-" + "".join(letters)
