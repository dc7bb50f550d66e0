"""In by password, code or passkey; and out."""

from __future__ import annotations

from flask import Response, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.security import limiter, uncount
from storefront.customers import service
from storefront.customers.errors import PasskeyRefused, SecondFactorNeeded, WrongCode, WrongCredentials
from storefront.customers.forms import CodeForm, PasskeyForm, SignInForm
from storefront.customers.rules import own_path
from storefront.customers.views.frame import (
    TICKET,
    Answer,
    blueprint,
    go,
    let_in,
    login_limit,
    problems,
    show,
    ticket_account,
    typed_account,
    user_agent,
)


@blueprint.route("/account/login", methods=["GET", "POST"])
@limiter.limit(login_limit, key_func=typed_account, methods=["POST"])
@limiter.limit("100 per hour", methods=["POST"])
def login() -> Answer:
    """The plain sign-in form."""
    form = SignInForm(formdata=request.form if request.method == "POST" else None)
    if request.method != "POST":
        form.next.data = request.args.get("next", "")
    refusal = None
    if form.validate_on_submit():
        try:
            return _signed_in(form)
        except WrongCredentials as error:
            refusal = error
    page = {"form": form, "refusal": refusal.message if refusal else None}
    return show("login", "login", _("Sign in"), 422 if refusal or form.errors else 200, **page)


def _signed_in(form: SignInForm) -> AnyResponse:
    try:
        person = service.sign_in(form.email.data, form.password.data, user_agent())
    except SecondFactorNeeded as more:
        uncount(typed_account())
        session.clear()
        session[TICKET], session["next"] = more.ticket, own_path(form.next.data, "")
        return go("customers.second_factor")
    uncount(typed_account())
    session.clear()  # nothing that was set before signing in survives it
    login_user(person)
    return redirect(own_path(form.next.data, url_for("homepage.show")))


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@limiter.limit(login_limit, key_func=ticket_account, methods=["POST"])
@limiter.limit("100 per hour", methods=["POST"])
def second_factor() -> Answer:
    """The step after the password: a code, or a passkey."""
    ticket = service.read_ticket(session.get(TICKET, ""))
    if ticket is None:
        return redirect(url_for("customers.login"))
    form, refusal = CodeForm(), None
    if form.validate_on_submit():
        try:
            person = service.finish_with_code(session[TICKET], form.code.data, user_agent())
        except WrongCode as error:
            refusal = error
        except SecondFactorNeeded:
            return go("customers.login")
        else:
            return let_in(person, session.get("next"))
    wrong = problems(form, refusal)
    title = _("One more step")
    return show("second_factor", "login", title, 422 if wrong else 200, ticket=ticket, wrong=wrong)


@blueprint.post("/account/login/passkey/options")
@limiter.limit("100 per hour")
def passkey_options() -> Response:
    """What the browser needs before it can show a passkey."""
    ticket = service.read_ticket(session.get(TICKET, ""))
    options = service.sign_in_options(ticket.customer_id if ticket else None)
    return Response(options, mimetype="application/json")


@blueprint.post("/account/login/passkey")
@limiter.limit("100 per hour")
def passkey() -> Answer:
    """In by passkey: alone, or after the password."""
    form = PasskeyForm()
    try:
        if not form.validate_on_submit():
            raise PasskeyRefused(_("Your browser sent no passkey."))
        ticket = session.get(TICKET, "")
        person = service.finish_with_passkey(ticket, form.credential.data, user_agent())
    except (PasskeyRefused, SecondFactorNeeded) as error:
        words = error.message or _("This passkey was not accepted. Please try again, or use your password.")
        sign_in = SignInForm(formdata=None)
        sign_in.next.data = own_path(form.next.data, "")
        return show("login", "login", _("Sign in"), 422, form=sign_in, refusal=words)
    return let_in(person, form.next.data or session.get("next"))


@blueprint.post("/account/logout")
def logout() -> AnyResponse:
    """End this sign-in, on the server and in the browser."""
    if current_user.is_authenticated:
        service.sign_out(current_user.token)
    logout_user()
    session.clear()
    response = redirect(url_for("homepage.show"))
    service.new_visitor(response)
    return response
