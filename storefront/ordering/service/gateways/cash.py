"""Cash on delivery: where the owner offers it, up to a limit, without a fee."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l

from storefront.core.store import store_value
from storefront.ordering.rules.payments import PaymentFacts
from storefront.ordering.service.gateways.transfer import ByHand


class CashOnDelivery(ByHand):
    """For goods that are brought to a door in the owner's countries."""

    key = "cash_on_delivery"
    label = _l("Cash on delivery")
    description = _l("You pay whoever brings the parcel.")

    def available(self, facts: PaymentFacts) -> bool:
        if not store_value("cash_on_delivery") or facts.total_minor > store_value("cash_most"):
            return False
        return facts.shipping_kind == "delivery" and facts.country in _countries()

    def expires_after(self) -> timedelta | None:
        return None


def _countries() -> set[str]:
    named = {part.strip().upper() for part in store_value("cash_countries").split(",") if part.strip()}
    return named or {current_app.extensions["regulars_settings"].region}
