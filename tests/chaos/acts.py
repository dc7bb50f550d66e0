"""What each of the many does. Every act prepares itself, calls `ready()`, and then does the thing itself.

Acts named `unguarded_…` are negative controls: the same with a guard taken out. They must do damage.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import OperationalError

from storefront.cart import service as carts
from storefront.cart.models import Cart, CartLine
from storefront.core.database import db, transaction
from storefront.core.models import Counter
from storefront.inventory.errors import SoldOut
from storefront.inventory.models import Stock
from storefront.ordering import service
from storefront.ordering.errors import CannotCancel, QuoteChanged, RefundTooLarge
from storefront.ordering.models import Order, Refund
from storefront.ordering.service import applying, placing, refund_events
from storefront.ordering.service.gateways.fake import fake_party
from storefront.ordering.service.gateways.fake_party import SIGNATURE
from storefront.pricing.errors import ClaimSpent
from tests.chaos import damage
from tests.services import selling

Ready = Callable[[], None]
WRITTEN = "chaos:writers"


def _free_connections() -> None:
    """What was read is read: the connection is for the others."""
    db.session.remove()


# --- the last pieces --------------------------------------------------------------------------------------


def buy(wanted: dict[str, Any], ready: Ready) -> str:
    """One buyer with an open cart presses the button."""
    placement = selling.placement(**wanted)
    _free_connections()
    ready()
    try:
        return service.place_order(placement).number
    except (SoldOut, ClaimSpent, QuoteChanged) as refused:
        return type(refused).__name__


def unguarded_buy(wanted: dict[str, Any], ready: Ready) -> str:
    """Reads what is left, decides, and writes that down: two who read the same both buy."""
    placement = selling.placement(**wanted)
    ((variant_id, _pieces),) = placement.request.lines
    seen = db.session.execute(sa.select(Stock.available).where(Stock.variant_id == variant_id)).scalar_one()
    row = placing._values(placement, placing._prepare(placement))
    _free_connections()
    ready()
    if seen < 1:
        return "SoldOut"
    with transaction() as tx:
        tx.execute(sa.update(Stock).where(Stock.variant_id == variant_id).values(available=seen - 1))
        tx.execute(sa.insert(Order).values(**row, payment_state="created"))
    return "bought"


@damage.damaged(damage.claims_not_taken)
def uncounted_buy(wanted: dict[str, Any], ready: Ready) -> str:
    """One buyer in a shop that looks at codes and never counts them."""
    return buy(wanted, ready)


# --- the same form again ----------------------------------------------------------------------------------


def press(wanted: dict[str, Any], ready: Ready) -> tuple[int, str, bool]:
    """The button once more, with the same token, and on to the bank."""
    placement = selling.placement(**wanted)
    _free_connections()
    ready()
    placed = service.place_order(placement)
    step = service.start_payment(placed.order_id)
    return placed.order_id, step.url, placed.existing


def unguarded_press(wanted: dict[str, Any], ready: Ready) -> tuple[int, str, bool]:
    """Looks whether there is such an order, and then makes one whose token nobody compares."""
    placement = selling.placement(**wanted)
    known = placing._find_placed(placement)
    _free_connections()
    ready()
    if known is None:
        known = service.place_order(selling.placement(**{**wanted, "token": ""}))
    return known.order_id, "", known.existing


# --- money back -------------------------------------------------------------------------------------------


def refund(wanted: tuple[int, int, str], ready: Ready) -> str:
    """One of many who give a part back."""
    order_id, amount, key = wanted
    ready()
    try:
        return service.refund_order(order_id, amount, key=key).state
    except RefundTooLarge:
        return "RefundTooLarge"


def unguarded_refund(wanted: tuple[int, int, str], ready: Ready) -> str:
    """Reads what is left, decides, writes a refund down; nothing is set aside."""
    order_id, amount, key = wanted
    left = service.refundable(order_id)
    payment_id = selling.payment_of(order_id).id
    _free_connections()
    ready()
    if left < amount:
        return "RefundTooLarge"
    with transaction() as tx:
        row = Refund(payment_id=payment_id, public_id=refund_events.new_public_id(), amount_minor=amount)
        row.state, row.idempotency_key, row.created_at = "created", key, selling.clock.now()
        tx.add(row)
    return "succeeded"


def end_or_take(wanted: tuple[str, int], ready: Ready) -> str:
    """Somebody cancels while somebody else takes the money."""
    what, order_id = wanted
    ready()
    try:
        if what == "capture":
            return service.capture_payment(order_id)
        service.cancel_order(order_id)
    except CannotCancel:
        return "CannotCancel"
    return "cancelled"


def unguarded_end_or_take(wanted: tuple[str, int], ready: Ready) -> str:
    """Whoever cancels looks at the payment, and writes once others have taken the money."""
    what, order_id = wanted
    if what == "capture":
        return end_or_take(wanted, ready)
    ready()
    until = time.monotonic() + 5
    while selling.payment_of(order_id).state != "captured" and time.monotonic() < until:
        _free_connections()
        time.sleep(damage.WINDOW_SECONDS)
    with transaction() as tx:
        tx.execute(sa.update(Order).where(Order.id == order_id).values(status="cancelled"))
    return "cancelled"


# --- messages ---------------------------------------------------------------------------------------------


def send(messages: list[tuple[str, Any]], ready: Ready) -> list[tuple[int, float]]:
    """One sender's share: messages over HTTP, and shoppers who come back in between."""
    client = current_app.test_client()
    party = fake_party()
    _free_connections()
    ready()
    found = []
    for what, value in messages:
        began = time.perf_counter()
        if what == "back":
            status = client.get(f"/payments/back/{value}", buffered=True).status_code
        else:
            status = client.post(
                "/payments/fake/webhook", data=value, headers={SIGNATURE: party.sign(value)}, buffered=True
            ).status_code
        found.append((status, time.perf_counter() - began))
    return found


