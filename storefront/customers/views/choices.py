"""What a visitor agrees to: the question on every page, and the page that explains it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.pages import private_page
from storefront.customers import service
from storefront.customers.forms import ChoiceForm
from storefront.customers.rules import own_path
from storefront.customers.rules.consent import ASKED_OF_VISITORS
from storefront.customers.views.frame import Answer, blueprint


@blueprint.get("/consent")
def consent() -> Answer:
    """What each choice means, and what was chosen in this browser."""
    page = private_page("consent", _("What we may remember"))
    choice = service.choice_of_request()
    agreed = service.consents_of_request()
    return render_template("customers/consent.html", page=page, agreed=agreed, answered=choice is not None)


@blueprint.post("/consent")
def choose() -> AnyResponse:
    """All, none, or what is ticked; back to where the question was."""
    form = ChoiceForm()
    ticked = frozenset(request.form.getlist("purposes")) & frozenset(ASKED_OF_VISITORS)
    agreed = {"all": frozenset(ASKED_OF_VISITORS), "some": ticked}.get(form.choice.data or "", frozenset())
    response = redirect(own_path(form.next.data, url_for("homepage.show")), code=303)
    service.keep_choice(response, agreed)
    if not current_user.is_authenticated and form.choice.data == "some":
        flash(_("Noted."))
    return response
