"""The way in: the first owner's one-time link, and showing again who one is."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from storefront.console.forms import FirstOwnerForm
from storefront.console.service import entry as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import prove, staff
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.security import limit_key, limiter, uncount
from storefront.customers.errors import LinkOver, WrongCredentials
from storefront.customers.rules import own_path
from storefront.customers.service import check_password, is_first_owner_token
from storefront.customers.service.staff import accept_invitation, find_invitation


@blueprint.route("/console/first/<token>", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def first(token: str) -> Response | tuple[str, int]:
    """The page behind the link that `regulars init` prints: whoever has it becomes the owner, once."""
    if not is_first_owner_token(token):
        return _over()
    form, errors = FirstOwnerForm(), {}
    if form.is_submitted():
        try:
            form.check()
            person = service.become_owner(
                token,
                name=form.name.data or "",
                email=form.email.data or "",
                password=form.password.data or "",
                locale=current_language().code,
                user_agent=request.user_agent.string,
            )
        except LinkOver:
            return _over()
        except Refusal as refusal:
            errors = {refusal.field or "": refusal.message}
        else:
            session.clear()
            login_user(person)
            flash(_("Welcome. The guide below leads to a shop that is live."))
            return redirect(url_for("console.today"), 303)
    page = private_page("console-first", _("Set up your shop"))
    html = render_template("console/first.html", page=page, form=form, errors=errors)
    return html, 422 if errors else 200


def _over() -> tuple[str, int]:
    page = private_page("console-first", _("This link is used up"))
    return render_template("console/first_over.html", page=page, command="regulars init"), 410


@blueprint.route("/console/join/<token>", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def join(token: str) -> Response | tuple[str, int]:
    """The page behind an invitation: choosing a password, once."""
    invitation = find_invitation(token)
    page = private_page("console-join", _("Work with us"))
    if invitation is None:
        return render_template("console/join_over.html", page=page), 410
    errors = {}
    if request.method == "POST":
        try:
            accept_invitation(token, request.form.get("password", ""))
        except Refusal as refusal:
            errors = {refusal.field or "": refusal.message}
        else:
            flash(_("Your password is set. Please sign in."))
            return redirect(url_for("customers.login", next=url_for("console.today")), 303)
    html = render_template("console/join.html", page=page, invitation=invitation, errors=errors)
    return html, 422 if errors else 200


def _own_tries() -> str:
    return limit_key(f"proof:{getattr(current_user, 'public_id', '?')}")


@blueprint.route("/console/confirm", methods=["GET", "POST"])
@limiter.limit("10 per 15 minutes", key_func=_own_tries, methods=["POST"])
@staff()
def confirm() -> Response | tuple[str, int]:
    """The password once more, before what is worth it."""
    target = own_path(request.values.get("next"), url_for("console.today"))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            check_password(current_user.customer_id, request.form.get("password", "")[:256])
        except WrongCredentials as refusal:
            errors = {"password": refusal.message}
        else:
            uncount(_own_tries())
            prove()
            return redirect(target, 303)
    return show("confirm", _("Your password, please"), 422 if errors else 200, target=target, errors=errors)
