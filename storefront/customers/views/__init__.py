"""Signing in and out, the pages of the account, and who is behind each request."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, current_user, user_logged_in

from storefront.core import clock
from storefront.customers import service
from storefront.customers.rules import STAFF
from storefront.customers.views import (  # noqa: F401 - they add their pages to the blueprint
    addresses,
    choices,
    credentials,
    news,
    passkeys,
    privacy,
    profile,
    registering,
    security,
    signing,
)
from storefront.customers.views.devices import note_device, write_device
from storefront.customers.views.frame import account_pages, blueprint, to_sign_in

__all__ = ["blueprint", "init_app"]


def init_app(app: Flask) -> None:
    """Attach Flask-Login to the shop: the id in the cookie is the token of one sign-in."""
    manager = LoginManager()
    # Tokens are server-side and rotate; the address check of Flask-Login would sign phones out on the move.
    manager.session_protection = None
    manager.user_loader(service.load_person)
    manager.request_loader(_from_host)
    manager.unauthorized_handler(to_sign_in)
    manager.init_app(app)
    app.context_processor(_facts)
    app.jinja_env.globals.update(account_pages=account_pages, account_link=service.account_link)
    user_logged_in.connect(_note_sign_in, app)


def _facts() -> dict[str, object]:
    return {
        "person": current_user if current_user.is_authenticated else None,
        "works_here": current_user.is_authenticated and current_user.role in STAFF,
        "asks_consent": service.is_asked_for_consent,
    }


def _note_sign_in(_app: Flask, user: service.Person, **_more: object) -> None:
    service.join_choice(user.customer_id)
    note_device(user)


def _from_host(_request: object) -> service.Person | None:
    """A person whom the host app vouches for, when the shop is mounted with `identity`."""
    email = request.environ.get("regulars.identity")
    return service.person_from_host(email) if email else None


blueprint.after_app_request(write_device)


@blueprint.after_app_request
def keep_sign_in_alive(response: Response) -> Response:
    """Now and then a used sign-in is noted, after the answer."""
    seen = g.pop("regulars_seen_again", None)
    if seen:
        app, moment = current_app._get_current_object(), clock.now()  # type: ignore[attr-defined]

        def write() -> None:
            with app.app_context():
                service.note_seen(seen, moment)

        response.call_on_close(write)
    return response
