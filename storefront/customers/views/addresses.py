"""The address book."""

from __future__ import annotations

from flask import current_app, flash, request
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.customers import service
from storefront.customers.errors import AddressRefused
from storefront.customers.rules.addresses import PARTS
from storefront.customers.views.frame import Answer, blueprint, go, show


@blueprint.get("/account/addresses")
@login_required
def addresses() -> Answer:
    """The address book."""
    saved = service.addresses_of(current_user.customer_id)
    lines = {entry.public_id: service.address_lines(entry.address) for entry in saved}
    return show("addresses", "addresses", _("Addresses"), saved=saved, lines=lines)


@blueprint.route("/account/addresses/new", methods=["GET", "POST"])
@login_required
def new_address() -> Answer:
    """One more address."""
    country = current_app.extensions["regulars_settings"].region
    values = {"country": country, "name": service.full_name(current_user.customer_id)}
    return _form(values, None)


@blueprint.route("/account/addresses/<public_id>", methods=["GET", "POST"])
@login_required
def edit_address(public_id: str) -> Answer:
    """Change an address of one's own; another's is not there."""
    kept = service.get_address(current_user.customer_id, public_id)
    return _form(kept.address.as_json(), kept)


def _form(values: dict[str, str], kept: service.SavedAddress | None) -> Answer:
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {part: request.form.get(part, "") for part in PARTS}
        if "change_country" not in request.form:
            try:
                return _saved(values, kept)
            except AddressRefused as refused:
                errors = refused.errors
            except Refusal as refused:
                errors = {"": refused.message}
    title = _("Change an address") if kept else _("A new address")
    page = {"values": values, "errors": errors, "kept": kept, "countries": service.countries()}
    fields = service.fields_for(values["country"])
    return show("address", "addresses", title, 422 if errors else 200, fields=fields, **page)


def _saved(values: dict[str, str], kept: service.SavedAddress | None) -> AnyResponse:
    service.save_address(
        current_user.customer_id,
        service.check_address(values),
        public_id=kept.public_id if kept else None,
        shipping="default_shipping" in request.form,
        billing="default_billing" in request.form,
    )
    flash(_("The address is saved."))
    return go("customers.addresses")


@blueprint.post("/account/addresses/<public_id>/delete")
@login_required
def delete_address(public_id: str) -> AnyResponse:
    """Takes an address out of the book."""
    service.delete_address(current_user.customer_id, public_id)
    flash(_("The address is removed."))
    return go("customers.addresses")


@blueprint.post("/account/addresses/<public_id>/default")
@login_required
def default_address(public_id: str) -> AnyResponse:
    """Makes an address the first choice for deliveries or invoices."""
    service.make_default(current_user.customer_id, public_id, request.form.get("use", ""))
    return go("customers.addresses")
