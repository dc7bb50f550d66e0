"""Signing in and out, and who is behind each request."""

from __future__ import annotations

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from storefront.core import clock
from storefront.core.pages import private_page
from storefront.core.security import limit_key, limiter, uncount
from storefront.customers import service
from storefront.customers.errors import WrongCredentials
from storefront.customers.forms import SignInForm
from storefront.customers.rules import email_key, own_path

blueprint = Blueprint("customers", __name__)


def init_app(app: Flask) -> None:
    """Attach Flask-Login to the shop: the id in the cookie is the token of one sign-in."""
    manager = LoginManager()
    # Tokens are server-side and rotate; the address check of Flask-Login would sign phones out on the move.
    manager.session_protection = None
    manager.user_loader(service.load_person)
    manager.request_loader(_from_host)
    manager.init_app(app)
    app.context_processor(lambda: {"person": current_user if current_user.is_authenticated else None})


def _from_host(_request: object) -> service.Person | None:
    """A person whom the host app vouches for, when the shop is mounted with `identity`."""
    email = request.environ.get("regulars.identity")
    return service.person_from_host(email) if email else None


def _login_limit() -> str:
    return current_app.extensions["regulars_settings"].login_limit


def _account_key() -> str:
    return limit_key(f"account:{email_key(request.form.get('email', '')) or '?'}")


@blueprint.route("/account/login", methods=["GET", "POST"])
@limiter.limit(_login_limit, key_func=_account_key, methods=["POST"])
@limiter.limit("100 per hour", methods=["POST"])
def login() -> str | AnyResponse | tuple[str, int]:
    """The plain sign-in form."""
    form = SignInForm(formdata=request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
    refusal = None
    if form.validate_on_submit():
        try:
            person = service.sign_in(form.email.data, form.password.data)
        except WrongCredentials as error:
            refusal = error.message
        else:
            uncount(_account_key())
            session.clear()  # nothing that was set before signing in survives it
            login_user(person)
            return redirect(own_path(form.next.data, url_for("homepage.show")))
    page = private_page("account-login", _("Sign in"))
    html = render_template("customers/login.html", page=page, form=form, refusal=refusal)
    return (html, 422) if refusal or form.errors else html


@blueprint.post("/account/logout")
def logout() -> AnyResponse:
    """End this sign-in, on the server and in the browser."""
    if current_user.is_authenticated:
        service.sign_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("homepage.show"))


@blueprint.after_app_request
def keep_sign_in_alive(response: Response) -> Response:
    """Once a day a used sign-in is noted, after the answer."""
    seen = g.pop("regulars_seen_again", None)
    if seen:
        app, moment = current_app._get_current_object(), clock.now()  # type: ignore[attr-defined]

        def write() -> None:
            with app.app_context():
                service.note_seen(seen, moment)

        response.call_on_close(write)
    return response
