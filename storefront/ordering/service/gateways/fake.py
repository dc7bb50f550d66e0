"""The fake gateway: the shop's side of the fake provider. Never in production."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextvars import Context
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app
from flask_babel import lazy_gettext as _l
from werkzeug.test import EnvironBuilder, run_wsgi_app

from storefront.core.errors import NotFound
from storefront.core.mail.composing import mounted_root
from storefront.ordering.errors import BadSignature
from storefront.ordering.rules.payments import (
    Attempt,
    GatewayEvent,
    Looked,
    PaymentFacts,
    RefundAnswer,
    RefundAttempt,
    Started,
)
from storefront.ordering.service.gateways.fake_party import SIGNATURE, FakeParty
from storefront.ordering.service.links import own_address

KEY = "fake"
# The provider's words for how a payment stands, in ours.
STATES = {
    "open": "pending", "busy": "pending", "authorized": "authorized", "captured": "captured",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip
TYPES = frozenset({"pending", "authorized", "captured", "failed", "cancelled", "refunded"})
log = structlog.get_logger(__name__)


def fake_party() -> FakeParty:
    """The provider behind this shop. Raises NotFound in production: there is none."""
    if current_app.extensions["regulars_settings"].production:
        raise NotFound
    secret = hmac.new(current_app.config["SECRET_KEY"].encode(), b"fake gateway", sha256).digest()
    return FakeParty(Path(current_app.instance_path), secret)


class FakeGateway:
    """Sends the shopper to the fake provider's page, and believes only what that signs or answers."""

    key = KEY
    label = _l("Card (test)")
    description = _l("A pretended bank for trying the shop out. No money moves.")
    settles_later = False
    start_charges = False
    by_hand = False
    origins: tuple[str, ...] = ()  # its pages are the shop's

    def available(self, facts: PaymentFacts) -> bool:
        return not current_app.extensions["regulars_settings"].production

    def expires_after(self) -> timedelta | None:
        return None

    def start(self, attempt: Attempt) -> Started:
        reference = fake_party().open_payment(
            attempt.key, attempt.order_number, attempt.amount_minor, attempt.currency, attempt.return_url
        )
        page = own_address(f"/payments/fake/pay/{attempt.key}", attempt.locale)
        return Started("redirect", page, reference)

    def look_up(self, attempt: Attempt) -> Looked:
        return _looked(fake_party().payment(attempt.key))

    def capture(self, attempt: Attempt) -> Looked:
        return _looked(fake_party().capture(attempt.key))

    def cancel(self, attempt: Attempt) -> Looked:
        return _looked(fake_party().cancel(attempt.key))

    def refund(self, refund: RefundAttempt) -> RefundAnswer:
        return RefundAnswer(fake_party().refund(refund.key, refund.payment.key, refund.amount_minor))

    def look_up_refund(self, refund: RefundAttempt) -> RefundAnswer:
        return RefundAnswer(fake_party().refund_state(refund.key, refund.payment.key))

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[GatewayEvent]:
        return [_event(fake_party().read(headers, body))]


def _looked(row: dict[str, Any] | None) -> Looked:
    if row is None:
        return Looked("missing")
    state = STATES[row["state"]]
    if state in {"authorized", "captured"}:
        return Looked(state, row["amount"], row["currency"], row["reference"])
    return Looked(state, reference=row["reference"])


def _event(said: Any) -> GatewayEvent:
    try:
        if said["type"] not in TYPES or not isinstance(said["amount"], int):
            raise BadSignature("not one of our messages")
        return GatewayEvent(
            gateway=KEY,
            event_id=str(said["id"]),
            kind=said["type"],
            key=str(said["payment"]),
            reference=said["reference"],
            amount_minor=said["amount"],
            currency=str(said["currency"]),
            refund_key=said["refund"],
        )
    except (KeyError, TypeError):
        raise BadSignature("not one of our messages") from None


def send_webhooks() -> int:
    """Let the provider send what is due, over HTTP as it would from outside. Returns how many."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    party = fake_party()
    root = mounted_root(app, app.extensions["regulars_settings"])
    bodies = party.take_messages()
    for body in bodies:
        # A context of its own: the provider is not this request.
        Context().run(_post, app, root, body, party.sign(body))
    return len(bodies)


def _post(app: Flask, root: str, body: bytes, signature: str) -> None:
    builder = EnvironBuilder(
        path=f"/payments/{KEY}/webhook",
        base_url=root + "/",
        method="POST",
        data=body,
        headers=[(SIGNATURE, signature)],
        content_type="application/json",
    )
    answer, status, _headers = run_wsgi_app(app.wsgi_app, builder.get_environ(), buffered=True)
    b"".join(answer)
    if not status.startswith("200"):
        log.warning("fake_webhook_refused", status=status)
