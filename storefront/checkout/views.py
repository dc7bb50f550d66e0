"""The checkout: contact, delivery, payment, and what comes after. No script is needed for any of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from babel.dates import format_time
from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from storefront.cart import service as carts
from storefront.catalog import service as catalog
from storefront.checkout import service
from storefront.checkout.errors import FormRefused, NothingToBuy, NotThisFar
from storefront.checkout.rules import STEPS
from storefront.core import behaviour
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.core.security import limit_key, limiter
from storefront.customers import service as customers
from storefront.customers.rules.addresses import Address
from storefront.inventory.errors import SoldOut
from storefront.ordering import service as ordering
from storefront.ordering.errors import KeyUsed, QuoteChanged
from storefront.pricing import service as pricing
from storefront.pricing.errors import ClaimSpent
from storefront.pricing.service.terms import home_country, local_time

blueprint = Blueprint("checkout", __name__)
Answer = Response | str | tuple[str, int]


def _visitor() -> str:
    """Whose tries are counted together: those of a customer or of a visitor's cart, else of an address."""
    customer, cookie = carts.customer_id(), carts.guest_cookie()
    who = f"customer:{customer}" if customer else f"cart:{cookie[0]}" if cookie else get_remote_address()
    return limit_key(f"checkout:{who}")


def _counts(_response: Response) -> bool:
    """The same form sent again is no further try: it leads to the order that it made."""
    return not g.get("regulars_same_order", False)


def init_app(app: Flask) -> None:
    """What the templates of the checkout call."""
    app.jinja_env.globals.update(order_money=_order_money, format_clock=_format_clock)


def _order_money(order: ordering.OrderView, minor: int) -> Money:
    return Money(minor, order.currency)


def _format_clock(moment: datetime) -> str:
    """A time of day on the shop's own clock."""
    return format_time(local_time(moment), "short", locale=current_language().babel)


step_limit = limiter.limit("30 per minute", key_func=_visitor, methods=["POST"])
place_limit = limiter.limit("10 per minute", key_func=_visitor, methods=["POST"], deduct_when=_counts)


