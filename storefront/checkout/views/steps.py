"""Contact and delivery."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _

from storefront.checkout import service
from storefront.checkout.errors import FormRefused
from storefront.checkout.views.frame import Answer, blueprint, go, guarded, show, step_limit
from storefront.core import behaviour
from storefront.core.errors import Refusal
from storefront.customers import service as customers
from storefront.pricing import service as pricing
from storefront.pricing.service.terms import home_country

# --- contact ----------------------------------------------------------------------------------------------


@blueprint.get("/checkout")
@guarded
def start() -> Answer:
    """The first step that is not finished."""
    return redirect(url_for(f"checkout.{service.visit().progress.first_unfinished()}"))


@blueprint.route("/checkout/contact", methods=["GET", "POST"])
@step_limit
@guarded
def contact() -> Answer:
    """Who is told how the order gets on."""
    found, wrong = service.visit("contact"), None
    if request.method == "POST":
        try:
            service.keep_contact(found, request.form)
        except FormRefused as refusal:
            wrong = refusal
        else:
            behaviour.note("begin_checkout", value=found.quote.total_minor)
            return go("checkout.shipping")
    return show("contact", _("Contact"), found, wrong)


# --- delivery ---------------------------------------------------------------------------------------------


@blueprint.route("/checkout/shipping", methods=["GET", "POST"])
@step_limit
@guarded
def shipping() -> Answer:
    """Where it goes, how, and when it is there."""
    found, wrong = service.visit("shipping"), None
    if request.method == "POST":
        if "change_country" in request.form:
            service.keep_country(found, service.typed_address(request.form))
            return go("checkout.shipping")
        try:
            service.keep_shipping(found, request.form)
        except FormRefused as refusal:
            wrong = refusal
            found = service.visit("shipping")
        else:
            behaviour.note("add_shipping_info", value=found.quote.total_minor)
            return go("checkout.payment")
    return _show_shipping(found, wrong)


def _show_shipping(found: service.Visit, wrong: Refusal | None) -> Answer:
    served = pricing.countries_served()
    book = customers.addresses_of(found.ref.customer_id) if found.ref.customer_id else []
    values = dict(found.state.shipping.values)
    if request.method == "POST":
        values = service.typed_address(request.form)
    values["country"] = _country(values.get("country", ""), found, served)
    fields = customers.address_fields(values["country"]) if values["country"] else ()
    return show(
        "shipping",
        _("Delivery"),
        found,
        wrong,
        values=values,
        countries=customers.countries(served),
        fields=fields,
        labels={field.name: field.label for field in fields},
        book=book,
        picked=_picked(found, book),
        in_one_line=customers.address_in_one_line,
    )


def _country(given: str, found: service.Visit, served: tuple[str, ...]) -> str:
    known = (given, found.cart.row.country or "", home_country(), *served)
    return next((code for code in known if code in served), "")


def _picked(found: service.Visit, book: list[Any]) -> str:
    """Which entry of the address book is chosen: what was sent, what was used, the default."""
    if request.method == "POST":
        return request.form.get("address", "new")
    typed = found.state.shipping
    same = (saved.public_id for saved in book if typed.complete and saved.address == typed.address)
    if typed.values:
        return next(same, "new")
    return book[0].public_id if book else "new"
