"""Payments as a state machine in a table, and the words that the shop and a gateway exchange. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

CREATED, PENDING, UNKNOWN = "created", "pending", "unknown"
AUTHORIZED, CAPTURED = "authorized", "captured"
PARTLY_REFUNDED, REFUNDED = "partially_refunded", "refunded"
FAILED, CANCELLED = "failed", "cancelled"

STATES = (
    CREATED, PENDING, UNKNOWN, AUTHORIZED, CAPTURED, PARTLY_REFUNDED, REFUNDED, FAILED, CANCELLED,
)  # fmt: skip
# Money is ours, or promised by the bank.
SECURED = frozenset({AUTHORIZED, CAPTURED, PARTLY_REFUNDED, REFUNDED})
PAID = frozenset({CAPTURED, PARTLY_REFUNDED, REFUNDED})
# Something may still come of it, so nobody is asked to pay again.
UNSETTLED = frozenset({PENDING, UNKNOWN})
DEAD = frozenset({FAILED, CANCELLED})

# What an event does: move to a state, or one of these.
IGNORE = "ignore"  # it says what is known, or was overtaken
LATER = "later"  # it came before the one that it builds on: park it
ATTENTION = "attention"  # it contradicts what is known: somebody has to look

KINDS = ("pending", "unknown", "authorized", "captured", "failed", "cancelled", "refunded")
_OPEN: dict[str, str] = {
    "pending": PENDING, "unknown": UNKNOWN, "authorized": AUTHORIZED, "captured": CAPTURED, "failed": FAILED,
    "cancelled": CANCELLED, "refunded": LATER,
}  # fmt: skip
_PAID: dict[str, str] = {
    "pending": IGNORE, "unknown": IGNORE, "authorized": IGNORE, "captured": IGNORE, "failed": ATTENTION,
    "cancelled": ATTENTION, "refunded": REFUNDED,
}  # fmt: skip

# state -> kind of event -> what happens. Money that moved wins over words that it did not: a payment that
# failed and was captured is captured (and looked at), in whichever order the two were heard.
MOVES: dict[str, dict[str, str]] = {
    CREATED: _OPEN,
    PENDING: {**_OPEN, "pending": IGNORE},
    UNKNOWN: {**_OPEN, "unknown": IGNORE},
    AUTHORIZED: {
        **_PAID, "captured": CAPTURED, "cancelled": CANCELLED, "refunded": LATER,
    },
    CAPTURED: _PAID,
    PARTLY_REFUNDED: _PAID,
    REFUNDED: _PAID,
    FAILED: {
        **_OPEN, "pending": IGNORE, "unknown": IGNORE, "failed": IGNORE, "cancelled": IGNORE,
    },
    CANCELLED: {
        **_OPEN, "pending": IGNORE, "unknown": IGNORE, "authorized": IGNORE, "failed": IGNORE,
        "cancelled": IGNORE,
    },
}  # fmt: skip


def move(state: str, kind: str) -> tuple[str, bool]:
    """(what happens, whether somebody has to look) for an event of `kind` in `state`.

    The first is a state, IGNORE, LATER or ATTENTION. Raises KeyError for a kind that does not exist.
    """
    outcome = MOVES[state][kind]
    revived = state in DEAD and outcome in SECURED
    return outcome, revived or outcome == ATTENTION


def after_refund(captured_minor: int, refunded_minor: int) -> str:
    """The state of a captured payment of which so much was given back."""
    if not refunded_minor:
        return CAPTURED
    return REFUNDED if refunded_minor >= captured_minor else PARTLY_REFUNDED


def next_check(checks: int, now: datetime) -> datetime:
    """When to ask again about an open payment: after 1, 2, then 4 minutes; from the second hour on rarely.

    Within five minutes of an outage's end, whatever was open in it is settled.
    """
    minutes = min(2**checks, 4) if checks < 20 else min(2 ** (checks - 18), 60)
    return now + timedelta(minutes=minutes)


# --- the words --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to be paid. `key` is the same for every call about it: a gateway charges it once at most."""

    key: str
    order_number: str
    amount_minor: int
    currency: str
    locale: str
    return_url: str
    email: str
    country: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """`kind` is redirect (to `url`), captured, authorized, waiting, declined or unknown."""

    kind: str
    url: str = ""
    reference: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a gateway says a payment is: pending, authorized, captured, failed, cancelled, missing or unknown.

    'missing' means that the gateway never heard of it.
    """

    state: str
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class RefundAttempt:
    """Money to give back. `key` is the same however often it is asked for; `payment` says of what."""

    key: str
    payment: Attempt
    amount_minor: int
    currency: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """`state` is succeeded, pending (told later, or to be done by hand), failed, missing or unknown."""

    state: str
    reference: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """What a gateway told: once per (gateway, event_id), whoever brings it. `key` or `reference` say of what.

    `refund_key` names our own refund; without one somebody gave money back at the gateway itself.
    """

    gateway: str
    event_id: str
    kind: str
    key: str | None = None
    reference: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    refund_key: str | None = None
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def fingerprint(self) -> dict[str, Any]:
        """All that a repetition of this event must say too."""
        said = ("kind", "key", "reference", "amount_minor", "currency", "refund_key")
        return {name: getattr(self, name) for name in said}


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a gateway may look at to decide whether it is offered.

    `shipping_kind` is delivery, pickup, or none where nothing has to be sent.
    """

    country: str | None
    total_minor: int
    currency: str
    shipping_kind: str = "delivery"


class Gateway(Protocol):
    """A way to be paid. Every method is called outside transactions, and may raise GatewayDown.

    `settles_later`: the order counts at once and the money comes by itself (bank transfer, on delivery).
    `start_charges`: `start` itself moves money, so an answer that did not come leaves the payment unknown.
    `by_hand`: the owner says when money came or went back; nobody else can.
    `origins`: whose pages `start` may lead to, also by further redirects ("https://pay.example"); without
    them browsers stop on the way there. May be left out by who stays in the shop.
    """

    key: str
    label: Any
    description: Any
    settles_later: bool
    start_charges: bool
    by_hand: bool
    origins: tuple[str, ...] = ()

    def available(self, facts: PaymentFacts) -> bool: ...

    def expires_after(self) -> timedelta | None: ...

    def start(self, attempt: Attempt) -> Started: ...

    def look_up(self, attempt: Attempt) -> Looked: ...

    def capture(self, attempt: Attempt) -> Looked: ...

    def cancel(self, attempt: Attempt) -> Looked: ...

    def refund(self, refund: RefundAttempt) -> RefundAnswer: ...

    def look_up_refund(self, refund: RefundAttempt) -> RefundAnswer: ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[GatewayEvent]: ...
