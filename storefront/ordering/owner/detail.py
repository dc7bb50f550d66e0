"""One order, for the staff."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, render_template, request, url_for

from storefront.core.console import staff
from storefront.core.errors import Refusal
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.ordering.owner.frame import Answer, blueprint, get
from storefront.ordering.service.desk_order import desk_order
from storefront.ordering.service.reading import OrderView


@blueprint.get("/console/orders/<number>")
@staff("orders.read")
def order(number: str) -> Answer:
    """Everything about an order, and everything that can be done with it."""
    return show(get(number))


def show(found: OrderView, wrong: Refusal | None = None, form: str = "") -> Answer:
    """The page; with what was refused, beside the filled form (`form`) that it was about."""
    typed: Mapping[str, str] = request.form if wrong else {}
    html = render_template(
        "ordering/owner/order.html",
        page=private_page("console-order", found.number),
        shown=desk_order(found),
        order=found,
        wrong=wrong,
        wrong_form=form if wrong else "",
        typed=typed,
        money=lambda minor: Money(minor, found.currency),
        link=_customers_link(found),
    )
    return (html, wrong.status) if wrong else html


def _customers_link(found: OrderView) -> str:
    """The order as its buyer sees it."""
    if not found.public_token or "ordering.show_order" not in current_app.view_functions:
        return ""
    return url_for("ordering.show_order", signed=found.public_token)


__all__ = ["order", "show"]
