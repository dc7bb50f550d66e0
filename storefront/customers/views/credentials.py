"""A forgotten password, a new password, a new address."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.core.security import limiter
from storefront.customers import service
from storefront.customers.errors import LinkOver
from storefront.customers.forms import ChangeEmailForm, ChangePasswordForm, ForgotForm, ResetForm
from storefront.customers.views.frame import (
    Answer,
    blueprint,
    go,
    locale,
    password_tries,
    problems,
    show,
    user_agent,
)


@blueprint.route("/account/forgot", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def forgot() -> Answer:
    """Asks for a link; the answer is the same for every address, known or not, first time or fourth."""
    form, refusal = ForgotForm(), None
    if form.validate_on_submit():
        try:
            service.ask_reset(form.email.data, locale())
        except Refusal as error:
            refusal = error
        else:
            return go("customers.reset_sent")
    wrong = problems(form, refusal)
    return show("forgot", "forgot", _("A new password"), 422 if wrong else 200, form=form, wrong=wrong)


@blueprint.get("/account/reset-sent")
def reset_sent() -> Answer:
    """Look into your mail, if we know you."""
    return show("reset_sent", "forgot", _("Look into your mail"))


@blueprint.route("/account/reset/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def reset(token: str) -> Answer:
    """Sets the new password; looking at the page uses nothing up."""
    if not service.can_reset(token):
        flash(_("This link was used or is too old. Here you get another one."))
        return redirect(url_for("customers.forgot"))
    form, refusal = ResetForm(), None
    if form.validate_on_submit():
        try:
            service.reset_password(token, form.password.data)
        except LinkOver:
            return go("customers.forgot")
        except Refusal as error:
            refusal = error
        else:
            flash(_("Your password is changed. Please sign in with the new one."))
            return go("customers.login")
    wrong = problems(form, refusal)
    return show("reset", "reset", _("A new password"), 422 if wrong else 200, wrong=wrong)


@blueprint.route("/account/security/password", methods=["GET", "POST"])
@password_tries
@login_required
def change_password() -> Answer:
    """Another password; everybody else who was signed in is out."""
    form, refusal = ChangePasswordForm(), None
    if form.validate_on_submit():
        try:
            service.change_password(current_user, form.current.data, form.new.data)
        except Refusal as error:
            refusal = error
        else:
            return _in_again()
    wrong = problems(form, refusal)
    title = _("Change the password")
    return show("change_password", "security", title, 422 if wrong else 200, wrong=wrong)


def _in_again() -> AnyResponse:
    """A new sign-in for this browser: the one from before the change is worth nothing, here or copied."""
    login_user(service.open_sign_in(current_user.customer_id, user_agent()))
    flash(_("Your password is changed. Everywhere else you are signed out."))
    return go("customers.security")


@blueprint.route("/account/security/email", methods=["GET", "POST"])
@password_tries
@login_required
def change_email() -> Answer:
    """A new address, which counts once its mail was answered."""
    form, refusal = ChangeEmailForm(), None
    if form.validate_on_submit():
        try:
            service.ask_email_change(current_user, form.password.data, form.email.data, locale())
        except Refusal as error:
            refusal = error
        else:
            flash(_("We wrote to the new address. It counts once you follow the link there."))
            return go("customers.security")
    wrong = problems(form, refusal)
    title = _("Change the e-mail address")
    return show("change_email", "security", title, 422 if wrong else 200, form=form, wrong=wrong)


@blueprint.post("/account/confirm")
@limiter.limit("20 per hour")
@login_required
def send_confirmation() -> AnyResponse:
    """The mail that proves the address, once more."""
    service.send_confirmation(current_user, locale())
    flash(_("The mail is on its way once more."))
    return go("customers.overview")
