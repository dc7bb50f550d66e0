"""What is printed for an order: the slip in the parcel, the invoice."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _

from storefront.core.console import staff
from storefront.core.pages import private_page
from storefront.ordering.owner.frame import Answer, blueprint, get
from storefront.ordering.service.desk_order import desk_order
from storefront.ordering.service.invoices import invoice_of, seller


@blueprint.get("/console/orders/<number>/slip")
@staff("orders.read")
def slip(number: str) -> Answer:
    """What goes into the parcel: places to tick, no prices."""
    found = get(number)
    return render_template(
        "ordering/owner/slip.html",
        page=private_page("packing-slip", _("Packing slip %(number)s", number=number)),
        shown=desk_order(found),
        order=found,
        seller=seller(),
        back=url_for("ordering_owner.order", number=number),
    )


@blueprint.get("/console/orders/<number>/invoice")
@staff("orders.read")
def invoice(number: str) -> Answer:
    """The invoice, as the customer sees it."""
    paper = invoice_of(get(number))
    return render_template(
        "ordering/invoice.html",
        page=private_page("invoice", _("Invoice %(number)s", number=paper.number)),
        invoice=paper,
        back=url_for("ordering_owner.order", number=number),
    )
