"""R6: the bank charges and says nothing, answers late, answers many times, is down for a quarter of an hour.

By the shop's clock: a run of an hour takes moments.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

from flask import Flask

from storefront.core.clock import Clock
from storefront.core.events import sweep
from storefront.ordering import service
from storefront.ordering.errors import PaymentUnderWay
from storefront.ordering.service.gateways.fake import fake_party, send_webhooks
from tests.chaos import damage
from tests.chaos.drills import Progress, Result, _thing, quiet
from tests.services import selling

MINUTE = timedelta(minutes=1)
SETTLED_WITHIN = 5
# What the bank does, and after how many minutes it is itself again.
OUTAGES: dict[str, tuple[str, int]] = {
    "charges and falls silent": ("timeout", 3),
    "answers late": ("late", 10),
    "answers many times": ("storm", 0),
    "is down for a quarter of an hour": ("approve", 15),
    "is down while it is busy": ("late", 15),
}


def unknown_outcomes(app: Flask, *, runs: int, control: bool = False, progress: Progress = quiet) -> Result:
    """Each run one order and one outage: nobody pays twice, nothing is lost, all is known soon after."""
    result = Result("R6 unknown outcomes" + (", unguarded" if control else ""))
    names = list(OUTAGES)
    clock: Clock = app.extensions["regulars_clock"]
    for number in range(runs):
        name = names[number % len(names)]
        with app.app_context(), damage.silence_is_refusal() if control else nullcontext():
            result.note([f"{name}: {line}" for line in _one(clock, *OUTAGES[name])])
        result.acts += 1
        progress(result.name, number + 1, runs)
    return result


def _one(clock: Clock, outcome: str, minutes: int) -> list[str]:
    placed = selling.place([(_thing(1), 1)])
    service.start_payment(placed.order_id)
    key = selling.payment_of(placed.order_id).idempotency_key
    party = fake_party()
    party.pay(key, outcome)
    if minutes >= 15:
        party.be_silent(clock.now() + minutes * MINUTE)
    else:
        send_webhooks()
    step = service.return_from_gateway(placed.public_token)
    found = []
    if minutes and step.kind != "waiting":
        found.append(f"the shopper saw {step.kind}")
    found += _paying_again(placed.order_id) if minutes else []
    found += _wait(clock, placed.order_id, minutes)
    order = service.get_order(placed.order_id)
    mails = sum(mail.dedupe_key == order.number for mail in selling.mails())
    charges = party.shown(key)["charges"]  # type: ignore[index]
    if (order.status, order.payment_state, mails, charges) != ("confirmed", "captured", 1, 1):
        found.append(f"{order.status}, {order.payment_state}, {mails} mails, {charges} charges")
    return found + _give_back(clock, placed.order_id, minutes)


def _paying_again(order_id: int) -> list[str]:
    try:
        service.retry_payment(order_id, "fake")
    except PaymentUnderWay:
        return []
    return ["the shopper could pay again"]


def _wait(clock: Clock, order_id: int, minutes: int) -> list[str]:
    """The worker's minutes, until five after the bank is itself again."""

    def done() -> bool:
        return service.get_order(order_id).status == "confirmed"

    for minute in range(1, minutes + SETTLED_WITHIN + 1):
        if done():
            return []
        clock.shift(MINUTE)
        if minute >= minutes:
            send_webhooks()
        _work()
    return [] if done() else [f"not known {SETTLED_WITHIN} minutes after the outage"]


def _give_back(clock: Clock, order_id: int, minutes: int) -> list[str]:
    """A refund in an outage: reserved, never guessed, and given back once."""
    order = service.get_order(order_id)
    fake_party().be_silent(clock.now() + max(minutes, 1) * MINUTE)
    state = service.refund_order(order_id, order.total_minor, key=f"back:{order_id}").state
    found = [] if state == "unknown" else [f"the refund was {state}"]
    for _minute in range(max(minutes, 1) + SETTLED_WITHIN):
        clock.shift(MINUTE)
        _work()
    order = service.get_order(order_id)
    party = fake_party().shown(selling.payment_of(order_id).idempotency_key)
    given = (order.payment_state, order.payment.refunded_minor, party["refunded"])  # type: ignore
    if given != ("refunded", order.total_minor, order.total_minor):
        found.append(f"given back: {given}")
    return found


def _work() -> None:
    """What the worker does in a minute."""
    service.reconcile_due()
    service.expire_due()
    sweep()
