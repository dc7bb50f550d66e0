"""An order as its buyer sees it: by the link in the mails, or in the account. No form needs a script."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.cart import service as cart
from storefront.core.errors import NotFound, Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.security import limiter
from storefront.core.slots import PageContext, plan_page
from storefront.ordering import service
from storefront.ordering.service.acting import LONGEST_REASON, Reordered, ask_return, reorder
from storefront.ordering.service.invoices import invoice_of
from storefront.ordering.service.reading import OrderView
from storefront.ordering.service.showing import order_page
from storefront.ordering.views import blueprint

Answer = str | AnyResponse | tuple[str, int]
_PIECES = re.compile(r"[0-9]{1,4}\Z", re.ASCII)
LINK, ACCOUNT = "/orders/<signed>", "/account/orders/<number>"


def the_order(signed: str, number: str) -> OrderView:
    """The order of a link, or of this number among the orders of whoever is signed in. Raises NotFound."""
    if signed:
        return service.order_of_link(signed)
    if len(number) > 60 or "\0" in number:
        raise NotFound
    return service.get_order_by_number(number, customer_id=current_user.customer_id)


def _asks_to_sign_in(number: str) -> AnyResponse | None:
    """Orders in the account are shown to whoever is signed in: everybody else signs in first."""
    if number and not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
    return None


def _address(what: str, signed: str, number: str) -> str:
    """The address of one of the pages below, for the way on which this visitor came."""
    if signed:
        return url_for(f"ordering.{what}", signed=signed)
    return url_for(f"ordering.{what}", number=number)


# --- looking ----------------------------------------------------------------------------------------------


@blueprint.get(LINK)
@blueprint.get(ACCOUNT)
def show_order(signed: str = "", number: str = "") -> Answer:
    """Where the order stands, what is in it, what it cost, and what can be done."""
    return _asks_to_sign_in(number) or _order_page(signed, number)


def _order_page(signed: str, number: str, wrong: Refusal | None = None) -> Answer:
    page = order_page(the_order(signed, number))
    ids = tuple(line.product_id for line in page.order.lines if line.product_id)
    facts = {"order": page.order}
    plan_page("order", PageContext(language=current_language().code, product_ids=ids, more=facts))
    html = render_template(
        "ordering/show.html",
        page=private_page(
            "order" if signed else "account-order", _("Order %(number)s", number=page.order.number)
        ),
        shown=page,
        order=page.order,
        wrong=wrong,
        in_account=not signed,
        to=lambda what: _address(what, signed, number),
        pay_url=pay_url(page.order),
    )
    return (html, wrong.status) if wrong else html


def pay_url(order: OrderView) -> str:
    """Where an order is paid: a page of the checkout, which stands above orders; '' without it."""
    known = "checkout.pay" in current_app.view_functions and order.public_token
    return url_for("checkout.pay", signed=order.public_token) if known else ""


@blueprint.get(LINK + "/invoice")
@blueprint.get(ACCOUNT + "/invoice")
def invoice(signed: str = "", number: str = "") -> Answer:
    """The invoice and its credit notes, to be printed."""
    asked = _asks_to_sign_in(number)
    if asked:
        return asked
    paper = invoice_of(the_order(signed, number))
    title = _("Invoice %(number)s", number=paper.number)
    return render_template(
        "ordering/invoice.html",
        page=private_page("invoice", title),
        invoice=paper,
        back=_address("show_order", signed, number),
    )


# --- doing ------------------------------------------------------------------------------------------------


@blueprint.post(LINK + "/cancel")
@blueprint.post(ACCOUNT + "/cancel")
@limiter.limit("20 per hour")
def cancel(signed: str = "", number: str = "") -> Answer:
    """The buyer ends the order, as long as nothing was sent."""

    def end(order_id: int) -> None:
        service.cancel_order(order_id, reason="customer", who="customer")

    return _does(signed, number, end, _("Your order is cancelled."))


@blueprint.post(LINK + "/arrived")
@blueprint.post(ACCOUNT + "/arrived")
@limiter.limit("20 per hour")
def arrived(signed: str = "", number: str = "") -> Answer:
    """The buyer has what was sent."""

    def note(order_id: int) -> None:
        service.mark_delivered(order_id, who="customer")

    return _does(signed, number, note, _("Good to know. Enjoy it."))


def _does(signed: str, number: str, act: Callable[[int], None], done: str) -> Answer:
    """Do it to the buyer's own order and say so; what is refused is said on the order's page."""
    asked = _asks_to_sign_in(number)
    if asked:
        return asked
    try:
        act(the_order(signed, number).id)
    except Refusal as refusal:
        return _order_page(signed, number, refusal)
    flash(done)
    return redirect(_address("show_order", signed, number), 303)


@blueprint.route(LINK + "/return", methods=["GET", "POST"])
@blueprint.route(ACCOUNT + "/return", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"])
def return_goods(signed: str = "", number: str = "") -> Answer:
    """The buyer asks to send pieces back: which, how many, why."""
    asked = _asks_to_sign_in(number)
    if asked:
        return asked
    order = the_order(signed, number)
    refusal = None
    if request.method == "POST":
        try:
            ask_return(order, _chosen(order), request.form.get("reason", ""))
        except Refusal as refused:
            refusal = refused
        else:
            flash(_("We have your request and write to you."))
            return redirect(_address("show_order", signed, number), 303)
    return _return_page(order, _address("show_order", signed, number), refusal)


def _chosen(order: OrderView) -> dict[int, int]:
    """Pieces by line, as they stand in the form. Raises Refusal for what is no number of pieces."""
    chosen = {}
    for place, line in enumerate(order.lines):
        text = request.form.get(f"pieces-{place}", "").strip()
        if text and not _PIECES.match(text):
            raise Refusal(_("Please give how many pieces, in figures."), field=f"pieces-{place}")
        chosen[line.id] = int(text or 0)
    return chosen


def _return_page(order: OrderView, back: str, wrong: Refusal | None) -> Answer:
    html = render_template(
        "ordering/return.html",
        page=private_page("order-return", _("Send something back")),
        shown=order_page(order),
        order=order,
        wrong=wrong,
        typed=request.form,
        back=back,
        longest=LONGEST_REASON,
    )
    return (html, wrong.status) if wrong else html


@blueprint.post(LINK + "/reorder")
@blueprint.post(ACCOUNT + "/reorder")
@limiter.limit("60 per hour")
def order_again(signed: str = "", number: str = "") -> Answer:
    """Everything of the order that is still sold goes into the cart."""
    asked = _asks_to_sign_in(number)
    if asked:
        return asked
    order = the_order(signed, number)
    done = reorder(order, cart.cart_to_fill())
    if done.ref is not None:
        cart.remember_cart(done.ref)
    for words in _reordered_words(done):
        flash(words)
    if not done.pieces:
        return redirect(_address("show_order", signed, number), 303)
    return redirect(url_for("cart.show"), 303)


def _reordered_words(done: Reordered) -> list[str]:
    words = []
    if done.pieces:
        words.append(
            ngettext("%(num)s thing is in your cart.", "%(num)s things are in your cart.", done.pieces)
        )
    if done.fewer:
        words.append(_("There were fewer left of: %(titles)s.", titles=", ".join(done.fewer)))
    if done.missing:
        words.append(_("Not to be had any more, or sold out: %(titles)s.", titles=", ".join(done.missing)))
    return words
