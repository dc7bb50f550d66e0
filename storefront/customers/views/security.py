"""How one signs in: sign-ins, the app with codes, codes on paper."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.customers import service
from storefront.customers.forms import CodeForm, PasswordForm
from storefront.customers.views.frame import Answer, blueprint, go, password_tries, problems, show


@blueprint.get("/account/security")
@login_required
def security() -> Answer:
    """Everything about getting in."""
    mine = current_user.customer_id
    return show(
        "security",
        "security",
        _("Signing in"),
        sign_ins=service.sign_ins_of(current_user),
        codes=service.has_authenticator(mine),
        paper_codes=service.paper_codes_left(mine),
        passkeys=service.passkeys_of(mine),
        passkeys_possible=service.passkeys_possible(),
    )


@blueprint.post("/account/security/sign-ins/end")
@login_required
def end_sign_in() -> AnyResponse:
    """Sign out another browser."""
    if service.end_sign_in(current_user.customer_id, request.form.get("key", "")):
        flash(_("That browser is signed out."))
    return go("customers.security")


@blueprint.post("/account/security/sign-ins/end-all")
@login_required
def end_sign_ins() -> AnyResponse:
    """Sign out everywhere else."""
    service.sign_out_everywhere(current_user.customer_id, current_user.token)
    flash(_("Everywhere else you are signed out."))
    return go("customers.security")


@blueprint.route("/account/security/codes", methods=["GET", "POST"])
@password_tries
@login_required
def set_up_codes() -> Answer:
    """Begins with the password: whoever finds an open browser must not lock its owner out."""
    if service.has_authenticator(current_user.customer_id):
        return redirect(url_for("customers.security"))
    form, refusal = PasswordForm(), None
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
        except Refusal as error:
            refusal = error
        else:
            service.begin_authenticator(current_user.customer_id)
            return go("customers.confirm_codes")
    wrong = problems(form, refusal)
    title = _("Codes from an app")
    return show("codes_begin", "security", title, 422 if wrong else 200, wrong=wrong)


@blueprint.route("/account/security/codes/confirm", methods=["GET", "POST"])
@password_tries
@login_required
def confirm_codes() -> Answer:
    """The picture for the app, and the first code as proof that it works."""
    setup = service.authenticator_setup(current_user)
    if setup is None:
        return redirect(url_for("customers.security"))
    form, refusal = CodeForm(), None
    if form.validate_on_submit():
        try:
            codes = service.confirm_authenticator(current_user, form.code.data)
        except Refusal as error:
            refusal = error
        else:
            # Shown in this very answer and never again: they are nowhere but here.
            return show("paper_codes", "security", _("Codes on paper"), codes=codes, fresh=True)
    wrong = problems(form, refusal)
    title = _("Codes from an app")
    return show("codes_confirm", "security", title, 422 if wrong else 200, setup=setup, wrong=wrong)


@blueprint.route("/account/security/codes/remove", methods=["GET", "POST"])
@password_tries
@login_required
def remove_codes() -> Answer:
    """Codes are not asked for any more; needs the password."""
    form, refusal = PasswordForm(), None
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
        except Refusal as error:
            refusal = error
        else:
            service.remove_authenticator(current_user.customer_id)
            flash(_("Codes are not asked for any more."))
            return go("customers.security")
    wrong = problems(form, refusal)
    title = _("Remove the codes")
    return show("codes_remove", "security", title, 422 if wrong else 200, wrong=wrong)


@blueprint.route("/account/security/codes/paper", methods=["GET", "POST"])
@password_tries
@login_required
def paper_codes() -> Answer:
    """New codes on paper; the old ones are worth nothing then. Needs the password."""
    form, refusal = PasswordForm(), None
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
        except Refusal as error:
            refusal = error
        else:
            codes = service.new_paper_codes(current_user.customer_id)
            return show("paper_codes", "security", _("Codes on paper"), codes=codes, fresh=False)
    wrong = problems(form, refusal)
    return show("paper_begin", "security", _("Codes on paper"), 422 if wrong else 200, wrong=wrong)
