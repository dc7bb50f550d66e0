"""What a buyer may keep of an order for the next time: an account, the address."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from storefront.checkout import service
from storefront.checkout.views.frame import blueprint, go, step_limit
from storefront.core.errors import Refusal
from storefront.customers import service as customers
from storefront.ordering import service as ordering


@blueprint.post("/checkout/done/<signed>/account")
@step_limit
def open_account(signed: str) -> Response:
    """To the registration, with the order's address of mail filled in; afterwards back to the order."""
    order = ordering.order_of_link(signed)
    if order.email:
        customers.expect(order.email)
    return redirect(url_for("customers.register", next=url_for("checkout.done", signed=signed)), 303)


@blueprint.post("/checkout/done/<signed>/address")
@login_required
@step_limit
def keep_address(signed: str) -> Response:
    """The order's address into the book of the customer whose order it is; somebody else's is not there."""
    try:
        service.keep_address(ordering.order_of_link(signed))
    except Refusal as refusal:
        flash(refusal.message)
    else:
        flash(_("The address is saved."))
    return go("customers.addresses")
