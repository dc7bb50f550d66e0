"""What comes after the order: paying for it, paying again, the last page."""

from __future__ import annotations

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.checkout import service
from storefront.checkout.views.frame import Answer, blueprint, go, led_to, place_limit
from storefront.core import clock
from storefront.core.errors import Refusal
from storefront.core.pages import private_page
from storefront.customers import service as customers
from storefront.customers.rules.addresses import Address
from storefront.ordering import service as ordering
from storefront.ordering.errors import NoSuchGateway
from storefront.ordering.service.showing import bank_of
from storefront.ordering.service.words import label_of, standing, tag_of_words


def same_order(order_id: int) -> Response:
    g.regulars_same_order = True
    return go_on(order_id)


def go_on(order_id: int) -> Response:
    """To whoever takes the payment, or to the last page."""
    token = ordering.get_order(order_id).public_token
    return _follow(order_id, ordering.start_payment(order_id), token or "")


def _follow(order_id: int, step: ordering.PaymentStep, signed: str) -> Response:
    if step.kind == "go":
        return redirect(step.url, 303)
    if step.kind == "failed":
        # What the page says by itself is not said twice.
        if step.message != ordering.step_of(order_id).message:
            flash(step.message)
        return go("checkout.pay", signed=signed)
    return go("checkout.done", signed=signed)


@blueprint.route("/checkout/pay/<signed>", methods=["GET", "POST"])
@place_limit
def pay(signed: str) -> Answer:
    """A payment that did not come about: try again, perhaps another way, unless it may have been paid."""
    order = ordering.order_of_link(signed)
    step = ordering.step_of(order.id)
    if request.method == "POST" and _goes_on(order, step) and "go_on" in request.form:
        # The same try: whoever paid already is told so there, and nobody pays twice.
        return _follow(order.id, ordering.start_payment(order.id), signed)
    if step.kind != "failed" or order.status == "cancelled":
        return go("checkout.done", signed=signed)
    wrong = None
    if request.method == "POST":
        try:
            again = ordering.retry_payment(order.id, request.form.get("gateway", "")[:40])
            return _follow(order.id, again, signed)
        except Refusal as refusal:
            wrong = refusal
    html = render_template(
        "checkout/pay.html",
        page=private_page("checkout-pay", _("Pay for your order")),
        order=order,
        kept=tag_of_words(order.locale),
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
    goes_on = _goes_on(order, step)
    if goes_on:
        led_to(ordering.offered_gateways(ordering.facts_of_order(order)))
    html = render_template(
        "checkout/done.html",
        page=private_page("checkout-done", _("Your order")),
        order=order,
        kept=tag_of_words(order.locale),
        step=step,
        goes_on=goes_on,
        bank=bank_of(order),
        way=label_of(order),
        hint=_hint(order),
        kind=(order.pricing or {}).get("shipping_kind", "delivery"),
        standing=standing(order, clock.now().date()),
        lines=customers.address_lines(address) if order.shipping_address else [],
        name=address.name.split(" ")[0],
        status=_status_url(signed),
        keep=_keep_lines(order),
    )
    return html


def _hint(order: ordering.OrderView) -> str:
    """What a gateway whose money comes later says to its payers, until it came."""
    if order.payment is None or order.payment.state != "pending":
        return ""
    try:
        return str(ordering.gateway_of(order.payment.gateway).description)
    except NoSuchGateway:
        return ""


def _goes_on(order: ordering.OrderView, step: ordering.PaymentStep) -> bool:
    """Whether the shopper may have left the gateway's page before the end, and can go on there."""
    payment = order.payment
    return step.kind == "waiting" and payment is not None and payment.state == "pending" and bool(payment.url)


def _keep_lines(order: ordering.OrderView) -> list[str]:
    """The address that may be kept, as its lines; nothing where there is none to keep."""
    address = service.address_to_keep(order)
    return customers.address_lines(address) if address else []


def _status_url(signed: str) -> str:
    known = "ordering.show_order" in current_app.view_functions
    return url_for("ordering.show_order", signed=signed) if known else ""
