"""What comes after the order: paying for it, paying again, the last page."""

from __future__ import annotations

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.checkout import service
from storefront.checkout.views.frame import Answer, blueprint, go, led_to, place_limit
from storefront.core.errors import Refusal
from storefront.core.pages import private_page
from storefront.customers import service as customers
from storefront.customers.rules.addresses import Address
from storefront.ordering import service as ordering


def same_order(order_id: int) -> Response:
    g.regulars_same_order = True
    return go_on(order_id)


def go_on(order_id: int) -> Response:
    """To whoever takes the payment, or to the last page."""
    token = ordering.get_order(order_id).public_token
    return _follow(ordering.start_payment(order_id), token or "")


def _follow(step: ordering.PaymentStep, signed: str) -> Response:
    if step.kind == "go":
        return redirect(step.url, 303)
    if step.kind == "failed":
        flash(step.message)
        return go("checkout.pay", signed=signed)
    return go("checkout.done", signed=signed)


@blueprint.route("/checkout/pay/<signed>", methods=["GET", "POST"])
@place_limit
def pay(signed: str) -> Answer:
    """A payment that did not come about: try again, perhaps another way, unless it may have been paid."""
    order = ordering.order_of_link(signed)
    step = ordering.step_of(order.id)
    if step.kind != "failed" or order.status == "cancelled":
        return go("checkout.done", signed=signed)
    wrong = None
    if request.method == "POST":
        try:
            return _follow(ordering.retry_payment(order.id, request.form.get("gateway", "")), signed)
        except Refusal as refusal:
            wrong = refusal
    html = render_template(
        "checkout/pay.html",
        page=private_page("checkout-pay", _("Pay for your order")),
        order=order,
        gateways=led_to(ordering.offered_gateways(ordering.facts_of_order(order))),
        wrong=wrong,
        message=step.message,
    )
    return (html, wrong.status) if wrong else html


@blueprint.get("/checkout/done/<signed>")
def done(signed: str) -> Answer:
    """The order is placed: its number, what it holds, what happens next."""
    order = ordering.order_of_link(signed)
    step = ordering.step_of(order.id)
    if step.kind == "failed" and order.status != "cancelled":
        return go("checkout.pay", signed=signed)
    address = Address.from_json(order.shipping_address or {})
    html = render_template(
        "checkout/done.html",
        page=private_page("checkout-done", _("Your order")),
        order=order,
        step=step,
        lines=customers.address_lines(address) if order.shipping_address else [],
        name=address.name.split(" ")[0],
        status=_status_url(signed),
        keep=_keep_lines(order),
    )
    return html


def _keep_lines(order: ordering.OrderView) -> list[str]:
    """The address that may be kept, as its lines; nothing where there is none to keep."""
    address = service.address_to_keep(order)
    return customers.address_lines(address) if address else []


def _status_url(signed: str) -> str:
    known = "ordering.show_order" in current_app.view_functions
    return url_for("ordering.show_order", signed=signed) if known else ""
