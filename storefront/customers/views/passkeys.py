"""Making and removing passkeys."""

from __future__ import annotations

from flask import Response, flash
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.customers import service
from storefront.customers.forms import PasskeyForm, PasswordForm
from storefront.customers.rules.signing import device_of
from storefront.customers.views.frame import (
    Answer,
    blueprint,
    go,
    password_tries,
    problems,
    show,
    user_agent,
)


@blueprint.get("/account/security/passkeys")
@login_required
def new_passkey() -> Answer:
    """Asks for the password and lets the browser make a passkey."""
    name = " ".join(filter(None, device_of(user_agent())))
    return show("passkey_new", "security", _("A passkey"), name=name, possible=service.passkeys_possible())


@blueprint.post("/account/security/passkeys/options")
@password_tries
@login_required
def new_passkey_options() -> Response:
    """What the browser needs to make a passkey; needs the password."""
    form = PasswordForm()
    try:
        if not form.validate_on_submit():
            raise Refusal(next(iter(problems(form).values())))
        service.check_password(current_user.customer_id, form.password.data)
    except Refusal as error:
        return Response(error.message, 422, mimetype="text/plain")
    return Response(service.registration_options(current_user), mimetype="application/json")


@blueprint.post("/account/security/passkeys")
@login_required
def add_passkey() -> Answer:
    """Keeps the passkey that the browser made."""
    form, refusal = PasskeyForm(), None
    if form.validate_on_submit():
        try:
            service.add_passkey(current_user, form.credential.data, form.name.data or "")
        except Refusal as error:
            refusal = error
        else:
            flash(_("From now on you can sign in with this passkey."))
            return go("customers.security")
    wrong = problems(form, refusal)
    page = {"wrong": wrong, "name": form.name.data or "", "possible": service.passkeys_possible()}
    return show("passkey_new", "security", _("A passkey"), 422, **page)


@blueprint.route("/account/security/passkeys/<public_id>/remove", methods=["GET", "POST"])
@password_tries
@login_required
def remove_passkey(public_id: str) -> Answer:
    """Takes a passkey away; needs the password."""
    named = [key for key in service.passkeys_of(current_user.customer_id) if key.public_id == public_id]
    form, refusal = PasswordForm(), None
    if not named:
        return _gone()
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
        except Refusal as error:
            refusal = error
        else:
            service.remove_passkey(current_user.customer_id, public_id)
            flash(_("The passkey is removed."))
            return go("customers.security")
    wrong, title = problems(form, refusal), _("Remove a passkey")
    return show("passkey_remove", "security", title, 422 if wrong else 200, named=named[0], wrong=wrong)


def _gone() -> AnyResponse:
    return go("customers.security")
