"""Browsers in which somebody signed in before: their tries are counted apart from those of strangers.

Otherwise whoever guesses at an account would shut its owner out of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from storefront.core.i18n import root_path
from storefront.customers.rules import email_key
from storefront.customers.service import Person, stored_password

COOKIE = "regulars_device"
KEPT_SECONDS = 365 * 86_400
MOST_ACCOUNTS = 5


def device_of_account(key: str) -> str:
    """What this browser is called where the account with this address was signed in to before; else ""."""
    name, accounts = _read()
    return name if accounts and _digest(key) in accounts else ""


def note_device(user: Person) -> None:
    """This browser belongs to somebody who knows the password of this account."""
    key = email_key(user.email or "")
    if key is None:
        return
    name, accounts = _read()
    mine = _digest(key)
    if mine not in accounts:
        others = [account for account in accounts if account != mine]
        g.regulars_device = [name or secrets.token_hex(8), [mine, *others][:MOST_ACCOUNTS]]


def write_device(response: Response) -> Response:
    """Keep in the browser what `note_device` noted: a random name and digests, nothing of the person."""
    value = g.pop("regulars_device", None)
    if value is not None:
        response.set_cookie(
            COOKIE,
            str(_serializer().dumps(value)),
            max_age=KEPT_SECONDS,
            path=root_path() or "/",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


def _read() -> tuple[str, list[str]]:
    try:
        name, accounts = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=KEPT_SECONDS)
    except BadSignature:
        return "", []
    return name, accounts


def _serializer() -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="known-device")


def _digest(key: str) -> str:
    """Of the account and its password: whoever was in with an older one is a stranger again."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    known = f"device:{key}:{stored_password(key)}"
    return hmac.new(secret, known.encode(), hashlib.sha256).hexdigest()[:24]
