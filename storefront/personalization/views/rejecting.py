""" "Not for me": said on a card, taken back beside it or in the account; in the page or through one."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required, user_logged_in
from werkzeug.wrappers import Response as AnyResponse

from storefront.catalog import service as catalog
from storefront.core.errors import NotFound
from storefront.core.pages import private_page
from storefront.core.security import limiter
from storefront.customers.rules import own_path
from storefront.personalization.service import noting, rejections
from storefront.personalization.views.blueprint import blueprint

LONGEST_SKU = 120


def init_app(app: Flask) -> None:
    """The note in every strip; what was said before signing in goes along."""
    app.jinja_env.globals.update(noted_in=noting.noted_in)
    user_logged_in.connect(_join_at_sign_in, app)


def _join_at_sign_in(_app: Flask, user: Any, **_more: Any) -> None:
    rejections.join_rejections(user.customer_id)


@blueprint.after_app_request
def _write_cookie(response: Response) -> Response:
    return rejections.write_kept(response)


@blueprint.post("/not-for-me")
@limiter.limit("120 per hour")
def not_for_me() -> AnyResponse:
    """A card is not to be shown any more; the page that follows says so, with a way back."""
    sku, product_id = _product()
    card = catalog.load_cards([product_id], viewer=catalog.ON_A_SHELF).get(product_id)
    if card is None:
        raise NotFound()
    rejections.reject(product_id)
    if _is_quiet():
        return jsonify(said=noting.words_of(card.title))
    noting.keep_for_next_page(sku, card.title, request.args.get("strip", ""))
    return redirect(_back() + "#noted", 303)


@blueprint.post("/not-for-me/undo")
@limiter.limit("120 per hour")
def undo_not_for_me() -> AnyResponse:
    """It may be shown again."""
    _sku, product_id = _product()
    rejections.take_back(product_id)
    noting.forget()
    said = _("Undone. It may be suggested again.")
    if _is_quiet():
        return jsonify(said=said)
    flash(said)
    return redirect(_back(), 303)


@blueprint.get("/account/not-for-me")
@login_required
def rejected() -> str:
    """Everything that whoever is signed in said no to."""
    return render_template(
        "personalization/rejected.html",
        page=private_page("account-not-for-me", _("Not for me")),
        lines=rejections.list_rejected(current_user.customer_id),
    )


def _is_quiet() -> bool:
    return request.headers.get("X-Quiet") == "1"


def _back() -> str:
    return own_path(request.form.get("next"), url_for("homepage.show")).partition("#")[0]


def _product() -> tuple[str, int]:
    sku = request.form.get("sku", "")
    if not sku or len(sku) > LONGEST_SKU or not sku.isprintable():
        raise NotFound()
    found = catalog.products_by_sku([sku]).get(sku)
    if found is None:
        raise NotFound()
    return sku, found
