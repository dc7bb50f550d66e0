"""Browsers in which somebody of the staff is signed in."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from storefront.core.database import transaction
from storefront.customers.service import give_account, hash_password
from tests.conftest import Browser
from tests.pages.walking import OWN

PASSWORD = "a-long-enough-password"
_HASH: list[str] = []


class StaffBrowser:
    """`get`, `post` (with the right token) and `send` as one person, "anonymous" being nobody."""

    password = PASSWORD

    def __init__(self, app: Flask, role: str) -> None:
        self.client = Browser(app)
        self.token = ""
        if role == "anonymous":
            self.token = self.read_token()
            return
        if not _HASH:
            _HASH.append(hash_password(PASSWORD))
        email = f"{role}@staff.test"
        with app.app_context(), transaction() as tx:
            give_account(tx, email=email, password_hash=_HASH[0], name=f"{role.title()} Worker", role=role)
        self.token = self.read_token()
        answer = self.post("/account/login", {"email": email, "password": PASSWORD})
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        self.token = self.read_token("/")

    def read_token(self, path: str = "/account/login") -> str:
        page = self.client.get(path, base_url=OWN).get_data(as_text=True)
        return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=OWN)

    def post(self, path: str, form: dict[str, Any]) -> TestResponse:
        return self.client.post(path, data={**form, "csrf_token": self.token}, base_url=OWN)

    def send(self, method: str, path: str) -> TestResponse:
        return self.client.open(path, method=method, data={"csrf_token": self.token}, base_url=OWN)
