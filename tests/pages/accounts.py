"""Doing what customers do with their accounts, as tests want it: forms with tokens, mails with links."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.core.events import sweep
from storefront.core.mail import deliver_due
from tests.pages.walking import OWN

LINK = re.compile(r"http://\S+/account/\S+")


def token_of(client: FlaskClient) -> str:
    """The token of this browser's forms."""
    page = client.get("/account/login", base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def send(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Send a form of this shop with its token."""
    return client.post(path, data={"csrf_token": token_of(client), **form}, base_url=OWN)


def page(client: FlaskClient, path: str) -> str:
    """The text of a page."""
    return client.get(path, base_url=OWN).get_data(as_text=True)


def work(app: Flask) -> None:
    """What the worker does meanwhile: listeners, then mails."""
    with app.app_context():
        sweep()
        deliver_due()


def link_in(mail: Any) -> str:
    """The path of the first link into the account."""
    text = mail.get_body(("plain",)).get_content()
    return LINK.search(text)[0].removeprefix(OWN)  # type: ignore[index]


def sign_in(client: FlaskClient, email: str, password: str, **more: Any) -> TestResponse:
    """The plain sign-in form."""
    return send(client, "/account/login", email=email, password=password, **more)
