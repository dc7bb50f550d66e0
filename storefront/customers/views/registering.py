"""Registering, and the link that makes the account."""

from __future__ import annotations

import secrets

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.core.security import limiter
from storefront.customers import service
from storefront.customers.errors import LinkOver
from storefront.customers.forms import ConfirmForm, RegisterForm
from storefront.customers.rules import own_path
from storefront.customers.views.frame import (
    PROOF,
    Answer,
    blueprint,
    go,
    let_in,
    locale,
    problems,
    register_limit,
    show,
    user_agent,
)


@blueprint.route("/account/register", methods=["GET", "POST"])
@limiter.limit(register_limit, methods=["POST"])
def register() -> Answer:
    """Asks for an account. The answer is the same whoever has one already."""
    form, refusal = RegisterForm(), None
    if request.method != "POST":
        form.next.data = request.args.get("next", "")
        form.email.data = service.expected_email()
    if form.validate_on_submit():
        try:
            service.register(_application(form))
        except Refusal as error:
            refusal = error
        else:
            return go("customers.registered")
    wrong = problems(form, refusal)
    return show("register", "register", _("Open an account"), 422 if wrong else 200, form=form, wrong=wrong)


def _application(form: RegisterForm) -> service.Application:
    proof = secrets.token_urlsafe(24)
    session[PROOF] = {"email": form.email.data, "proof": proof}
    return service.Application(
        email=form.email.data,
        password=form.password.data,
        name=" ".join((form.name.data or "").split()),
        locale=locale(),
        proof=proof,
        agreed=("marketing",) if form.marketing.data else (),
        next=own_path(form.next.data, ""),
    )


@blueprint.get("/account/registered")
def registered() -> Answer:
    """Look into your mail."""
    waiting = session.get(PROOF)
    if waiting is None:
        return redirect(url_for("customers.register"))
    return show("registered", "register", _("Look into your mail"), email=waiting["email"])


@blueprint.post("/account/register/resend")
@limiter.limit(register_limit)
def resend() -> AnyResponse:
    """The same mail once more."""
    waiting = session.get(PROOF)
    if waiting is None:
        return go("customers.register")
    service.resend(waiting["email"], waiting["proof"])
    flash(_("The mail is on its way once more."))
    return go("customers.registered")


@blueprint.route("/account/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def confirm(token: str) -> Answer:
    """A link from a mail: shows a button; only the button does something."""
    found = service.find_link({"register", "confirm", "email"}, token)
    if found is None:
        flash(_("This link was used or is too old."))
        return redirect(url_for("customers.login"))
    proof = (session.get(PROOF) or {}).get("proof", "")
    form, refusal = ConfirmForm(), None
    if form.validate_on_submit():
        try:
            return _confirmed(token, found["purpose"], proof, form.password.data or "")
        except LinkOver as error:
            flash(error.message)
            return go("customers.login")
        except Refusal as error:
            refusal = error
    wrong = problems(form, refusal)
    asks = service.needs_password(found, proof)
    address = found["data"]["email"] if found["purpose"] != "confirm" else found["email_key"]
    page = {"wrong": wrong, "asks": asks, "email": address, "purpose": found["purpose"]}
    return show("confirm", "confirm", _("Confirm your address"), 422 if wrong else 200, **page)


def _confirmed(token: str, purpose: str, proof: str, password: str) -> AnyResponse:
    if purpose != "register":
        service.confirm_address(token)
        flash(_("Your address is confirmed."))
        return go("customers.overview")
    choice = service.choice_of_request()
    welcome = service.finish_registration(
        token, proof=proof, password=password, agreed=choice.agreed if choice else ()
    )
    flash(_("Welcome. Your account is open."))
    person = service.open_sign_in(welcome.customer_id, user_agent())
    return let_in(person, welcome.next or url_for("customers.overview"))
