"""The cart: its page, and what can be done there. Every form works without a script."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, user_logged_in
from werkzeug.wrappers import Response

from storefront.cart import service
from storefront.cart.errors import BadCoupon, BadQuantity, NotForSale
from storefront.cart.rules import read_quantity
from storefront.catalog import service as catalog
from storefront.core import behaviour
from storefront.core.errors import NotFound, Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.security import limiter
from storefront.core.slots import PageContext, plan_page
from storefront.customers.rules import own_path

blueprint = Blueprint("cart", __name__)
Answer = Response | str | tuple[str, int]
# Files need no cart.
STATIC = frozenset({"static", "catalog.media"})


def init_app(app: Flask) -> None:
    """The number beside the bag in every template; carts are joined whichever way somebody signs in."""
    app.jinja_env.globals.update(
        cart_count=service.cart_count, days_of=service.days_of, bill_of=service.bill_of
    )
    user_logged_in.connect(_join_at_sign_in, app)


@blueprint.after_app_request
def _write_cookie(response: Response) -> Response:
    return service.write_cookie(response)  # type: ignore[arg-type]


# --- whose cart -------------------------------------------------------------------------------------------


def _join_at_sign_in(_app: Flask, user: Any) -> None:
    _join(user.customer_id)


@blueprint.before_app_request
def _join_for_the_host() -> None:
    """Who is signed in at the host app never passes our sign-in: their cart is joined when it is seen."""
    if request.endpoint in STATIC or service.guest_cookie() is None:
        return
    if current_user.is_authenticated:
        _join(current_user.customer_id)


def _join(customer_id: int) -> None:
    cookie = service.guest_cookie()
    if cookie is None:
        return
    merged = service.merge_carts(cookie[0], customer_id)
    service.forget_guest_cart()
    for words in service.merged_words(merged.clamped):
        flash(words)


# --- the page ---------------------------------------------------------------------------------------------


@blueprint.get("/cart")
def show() -> Answer:
    """Everything in the cart, what changed since, what it costs and when it comes."""
    return _page()


def _page(wrong: Refusal | None = None) -> Answer:
    row = service.cart_row()
    cart = service.load_cart(None, row, **service.known_facts(row))
    _plan(cart)
    if cart and wrong is None:
        _refresh_number(cart)
    html = render_template(
        "cart/show.html",
        page=private_page("cart", _("Your cart")),
        cart=cart,
        wrong=wrong,
        undo=service.open_removed(request.args.get("undo")) and request.args["undo"],
        typed=request.form,
    )
    return (html, wrong.status) if wrong else html


def _plan(cart: service.CartView | None) -> None:
    lines = cart.lines if cart else ()
    titles = {line.card.product_id: line.card.title for line in lines}
    facts = {"titles": titles, "cart_id": cart.row.id if cart else None}
    ids = cart.product_ids if cart else ()
    plan_page("cart", PageContext(language=current_language().code, product_ids=ids, more=facts))
    if lines and request.method == "GET":
        value = cart.quote.goods_minor if cart and cart.quote else 0
        behaviour.note("view_cart", value=value, items=[line.card.sku for line in lines])


def _refresh_number(cart: service.CartView) -> None:
    """The cookie of a visitor says how many pieces there are; products that went take theirs along."""
    cookie, ref = service.guest_cookie(), service.cart_of_request()
    pieces = sum(line.quantity for line in cart.lines)
    if cookie and ref and ref.customer_id is None and cookie[1] != pieces:
        service.remember_cart(ref)


def _back() -> Response:
    return redirect(url_for("cart.show"), 303)


# --- putting in -------------------------------------------------------------------------------------------


@blueprint.post("/cart/add")
def add() -> Answer:
    """Put `quantity` pieces (or one) of the variant `sku` in, and go to `next` or to the cart."""
    try:
        quantity = read_quantity(request.form.get("quantity", "1"))
        if quantity is None:
            raise BadQuantity
        card = catalog.find_variant(request.form.get("sku", ""))
        if card is None:
            raise NotForSale
        added = service.add_to_cart(service.cart_to_fill(), card.variant_id, quantity)
    except Refusal as refusal:
        return _page(refusal)
    service.remember_cart(added.ref)
    flash(service.added_words(added))
    _note("add_to_cart", added.card, added.added)
    return redirect(own_path(request.form.get("next"), url_for("cart.show")), 303)


def _note(event: str, card: Any, quantity: int) -> None:
    facts = {"product_id": card.product_id, "sku": card.sku, "price": card.price.minor}
    behaviour.note(event, quantity=quantity, **facts)


# --- one line ---------------------------------------------------------------------------------------------


@blueprint.post("/cart/lines/<key>/quantity")
def quantity(key: str) -> Answer:
    """So many pieces, or with `step` one more or fewer."""
    step = {"more": 1, "less": -1}.get(request.form.get("step", ""))
    wanted = read_quantity(request.form.get("quantity"))
    if step is None and wanted is None:
        return _page(BadQuantity(line=key))

    def change(ref: service.CartRef) -> None:
        if step is not None:
            service.step_quantity(ref, key, step)
        elif wanted is not None:
            changed = service.set_quantity(ref, key, wanted)
            if changed.left is not None:
                flash(_("There are only %(left)s of it; your cart has all of them.", left=changed.left))

    return _change(change)


@blueprint.post("/cart/lines/<key>/remove")
def remove(key: str) -> Answer:
    """Take a line out; the page that follows offers to put it back."""
    ref = service.cart_of_request()
    try:
        removed = service.remove_line(ref or service.CartRef(None, token=""), key)
    except NotFound:
        return _back()
    if ref:
        service.remember_cart(ref)
    for card in catalog.load_variants([removed.variant_id]).values():
        _note("remove_from_cart", card, removed.quantity)
    return redirect(url_for("cart.show", undo=service.seal_removed(removed)), 303)


@blueprint.post("/cart/lines/<key>/save")
def save(key: str) -> Answer:
    """Put a line aside for later."""
    return _change(lambda ref: service.save_for_later(ref, key))


@blueprint.post("/cart/lines/<key>/back")
def back(key: str) -> Answer:
    """Take what was put aside into the cart again."""
    return _change(lambda ref: service.back_to_cart(ref, key))


@blueprint.post("/cart/undo")
def undo() -> Answer:
    """Put the line back that was just taken out."""
    removed = service.open_removed(request.form.get("undo"))
    if removed is None:
        return _back()
    return _change(lambda ref: service.restore_line(ref, removed))


def _change(act: Any) -> Answer:
    """Do it to this request's cart and show the cart; a line that is not (any more) in it changes nothing."""
    ref = service.cart_of_request()
    if ref is None:
        return _back()
    try:
        act(ref)
    except NotFound:
        return _back()
    except Refusal as refusal:
        return _page(refusal)
    service.remember_cart(ref)
    return _back()


# --- codes ------------------------------------------------------------------------------------------------


@blueprint.post("/cart/coupon")
@limiter.limit("20 per hour")
def coupon() -> Answer:
    """Use a code. One that does not count is not kept; the page says why."""
    ref = service.cart_of_request()
    try:
        code = service.set_coupon(ref or service.CartRef(None, token=""), request.form.get("code"))
        problem = service.code_problems(ref).get(code)
        if problem and ref:
            service.remove_coupon(ref, code)
            raise BadCoupon(problem)
    except Refusal as refusal:
        return _page(refusal)
    return _back()


@blueprint.post("/cart/coupon/remove")
def coupon_remove() -> Answer:
    """Take a code off again."""
    return _change(lambda ref: service.remove_coupon(ref, request.form.get("code")))


@blueprint.post("/cart/note")
def note() -> Answer:
    """What the shop should know of this order."""
    return _change(lambda ref: service.set_note(ref, request.form.get("note")))
