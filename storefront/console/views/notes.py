"""Small things that every page of the console may send: notes, saved views, whether there are shortcuts."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.console.service import notes as service
from storefront.console.views.frame import KEYS_COOKIE, blueprint
from storefront.core.console import may_now, staff
from storefront.core.console.notes import read_comment_token
from storefront.core.errors import NotAllowed, Refusal
from storefront.core.i18n import root_path
from storefront.customers.rules import own_path


def _back() -> Response:
    return redirect(own_path(request.form.get("back"), url_for("console.today")), 303)


@blueprint.post("/console/comments")
@staff()
def comment() -> Response:
    """A note on a thing; the page that showed the form says on which."""
    subject, key, permission = read_comment_token(request.form.get("about", ""))
    if not may_now(permission):
        raise NotAllowed()
    try:
        service.write_comment(subject, key, request.form.get("body", ""))
    except Refusal as refusal:
        flash(refusal.message)
    return _back()


@blueprint.post("/console/views")
@staff()
def save_view() -> Response:
    """Keep the filters of an index as a tab."""
    form = request.form
    try:
        service.save_view(
            current_user.customer_id,
            page=form.get("page", ""),
            name=form.get("name", ""),
            query=form.get("query", ""),
            shared=form.get("shared") == "1",
        )
        flash(_("View saved."))
    except Refusal as refusal:
        flash(refusal.message)
    return _back()


@blueprint.post("/console/views/<int:number>/delete")
@staff()
def delete_view(number: int) -> Response:
    """Remove a tab of one's own."""
    service.delete_view(current_user.customer_id, number)
    flash(_("View deleted."))
    return _back()


@blueprint.post("/console/keys")
@staff()
def keys() -> Response:
    """Switch the shortcuts of this browser on or off."""
    response = redirect(url_for("console.today"), 303)
    if request.form.get("keys") == "off":
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        path = root_path() or "/"
        response.set_cookie(
            KEYS_COOKIE, "off", max_age=365 * 86_400, path=path, secure=secure, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(KEYS_COOKIE, path=root_path() or "/")
    return response
