"""S5, what is about all ways in together: who is known where, and who can be shut out of what."""

from __future__ import annotations

from collections import Counter

import pyotp
import pytest
import sqlalchemy as sa

from storefront.core import clock
from storefront.customers.models import Authenticator, Customer
from storefront.customers.service import give_account
from tests.conftest import Browser
from tests.pages.accounts import send, sign_in
from tests.pages.walking import OWN
from tests.security.town import HASH, PASSWORD
from tests.selling import Shopper, open_for_sale

ANN, NOBODY = "ann@example.test", "zoe@example.test"


@pytest.fixture
def shop(app, tx):
    from tests import factories as make

    with tx() as t:
        open_for_sale(t)
        make.product(t, "cup", title="Cup", sku="CUP", price=1290, stock=50)
        make.product(t, "gone", title="Gone", sku="GONE", stock=0)
        give_account(t, email=ANN, password_hash=HASH, name="Ann Other")
    return app


def guess(shop, tries):
    stranger = Browser(shop)
    return [sign_in(stranger, ANN, f"guess {number}").status_code for number in range(tries)]


def test_whoever_guesses_shuts_nobody_out_of_their_own_browser(shop):
    known = Browser(shop)
    assert sign_in(known, ANN, PASSWORD).status_code == 302
    send(known, "/account/logout")
    assert guess(shop, 12)[-2:] == [429, 429]
    assert sign_in(Browser(shop), ANN, PASSWORD).status_code == 429, "a stranger's browser waits"
    assert sign_in(known, ANN, PASSWORD).status_code == 302


def test_a_known_browser_guesses_no_more_often_than_others(shop):
    known = Browser(shop)
    sign_in(known, ANN, PASSWORD)
    send(known, "/account/logout")
    found = [sign_in(known, ANN, f"guess {number}").status_code for number in range(12)]
    assert found == [422] * 10 + [429] * 2


def test_a_browser_is_known_for_its_own_account_only(shop, tx):
    with tx() as t:
        give_account(t, email="bob@example.test", password_hash=HASH, name="Bob Other")
    bobs = Browser(shop)
    sign_in(bobs, "bob@example.test", PASSWORD)
    send(bobs, "/account/logout")
    guess(shop, 12)
    assert sign_in(bobs, ANN, PASSWORD).status_code == 429


def test_after_a_new_password_who_knew_the_old_one_is_a_stranger(shop):
    """Whoever was in once, in however many browsers, gets no tries of their own for that."""
    owner, intruders = Browser(shop), [Browser(shop) for _ in range(3)]
    for browser in (owner, *intruders):
        sign_in(browser, ANN, PASSWORD)
    for browser in intruders:
        send(browser, "/account/logout")
    answer = send(owner, "/account/security/password", current=PASSWORD, new="three green kettles")
    assert answer.status_code == 303
    found = Counter(
        sign_in(browser, ANN, f"guess {n}").status_code for browser in intruders for n in range(6)
    )
    assert found == {422: 10, 429: 8}
    send(owner, "/account/logout")
    assert sign_in(owner, ANN, "three green kettles").status_code == 302, "her own browser stays known"


def test_whoever_guesses_at_codes_shuts_nobody_out_of_their_own_browser(shop, tx):
    """Who has her password, but not her code, tries the second step until it is over for strangers."""
    secret = pyotp.random_base32()
    known = Browser(shop)
    sign_in(known, ANN, PASSWORD)
    send(known, "/account/logout")
    with tx() as t:
        mine = t.execute(sa.select(Customer.id).where(Customer.email_key == ANN)).scalar_one()
        moments = dict.fromkeys(("created_at", "confirmed_at"), clock.now())
        t.add(Authenticator(customer_id=mine, secret=secret, last_step=0, **moments))
    thief = Browser(shop)
    sign_in(thief, ANN, PASSWORD)
    statuses = [send(thief, "/account/second-factor", code="111111").status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    sign_in(known, ANN, PASSWORD)
    with shop.app_context():
        code = pyotp.TOTP(secret).at(clock.now())
    assert send(known, "/account/second-factor", code=code).status_code == 303


@pytest.mark.parametrize("value", ["", "x", "WyJhIixbXV0.aaaaaa.bbbb", "a" * 3000])
def test_a_name_that_we_did_not_give_is_none(shop, value):
    forged = Browser(shop)
    forged.set_cookie("regulars_device", value, domain="127.0.0.1")
    guess(shop, 12)
    assert sign_in(forged, ANN, PASSWORD).status_code == 429


def test_the_browser_keeps_nothing_that_names_the_person(shop):
    import base64

    known = Browser(shop)
    answer = sign_in(known, ANN, PASSWORD)
    [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("regulars_device=")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    value = cookie.split("=", 1)[1].split(".")[0]
    said = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    assert "ann" not in said.lower()


def size(answer):
    return answer.status_code, len(answer.get_data())


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/login", {"password": "wrong password"}),
        ("/account/forgot", {}),
        ("/account/register", {"password": "a-long-enough-one", "name": "X"}),
        ("/back-in-stock", {"sku": "GONE"}),
    ],
)
def test_no_form_tells_who_is_known(shop, path, form):
    """The same status and, but for 32 bytes, the same length for somebody known and for nobody, and afterwards."""
    known, unknown = Browser(shop), Browser(shop)
    answers = [
        send(browser, path, email=email, **form) for browser, email in ((known, ANN), (unknown, NOBODY))
    ]
    (status, length), (other_status, other_length) = map(size, answers)
    assert status == other_status
    assert abs(length - other_length) <= 32
    assert answers[0].headers.get("Location") == answers[1].headers.get("Location")
    after = [browser.get("/", base_url=OWN) for browser in (known, unknown)]
    assert abs(size(after[0])[1] - size(after[1])[1]) <= 32


def test_the_checkout_does_not_tell_who_is_known(shop):
    found = []
    for email in (ANN, NOBODY):
        shopper = Shopper(shop)
        shopper.add("CUP")
        answer = shopper.contact(email)
        pages = [shopper.get(path) for path in ("/checkout/contact", "/checkout/shipping", "/cart")]
        found.append([(answer.status_code, answer.headers["Location"]), *map(size, pages)])
    (first, *known), (second, *unknown) = found
    assert first == second
    for (status, length), (other_status, other_length) in zip(known, unknown, strict=True):
        assert status == other_status
        assert abs(length - other_length) <= 32
