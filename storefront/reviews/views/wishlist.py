"""One's own wish list: a member's in the account, a visitor's in their browser; and the hearts everywhere."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required, user_logged_in
from werkzeug.wrappers import Response as AnyResponse

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import behaviour
from storefront.core.errors import NotFound, Refusal
from storefront.core.pages import private_page
from storefront.customers.rules import own_path
from storefront.reviews import service
from storefront.reviews.rules import LONGEST_NOTE, LONGEST_TITLE, read_line, read_wanted
from storefront.reviews.service import render
from storefront.reviews.views.blueprint import blueprint, members_only

Answer = AnyResponse | str | tuple[str, int]
STATIC = frozenset({"static", "catalog.media"})


def init_app(app: Flask) -> None:
    """Hearts and the link to the list in every template; lists are joined whichever way somebody signs in."""
    drawn = {"wish_tool": render.wish_tool, "wish_link": render.wish_link, "wish_form": render.wish_form}
    app.context_processor(lambda: drawn)
    user_logged_in.connect(_join_at_sign_in, app)


@blueprint.after_app_request
def _write_cookie(response: Response) -> Response:
    return service.write_kept(response)


def _join_at_sign_in(_app: Flask, user: Any) -> None:
    if service.has_kept():
        _join(user.customer_id)


@blueprint.before_app_request
def _join_for_the_host() -> None:
    """Who is signed in at the host app never passes our sign-in: their list is joined when it is seen."""
    if request.endpoint not in STATIC and service.has_kept() and current_user.is_authenticated:
        _join(current_user.customer_id)


def _join(customer_id: int) -> None:
    added = service.join(customer_id)
    if added:
        told = ngettext(
            "%(num)s thing that you kept is on your wish list now.",
            "%(num)s things that you kept are on your wish list now.",
            added,
        )
        flash(told)


# --- hearts -----------------------------------------------------------------------------------------------


@blueprint.post("/wishes/toggle")
def toggle() -> Answer:
    """A heart: `add` a SKU, `remove` it, or `drop` all variants of its product; with X-Quiet as JSON."""
    act = next((name for name in ("drop", "remove", "add") if name in request.form), "add")
    card = _card(request.form.get(act))
    try:
        said = _press(act, card)
    except Refusal as refusal:
        return _refused(refusal)
    count = render.wished_now().count
    if _is_quiet():
        return jsonify(on=act == "add", count=count, said=said)
    flash(said)
    return redirect(own_path(request.form.get("next"), _home()), 303)


def _press(act: str, card: VariantCard) -> str:
    if act != "add":
        service.take_off(card, whole=act == "drop")
        return _("%(title)s is off your wish list.", title=card.title)
    service.put_on(card)
    behaviour.note("add_to_wishlist", product_id=card.product_id, sku=card.sku, price=card.price.minor)
    return _("%(title)s is on your wish list.", title=card.title)


def _refused(refusal: Refusal) -> Answer:
    if _is_quiet():
        answer = jsonify(said=refusal.message)
        answer.status_code = refusal.status
        return answer
    return _page(refusal)


def _is_quiet() -> bool:
    return request.headers.get("X-Quiet") == "1"


def _card(sku: str | None) -> VariantCard:
    card = catalog.find_variant(sku or "")
    if card is None:
        raise NotFound()
    return card


def _home() -> str:
    """Where the list of whoever asks is."""
    return url_for("reviews.account_wishlist" if current_user.is_authenticated else "reviews.wishlist")


# --- pages ------------------------------------------------------------------------------------------------


@blueprint.get("/wishlist")
def wishlist() -> Answer:
    """A visitor's list. Members have theirs in the account."""
    return redirect(_home()) if current_user.is_authenticated else _page()


@blueprint.get("/account/wishlist")
@login_required
def account_wishlist() -> Answer:
    """A member's list, its link, and what they wait for."""
    return _page()


def _page(wrong: Refusal | None = None) -> Answer:
    found = _members_page() if current_user.is_authenticated else _visitors_page()
    more = {"wrong": wrong, "undo": "removed" in request.args and service.can_undo()}
    html = render_template(found.pop("template"), **found, **more)
    return (html, wrong.status) if wrong else html


def _visitors_page() -> dict[str, Any]:
    lines = service.visitors_list(service.kept_wishes())
    return {
        "template": "reviews/wishlist.html",
        "lines": lines,
        "page": private_page("wishlist", _("Wish list")),
    }


def _members_page() -> dict[str, Any]:
    customer_id = current_user.customer_id
    return {
        "template": "reviews/account.html",
        "lines": service.list_of(customer_id),
        "share": service.share_of(customer_id),
        "waiting": service.requests_of(customer_id),
        "show_given": request.args.get("given") == "1",
        "page": private_page("account-wishlist", _("Wish list")),
    }


# --- one line ---------------------------------------------------------------------------------------------


@blueprint.post("/wishes/remove")
def remove() -> Answer:
    """Take a variant off the list; the page that follows offers to put it back."""
    service.take_off(_card(request.form.get("sku")))
    return redirect(_home() + "?removed=1", 303)


@blueprint.post("/wishes/undo")
def undo() -> Answer:
    """Put back what was taken off last."""
    if service.undo():
        flash(_("It is on your wish list again."))
    return redirect(_home(), 303)


@blueprint.post("/wishes/move")
@members_only
def move() -> Answer:
    """One place up or down (`way`)."""
    card = _card(request.form.get("sku"))
    service.move_wish(current_user.customer_id, card.variant_id, up=request.form.get("way") == "up")
    return redirect(f"{_home()}#wish-{card.sku}", 303)


@blueprint.post("/wishes/change")
@members_only
def change() -> Answer:
    """How many are wanted, and a note for whoever reads the shared list."""
    card = _card(request.form.get("sku"))
    wanted = read_wanted(request.form.get("wanted"))
    if wanted is None:
        return _page(Refusal(_("Please give a number from 1 to 99."), field=f"wanted-{card.sku}"))
    note = read_line(request.form.get("note"), LONGEST_NOTE)
    service.change_wish(current_user.customer_id, card.variant_id, wanted=wanted, note=note)
    flash(_("Noted."))
    return redirect(f"{_home()}#wish-{card.sku}", 303)


# --- the link ---------------------------------------------------------------------------------------------


@blueprint.post("/account/wishlist/share")
@members_only
def share() -> Answer:
    """Make a link to the list, or give it another name."""
    service.share_list(current_user.customer_id, read_line(request.form.get("title"), LONGEST_TITLE))
    flash(_("Whoever has the link can see your list now."))
    return redirect(url_for("reviews.account_wishlist"), 303)


@blueprint.post("/account/wishlist/share/stop")
@members_only
def stop_sharing() -> Answer:
    """Take the link back for good."""
    service.stop_sharing(current_user.customer_id)
    flash(_("The link leads nowhere any more."))
    return redirect(url_for("reviews.account_wishlist"), 303)
