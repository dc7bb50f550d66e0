"""Bank transfer: the order counts at once, the owner says when the money came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from storefront.core.store import store_value
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


class ByHand:
    """What transfer and cash on delivery share: nobody can be asked, the owner knows."""

    settles_later = True
    start_charges = False
    by_hand = True
    origins: tuple[str, ...] = ()

    def start(self, attempt: Attempt) -> Started:
        return Started("waiting")

    def look_up(self, attempt: Attempt) -> Looked:
        return Looked("pending")

    def capture(self, attempt: Attempt) -> Looked:
        return Looked("pending")

    def cancel(self, attempt: Attempt) -> Looked:
        return Looked("cancelled")

    def refund(self, refund: RefundAttempt) -> RefundAnswer:
        return RefundAnswer("pending")

    def look_up_refund(self, refund: RefundAttempt) -> RefundAnswer:
        return RefundAnswer("pending")

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[GatewayEvent]:
        raise BadSignature("nobody sends webhooks for this gateway")


class Transfer(ByHand):
    """Offered once the owner gave the bank account."""

    key = "transfer"
    label = _l("Bank transfer")
    description = _l("You get our bank account with the confirmation, and your goods once the money is here.")

    def available(self, facts: PaymentFacts) -> bool:
        return bool(store_value("bank_holder") and store_value("bank_account") and facts.total_minor > 0)

    def expires_after(self) -> timedelta | None:
        return timedelta(days=store_value("transfer_days"))
