"""Everything once more, and the order."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from storefront.cart import service as carts
from storefront.checkout import service
from storefront.checkout.errors import FormRefused
from storefront.checkout.views.after import go_on, same_order
from storefront.checkout.views.frame import (
    Answer,
    blueprint,
    go,
    guarded,
    led_to,
    place_limit,
    show,
    step_limit,
)
from storefront.core import behaviour
from storefront.core.errors import Refusal
from storefront.customers import service as customers
from storefront.inventory.errors import SoldOut
from storefront.ordering import service as ordering
from storefront.ordering.errors import KeyUsed, QuoteChanged
from storefront.pricing.errors import ClaimSpent

# --- payment ----------------------------------------------------------------------------------------------


@blueprint.get("/checkout/payment")
@guarded
def payment() -> Answer:
    """Everything once more, and how it is paid."""
    return _show_payment(service.visit("payment"))


def _show_payment(
    found: service.Visit, wrong: Refusal | None = None, seen: service.Seen | None = None
) -> Answer:
    billing = found.state.billing
    values = dict(billing.values) if billing else {}
    if request.method == "POST":
        values = service.typed_address(request.form, "billing_")
    values["country"] = values.get("country") or found.state.shipping.values.get("country", "")
    fields = customers.address_fields(values["country"])
    changed = service.change_words(seen, found.quote) if seen and isinstance(wrong, QuoteChanged) else []
    return show(
        "payment",
        _("Payment"),
        found,
        wrong,
        changed=changed,
        seen=service.seal(found),
        gateways=led_to(service.gateways(found.quote)),
        accepted=service.accepted_pages(),
        held_until=service.held_until(found),
        values=values,
        countries=customers.countries(),
        fields=fields,
        labels={f"billing_{field.name}": field.label for field in fields},
        same=billing is None if request.method == "GET" else request.form.get("same") == "yes",
        lines=customers.address_lines(found.state.shipping.address),
    )


@blueprint.post("/checkout/hold")
@step_limit
@guarded
def hold() -> Answer:
    """A little more time to pay."""
    service.stay_longer(service.visit("payment"))
    return go("checkout.payment")


@blueprint.post("/checkout/payment")
@place_limit
@guarded
def place() -> Answer:
    """Place the order. The same form again, by whatever road, leads to the same order."""
    seen, ref = service.open_seal(request.form.get("seen")), carts.cart_of_request()
    try:
        known = service.made_already(seen, ref)
        return same_order(known) if known is not None else _place(seen)
    except Refusal as refusal:
        # Somebody sent the same form at the same moment, and was first: this is their order.
        known = service.made_already(seen, ref)
        if known is not None:
            return same_order(known)
        raise refusal


def _place(seen: service.Seen | None) -> Answer:
    found = service.visit("payment")
    if "billing_change_country" in request.form:
        service.keep_country(found, service.typed_address(request.form, "billing_"), billing=True)
        return go("checkout.payment")
    try:
        found = service.keep_payment(found, request.form)
        if seen is None:
            raise QuoteChanged(found.quote)
        placed = service.place(found, seen, age_confirmed=request.form.get("age") == "yes")
    except (FormRefused, QuoteChanged, ClaimSpent, KeyUsed) as refusal:
        return _refused(refusal, seen)
    except SoldOut:
        raise
    except Refusal as refusal:
        return _show_payment(found, refusal)
    if placed.existing:
        return same_order(placed.order_id)
    carts.remember_cart(found.ref)
    _note_purchase(found, placed)
    return go_on(placed.order_id)


def _refused(refusal: Refusal, seen: service.Seen | None) -> Answer:
    """The page again, with what is wrong or changed; unless this very form has made an order meanwhile."""
    if service.made_already(seen, carts.cart_of_request()) is not None:
        raise refusal
    return _show_payment(service.visit("payment"), refusal, seen)


def _note_purchase(found: service.Visit, placed: ordering.Placed) -> None:
    behaviour.note("add_payment_info", payment_type=found.state.gateway)
    items = [[line.sku, line.quantity, line.unit_minor] for line in found.quote.lines]
    behaviour.note("purchase", transaction_id=placed.number, value=found.quote.total_minor, items=items)
