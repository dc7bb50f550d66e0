"""The first page of the account, and what people say about themselves."""

from __future__ import annotations

from flask import flash, request
from flask_babel import gettext as _
from flask_login import current_user, login_required

from storefront.core.errors import Refusal
from storefront.core.i18n import current_language, language_links
from storefront.core.slots import PageContext, plan_page
from storefront.customers import service
from storefront.customers.forms import ProfileForm
from storefront.customers.views.frame import Answer, blueprint, go, problems, show


@blueprint.get("/account")
@login_required
def overview() -> Answer:
    """What there is, and what still wants doing."""
    plan_page("account", PageContext(current_language().code, customer_id=current_user.customer_id))
    return show("overview", "overview", _("Your account"))


@blueprint.route("/account/profile", methods=["GET", "POST"])
@login_required
def profile() -> Answer:
    """Names, language, phone."""
    known = service.profile_of(current_user.customer_id)
    form, refusal = ProfileForm(), None
    if request.method != "POST":
        form = ProfileForm(formdata=None, obj=known)
        form.language.data = known.locale
    elif form.validate():
        try:
            _keep(form)
        except Refusal as error:
            refusal = error
        else:
            flash(_("Saved."))
            return go("customers.profile")
    wrong, names = problems(form, refusal), [link[0] for link in language_links()]
    return show(
        "profile", "profile", _("Profile"), 422 if wrong else 200, form=form, wrong=wrong, spoken=names
    )


def _keep(form: ProfileForm) -> None:
    spoken = {language.code for language, _url in language_links()}
    service.change_profile(
        current_user.customer_id,
        first_name=" ".join((form.first_name.data or "").split()),
        last_name=" ".join((form.last_name.data or "").split()),
        phone=form.phone.data or "",
        locale=form.language.data if form.language.data in spoken else None,
    )