def guarded(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Who is not this far yet is led to where they are; who has nothing to buy, to the cart."""

    @wraps(view)
    def inner(*arguments: Any, **named: Any) -> Answer:
        try:
            return view(*arguments, **named)
        except NotThisFar as early:
            return redirect(url_for(f"checkout.{early.step}"), 303)
        except (NothingToBuy, SoldOut) as refusal:
            flash(_sold_out(refusal) if isinstance(refusal, SoldOut) else refusal.message)
            return redirect(url_for("cart.show"), 303)

    return inner


def _sold_out(refusal: SoldOut) -> str:
    card = catalog.load_variants([refusal.variant_id]).get(refusal.variant_id)
    title = card.title if card else ""
    return _("%(title)s: somebody was faster. %(words)s", title=title, words=refusal.message)


def _go(endpoint: str, **values: Any) -> Response:
    return redirect(url_for(endpoint, **values), 303)


def _show(step: str, title: str, found: service.Visit, wrong: Refusal | None = None, **more: Any) -> Answer:
    errors = dict(getattr(wrong, "errors", None) or ({wrong.field or "": wrong.message} if wrong else {}))
    html = render_template(
        f"checkout/{step}.html",
        page=private_page(f"checkout-{step}", title),
        found=found,
        state=found.state,
        steps=STEPS,
        step=step,
        errors=errors,
        typed=request.form,
        **more,
    )
    return (html, wrong.status) if wrong else html


# --- contact ----------------------------------------------------------------------------------------------


@blueprint.get("/checkout")
@guarded
def start() -> Answer:
    """The first step that is not finished."""
    return redirect(url_for(f"checkout.{service.visit().state.progress.first_unfinished()}"))


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
            return _go("checkout.shipping")
    return _show("contact", _("Contact"), found, wrong)


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
            return _go("checkout.shipping")
        try:
            service.keep_shipping(found, request.form)
        except FormRefused as refusal:
            wrong = refusal
            found = service.visit("shipping")
        else:
            behaviour.note("add_shipping_info", value=found.quote.total_minor)
            return _go("checkout.payment")
    return _show_shipping(found, wrong)


def _show_shipping(found: service.Visit, wrong: Refusal | None) -> Answer:
    served = pricing.countries_served()
    book = customers.addresses_of(found.ref.customer_id) if found.ref.customer_id else []
    values = dict(found.state.shipping.values)
    if request.method == "POST":
        values = service.typed_address(request.form)
    values["country"] = _country(values.get("country", ""), found, served)
    fields = customers.address_fields(values["country"]) if values["country"] else ()
    return _show(
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
    return _show(
        "payment",
        _("Payment"),
        found,
        wrong,
        changed=changed,
        seen=service.seal(found),
        gateways=service.gateways(found.quote),
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
    return _go("checkout.payment")


@blueprint.post("/checkout/payment")
@place_limit
@guarded
def place() -> Answer:
    """Place the order. The same form again, by whatever road, leads to the same order."""
    seen, ref = service.open_seal(request.form.get("seen")), carts.cart_of_request()
    try:
        known = service.made_already(seen, ref)
        return _same_order(known) if known is not None else _place(seen)
    except Refusal as refusal:
        # Somebody sent the same form at the same moment, and was first: this is their order.
        known = service.made_already(seen, ref)
        if known is not None:
            return _same_order(known)
        raise refusal


def _place(seen: service.Seen | None) -> Answer:
    found = service.visit("payment")
    if "billing_change_country" in request.form:
        service.keep_country(found, service.typed_address(request.form, "billing_"), billing=True)
        return _go("checkout.payment")
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
    carts.remember_cart(found.ref)
    _note_purchase(found, placed)
    return _go_on(placed.order_id)


def _refused(refusal: Refusal, seen: service.Seen | None) -> Answer:
    """The page again, with what is wrong or changed; unless this very form has made an order meanwhile."""
    if service.made_already(seen, carts.cart_of_request()) is not None:
        raise refusal
    return _show_payment(service.visit("payment"), refusal, seen)


def _note_purchase(found: service.Visit, placed: ordering.Placed) -> None:
    behaviour.note("add_payment_info", payment_type=found.state.gateway)
    items = [[line.sku, line.quantity, line.unit_minor] for line in found.quote.lines]
    behaviour.note("purchase", transaction_id=placed.number, value=found.quote.total_minor, items=items)


def _same_order(order_id: int) -> Response:
    g.regulars_same_order = True
    return _go_on(order_id)


# --- after the order --------------------------------------------------------------------------------------


def _go_on(order_id: int) -> Response:
    """To whoever takes the payment, or to the last page."""
    token = ordering.get_order(order_id).public_token
    return _follow(ordering.start_payment(order_id), token or "")


def _follow(step: ordering.PaymentStep, signed: str) -> Response:
    if step.kind == "go":
        return redirect(step.url, 303)
    if step.kind == "failed":
        flash(step.message)
        return _go("checkout.pay", signed=signed)
    return _go("checkout.done", signed=signed)


@blueprint.route("/checkout/pay/<signed>", methods=["GET", "POST"])
@place_limit
def pay(signed: str) -> Answer:
    """A payment that did not come about: try again, perhaps another way, unless it may have been paid."""
    order = ordering.order_of_link(signed)
    step = ordering.step_of(order.id)
    if step.kind != "failed" or order.status == "cancelled":
        return _go("checkout.done", signed=signed)
    wrong = None
    if request.method == "POST":
        try:
            return _follow(ordering.retry_payment(order.id, request.form.get("gateway", "")), signed)
        except Refusal as refusal:
            wrong = refusal
    facts = ordering.PaymentFacts(order.country, order.total_minor, order.currency)
    html = render_template(
        "checkout/pay.html",
        page=private_page("checkout-pay", _("Pay for your order")),
        order=order,
        gateways=ordering.offered_gateways(facts),
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
        return _go("checkout.pay", signed=signed)
    address = Address.from_json(order.shipping_address or {})
    html = render_template(
        "checkout/done.html",
        page=private_page("checkout-done", _("Your order")),
        order=order,
        step=step,
        lines=customers.address_lines(address) if order.shipping_address else [],
        name=address.name.split(" ")[0],
        status=_status_url(signed),
    )
    return html


def _status_url(signed: str) -> str:
    known = "ordering.show_order" in current_app.view_functions
    return url_for("ordering.show_order", signed=signed) if known else ""
