"""Payments that somebody has to look at: what happened, what to do, settled."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from storefront.core.console import staff
from storefront.core.pages import private_page
from storefront.core.settings import Settings
from storefront.customers.rules import own_path
from storefront.ordering import service
from storefront.ordering.owner.frame import Answer, blueprint, my_name
from storefront.ordering.service.desk_words import problem


@blueprint.get("/console/attention")
@staff("orders.read")
def attention() -> Answer:
    """The list, the oldest first, each with what to do about it."""
    settings: Settings = current_app.extensions["regulars_settings"]
    rows = [(row, problem(row.kind, row.data, settings.currency)) for row in service.list_attention()]
    page = private_page("console-attention", _("Payments to look at"))
    return render_template("ordering/owner/attention.html", page=page, rows=rows)


@blueprint.post("/console/attention/<int:number>/settle")
@staff("orders.write")
def settle(number: int) -> Answer:
    """Somebody looked at it and did what had to be done."""
    if service.resolve_attention(number, my_name()):
        flash(_("Settled."))
    else:
        flash(_("Somebody settled this already."))
    return redirect(own_path(request.form.get("back"), url_for("ordering_owner.attention")), 303)
