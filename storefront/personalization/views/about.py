"""What the shop concludes about whoever is signed in, and their word on it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from storefront.core.database import transaction
from storefront.core.errors import NotFound
from storefront.core.pages import private_page
from storefront.customers.service import consents_of_request
from storefront.personalization.service import facts
from storefront.personalization.views.blueprint import blueprint


@blueprint.get("/account/about-me")
@login_required
def about_me() -> str:
    """Every conclusion with what it rests on. Without consent nothing is concluded and nothing shown."""
    agreed = "personalization" in consents_of_request()
    found = facts.conclusions_about(current_user.customer_id) if agreed else []
    page = private_page("account-about-me", _("What the shop concludes about you"))
    kept_out = facts.kept_out(current_user.customer_id)
    return render_template(
        "personalization/about_me.html", page=page, agreed=agreed, conclusions=found, kept_out=kept_out
    )


@blueprint.post("/account/about-me/not-true")
@login_required
def not_true() -> Response:
    """A conclusion is not to be used any more."""
    if "personalization" not in consents_of_request():
        raise NotFound()
    with transaction() as tx:
        facts.say_untrue(tx, current_user.customer_id, _category())
    flash(_("Noted. It is not used any more; everything else stays as it was."))
    return _back()


@blueprint.post("/account/about-me/undo")
@login_required
def undo() -> Response:
    """It counts again."""
    with transaction() as tx:
        facts.take_back(tx, current_user.customer_id, _category())
    flash(_("Undone. It counts again."))
    return _back()


def _category() -> int:
    given = request.form.get("category", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise NotFound()
    return int(given)


def _back() -> Response:
    return redirect(url_for("personalization.about_me", _anchor="conclusions"), 303)
