"""A wish list behind its link, for people who want to give something."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.catalog import service as catalog
from storefront.core.errors import NotFound, Refusal
from storefront.core.pages import private_page
from storefront.core.security import limiter
from storefront.reviews import service
from storefront.reviews.rules import read_wanted
from storefront.reviews.service.sharing import Share
from storefront.reviews.views.blueprint import blueprint

KEYS = "wish_given"
MOST_KEYS = 20


@blueprint.get("/wishlist/<token>")
def shared(token: str) -> Response:
    """The list, with what is still to be given. Its owner sees it without the marks."""
    return _page(service.get_share(token))


def _page(share: Share, wrong: Refusal | None = None) -> Response:
    title = share.title or _("A wish list")
    html = render_template(
        "reviews/shared.html",
        page=private_page("shared-wishlist", title),
        share=share,
        title=title,
        lines=service.shared_list(share.customer_id),
        own=_is_own(share),
        mine=_keys(),
        wrong=wrong,
    )
    response = current_app.make_response((html, wrong.status if wrong else 200))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _is_own(share: Share) -> bool:
    return current_user.is_authenticated and current_user.customer_id == share.customer_id


def _keys() -> dict[str, str]:
    """Keys to the marks that this browser made, by SKU and link."""
    found = session.get(KEYS)
    return found if isinstance(found, dict) else {}


def _name(token: str, sku: str) -> str:
    return f"{token[:8]}:{sku}"


@blueprint.post("/wishlist/<token>/give")
@limiter.limit("30 per hour")
def give(token: str) -> AnyResponse:
    """Mark pieces of a wish (`sku`, `quantity`) as bought, so that others choose something else."""
    share, sku = service.get_share(token), request.form.get("sku", "")
    card, quantity = catalog.find_variant(sku), read_wanted(request.form.get("quantity", "1"))
    if card is None or _is_own(share):
        raise NotFound()
    if quantity is None:
        return _page(share, Refusal(_("Please give a number from 1 to 99.")))
    try:
        key = service.give(token, card.variant_id, quantity)
    except Refusal as refusal:
        return _page(share, refusal)
    session[KEYS] = dict([*_keys().items(), (_name(token, sku), key)][-MOST_KEYS:])
    flash(_("Thank you. Others who have the link see that it is taken care of; nobody sees by whom."))
    return redirect(url_for("reviews.shared", token=token), 303)


@blueprint.post("/wishlist/<token>/take-back")
def take_back(token: str) -> AnyResponse:
    """Take the mark back that this browser made."""
    keys = dict(_keys())
    key = keys.pop(_name(token, request.form.get("sku", "")), None)
    if key is not None and service.take_back(key):
        flash(_("Taken back: others can give it again."))
    session[KEYS] = keys
    return redirect(url_for("reviews.shared", token=token), 303)