def unguarded_send(messages: list[tuple[str, Any]], ready: Ready) -> list[tuple[int, float]]:
    """The same without remembering which event was heard: each repetition counts again."""
    ready()
    for what, value in messages:
        if what != "back":
            (event,) = service.gateway_of("fake").read_webhook({SIGNATURE: fake_party().sign(value)}, value)
            with suppress(OperationalError):  # a sender whose message is not taken goes on with the next
                applying.receive(replace(event, event_id=token_hex(12)))
    return []


# --- writing ----------------------------------------------------------------------------------------------


def write(times: int, ready: Ready) -> list[float]:
    """Reads a row, decides and writes it, so many times, each in one command; how long each took."""
    ready()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        with transaction() as tx:
            row = tx.execute(sa.select(Counter).where(Counter.name == WRITTEN).with_for_update()).scalar_one()
            row.remaining -= 1
        took.append(time.perf_counter() - began)
    return took


def unguarded_write(times: int, ready: Ready) -> list[float]:
    """Reads before the command begins: who read the same writes the same, and a step is lost."""
    ready()
    for _ in range(times):
        seen = db.session.execute(sa.select(Counter.remaining).where(Counter.name == WRITTEN)).scalar_one()
        time.sleep(0)
        with transaction() as tx:
            tx.execute(sa.update(Counter).where(Counter.name == WRITTEN).values(remaining=seen - 1))
    return []


# --- carts ------------------------------------------------------------------------------------------------


def unguarded_put_in(wanted: tuple[str, int], ready: Ready) -> None:
    """Reads how many there are, decides, writes that down: of many who read the same, one piece stays."""
    token, variant_id = wanted
    cart = carts.find_cart(db.session, carts.CartRef(None, token=token))
    which = (CartLine.cart_id == cart.id, CartLine.variant_id == variant_id)  # type: ignore[union-attr]
    seen = db.session.execute(sa.select(CartLine.quantity).where(*which)).scalar_one()
    _free_connections()
    ready()
    with transaction() as tx:
        tx.execute(sa.update(CartLine).where(*which).values(quantity=seen + 1))


def unguarded_merge(wanted: tuple[str, int], ready: Ready) -> None:
    """Reads what the visitor has, and puts it to what the customer has: nobody asks whether it is there still."""
    token, customer_id = wanted
    cart = carts.find_cart(db.session, carts.CartRef(None, token=token))
    query = sa.select(CartLine).where(CartLine.cart_id == cart.id)  # type: ignore[union-attr]
    theirs = [(line.variant_id, line.quantity) for line in db.session.execute(query).scalars()]
    _free_connections()
    ready()
    for variant_id, quantity in theirs:
        carts.add_to_cart(carts.CartRef(None, customer_id=customer_id), variant_id, quantity)
    with transaction() as tx:
        tx.execute(sa.delete(Cart).where(Cart.id == cart.id))  # type: ignore[union-attr]
