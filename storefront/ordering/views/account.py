"""The orders of whoever is signed in."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user, login_required

from storefront.core.pages import private_page
from storefront.ordering.service.own_orders import own_orders
from storefront.ordering.views import blueprint


@blueprint.get("/account/orders")
@login_required
def own() -> str:
    """All orders, the newest first; `q` finds a number or a product."""
    words = request.args.get("q", "")[:100].replace("\0", "").strip()
    found = own_orders(current_user.customer_id, words, request.args.get("page", "1"))
    return render_template(
        "ordering/own.html", page=private_page("account-orders", _("Your orders")), found=found, words=words
    )
