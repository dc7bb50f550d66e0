"""What we may do with what we know, all of it in one file, and its end."""

from __future__ import annotations

from flask import Response, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required, logout_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.customers import service
from storefront.customers.forms import EraseForm, PasswordForm
from storefront.customers.rules import PURPOSES
from storefront.customers.views.frame import Answer, blueprint, go, password_tries, problems, show


@blueprint.route("/account/privacy", methods=["GET", "POST"])
@login_required
def privacy() -> Answer:
    """Three things asked apart, and everything that was ever answered."""
    mine = current_user.customer_id
    if request.method == "POST":
        given = frozenset(request.form.getlist("purposes")) & frozenset(PURPOSES)
        service.set_consents(mine, given, "account")
        flash(_("Saved. It counts from now on."))
        return go("customers.privacy")
    return show(
        "privacy", "privacy", _("Privacy"), given=current_user.consents, log=service.consent_log(mine)
    )


@blueprint.route("/account/privacy/export", methods=["GET", "POST"])
@password_tries
@login_required
def export_data() -> Answer:
    """Everything in one file; needs the password."""
    form, refusal = PasswordForm(), None
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
        except Refusal as error:
            refusal = error
        else:
            return _archive()
    wrong, title = problems(form, refusal), _("Everything we know")
    return show("export", "privacy", title, 422 if wrong else 200, wrong=wrong)


def _archive() -> AnyResponse:
    subject = service.find_subject(current_user.email, by_address=current_user.confirmed)
    archive = service.collect_personal_data(subject)
    name = f"my-data-{archive.made_at:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(service.write_archive(archive), mimetype="application/zip", headers=headers)


@blueprint.route("/account/privacy/erase", methods=["GET", "POST"])
@password_tries
@login_required
def erase_data() -> Answer:
    """The end of the account, at once; needs the password and a tick."""
    form, refusal = EraseForm(), None
    if form.validate_on_submit():
        try:
            service.check_password(current_user.customer_id, form.password.data)
            service.erase(service.find_subject(current_user.email, by_address=current_user.confirmed))
        except Refusal as error:
            refusal = error
        else:
            return _farewell()
    wrong, title = problems(form, refusal), _("Delete the account")
    return show("erase", "privacy", title, 422 if wrong else 200, wrong=wrong)


def _farewell() -> AnyResponse:
    logout_user()
    session.clear()
    flash(_("Your account and what we knew of you are deleted."))
    response = redirect(url_for("homepage.show"), code=303)
    service.new_visitor(response)
    return response
