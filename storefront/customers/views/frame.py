"""What the pages of the account share: who may see them, how they answer, whose tries count together."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.plugins import collect
from storefront.core.security import limit_key, limiter
from storefront.customers import service
from storefront.customers.rules import email_key, own_path
from storefront.customers.views.devices import device_of_account

blueprint = Blueprint("customers", __name__)
Answer = str | AnyResponse | tuple[str, int]
PROOF = "registering"
TICKET = "second_factor"


def account_pages() -> list[service.AccountPage]:
    """The navigation of the account, in its order."""
    return sorted(collect("register_account_pages"), key=lambda page: page.position)


def show(template: str, key: str, title: str, status: int = 200, **values: Any) -> Answer:
    """A page of the account or on the way into it."""
    html = render_template(f"customers/{template}.html", page=private_page(f"account-{key}", title), **values)
    return html if status == 200 else (html, status)


def problems(form: FlaskForm, refusal: Refusal | None = None) -> dict[str, str]:
    """What is wrong, by field; '' for what belongs to none."""
    found = {name: str(errors[0]) for name, errors in form.errors.items() if errors and name}
    if refusal is not None and refusal.message:
        found[refusal.field if refusal.field in form._fields else ""] = refusal.message
    return found


def go(endpoint: str, **values: Any) -> AnyResponse:
    """The page after something was done."""
    return redirect(url_for(endpoint, **values), code=303)


def user_agent() -> str:
    """What the browser calls itself."""
    return request.user_agent.string


def locale() -> str:
    """The language in which this person reads."""
    return current_language().code


def let_in(person: service.Person, target: str | None = None) -> AnyResponse:
    """Sign this person in here; nothing that was set before survives it."""
    session.clear()
    login_user(person)
    return redirect(own_path(target, url_for("homepage.show")), code=303)


def to_sign_in() -> AnyResponse:
    """Where Flask-Login sends whoever must sign in first: back here afterwards."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else url_for("customers.overview")
    root = request.script_root if request.method == "GET" else ""
    return redirect(url_for("customers.login", next=root + asked))


# --- limits -----------------------------------------------------------------------------------------------


def login_limit() -> str:
    """How often one account may be guessed at: by password or by code."""
    return current_app.extensions["regulars_settings"].login_limit


def register_limit() -> str:
    """How many accounts one address may ask for."""
    return current_app.extensions["regulars_settings"].register_limit


def typed_account() -> str:
    """Tries for the account whose address was typed: of all strangers together, or of a known browser."""
    key = email_key(request.form.get("email", "")) or "?"
    return limit_key(f"account:{key}:{device_of_account(key)}")


def own_account() -> str:
    """Tries at the password of the account that is signed in."""
    who = current_user.public_id if current_user.is_authenticated else "?"
    return limit_key(f"own:{who}")


# Everywhere where an open browser asks for the password again: counted together.
password_tries = limiter.shared_limit(
    login_limit, scope="own-password", key_func=own_account, methods=["POST"]
)


def ticket_account() -> str:
    """Tries at the code of the account whose password was right."""
    ticket = service.read_ticket(session.get(TICKET, ""))
    if ticket is None:
        return limit_key("code:?")
    return limit_key(f"code:{ticket.customer_id}:{device_of_account(ticket.email_key)}")
