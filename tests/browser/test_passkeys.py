"""A passkey from the first click to signing in with it, in a browser with a device of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storefront.customers.service import give_account, hash_password
from tests.browser.conftest import Served, serve

EMAIL, PASSWORD = "ann@example.test", "correct horse battery"
HASH = hash_password(PASSWORD)
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_and_signs_in(named: Served, open_page: Any) -> None:
    page = open_page(f"{named.url}/account/login?next=/account/security")
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("#password", "a wrong one")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("That is not your password.").wait_for()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("From now on you can sign in with this passkey.").wait_for()
    page.locator("main").get_by_role("link", name="Overview").click()
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.goto(f"{named.url}/account/login?next=/account/security")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Where you are signed in").wait_for()


def test_another_country_asks_for_other_things(named: Served, open_page: Any) -> None:
    page = open_page(f"{named.url}/account/login?next=/account/addresses/new")
    page.fill("#email", "bob@example.test")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.fill("#line1", "1 Long Lane")
    assert page.locator("#district").count() == 0
    page.select_option("#country", "CN")
    page.locator("#district").wait_for()
    assert page.input_value("#line1") == "1 Long Lane"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """A shop that is reached by a name: browsers make no passkeys for numbers."""

    def fill(tx: Any) -> None:
        for name in ("Ann", "Bob"):
            give_account(tx, email=f"{name.lower()}@example.test", password_hash=HASH, name=name)

    with serve(tmp_path_factory.mktemp("named"), sqlite_template, fill, host="localhost") as served:
        yield served
