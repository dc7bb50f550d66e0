"""The console: the gate before it, its frame, lists, search, notes."""

from __future__ import annotations

import pytest

PASSWORD = "a-long-enough-password"


def test_today_shows_the_frame(console):
    page = console("owner").get("/console").get_data(as_text=True)
    assert 'data-page="console-today"' in page


def test_audit_index(console):
    page = console("owner").get("/console/audit")
    assert page.status_code == 200, page.get_data(as_text=True)


@pytest.fixture
def console(app, tx):
    """`console("owner")`: a browser in which somebody of that role is signed in."""
    from storefront.customers.service import give_account, hash_password

    hashed = hash_password(PASSWORD)

    def sign_in(role):
        email = f"{role}@staff.test"
        with tx() as t:
            give_account(t, email=email, password_hash=hashed, name=f"{role.title()} Worker", role=role)
        client = app.test_client()
        page = client.get("/account/login").get_data(as_text=True)
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"email": email, "password": PASSWORD, "csrf_token": token}
        assert client.post("/account/login", data=form).status_code in {302, 303}
        return client

    return sign_in
