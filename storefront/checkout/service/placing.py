"""The last step: what was seen is frozen in the form; one form makes one order, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.cart import service as carts
from storefront.checkout.errors import FormRefused
from storefront.checkout.rules import figures
from storefront.checkout.service.state import as_stored, keep
from storefront.checkout.service.steps import check_typed, typed_address
from storefront.checkout.service.visits import Visit, language
from storefront.core.database import transaction
from storefront.core.plugins import hooks
from storefront.ordering import service as ordering
from storefront.ordering.errors import QuoteChanged
from storefront.ordering.rules.payments import Gateway
from storefront.ordering.service.pending import order_of_token
from storefront.pricing import service as pricing


@dataclass(frozen=True, slots=True)
class Seen:
    """What the shopper's form says that they saw: of which cart, under which token, at which prices."""

    cart_id: int
    token: str
    digest: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """What `check_order` hooks may look at before an order is placed."""

    quote: pricing.Quote
    email: str
    customer_id: int | None
    shipping_address: Mapping[str, str]
    age_limit: int | None
    age_confirmed: bool


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="checkout-seen")


def seal(found: Visit) -> str:
    """The quote as it is shown now, as text that only this shop can have written."""
    seen = [found.state.cart_id, found.token, found.quote.digest, figures(found.quote)]
    return str(_serializer().dumps(seen))


def open_seal(text: str | None) -> Seen | None:
    """What a form says was seen; None for a text that we did not write."""
    if not text or len(text) > 40_000:
        return None
    try:
        return Seen(*_serializer().loads(text))
    except (BadSignature, TypeError):
        return None


def made_already(seen: Seen | None, ref: carts.CartRef | None) -> int | None:
    """The order that this very form has made before, for the same person."""
    if seen is None or ref is None or ref.cart_id != seen.cart_id:
        return None
    return order_of_token(seen.token, seen.cart_id, ref.customer_id)


# --- payment ----------------------------------------------------------------------------------------------


def gateways(quote: pricing.Quote) -> list[Gateway]:
    """The ways to pay for this; none where nothing is to be paid."""
    return ordering.offered_gateways(ordering.facts_of_quote(quote)) if quote.total_minor else []


def keep_payment(found: Visit, form: Mapping[str, str]) -> Visit:
    """How it is paid and where the bill goes. Raises FormRefused; what was typed is kept."""
    typed, errors = None, {}
    if form.get("same") != "yes":
        typed, wrong = check_typed(typed_address(form, "billing_"))
        errors = {f"billing_{part}": words for part, words in wrong.items()}
    chosen = form.get("gateway", "")[:40]
    offered = gateways(found.quote)
    if offered and chosen not in {gateway.key for gateway in offered}:
        errors = {"gateway": _("Please choose how you pay."), **errors}
    with transaction() as tx:
        keep(tx, found.state.cart_id, billing=as_stored(typed), gateway=chosen)
    if errors:
        raise FormRefused(errors)
    return replace(found, state=replace(found.state, billing=typed, gateway=chosen))


def place(found: Visit, seen: Seen, *, age_confirmed: bool) -> ordering.Placed:
    """Make the order, or find the one that this form made before.

    Raises QuoteChanged when anything costs something else than what was seen, what `check_order` hooks raise,
    and the refusals of `ordering.place_order`. A refusal leaves nothing behind.
    """
    if found.quote.digest != seen.digest or found.token != seen.token:
        raise QuoteChanged(found.quote)
    state, billing = found.state, found.state.billing
    check = OrderCheck(
        quote=found.quote,
        email=state.email,
        customer_id=found.ref.customer_id,
        shipping_address=dict(state.shipping.values),
        age_limit=found.age_limit,
        age_confirmed=age_confirmed,
    )
    hooks().check_order(order=check)
    placement = ordering.Placement(
        checkout_token=seen.token,
        quote=found.quote,
        request=found.request,
        email=state.email,
        gateway=state.gateway,
        locale=language(),
        shipping_address=dict(state.shipping.values),
        billing_address=dict(billing.values) if billing and billing.complete else None,
        cart_id=state.cart_id,
        customer_id=found.ref.customer_id,
        phone=state.shipping.values.get("phone", ""),
        holder=found.holder,
        note=found.cart.row.note,
        marketing=state.marketing,
    )
    return ordering.place_order(placement)
