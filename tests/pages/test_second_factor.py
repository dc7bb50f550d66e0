"""More than a password: codes from an app, codes on paper, passkeys."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from storefront.customers.models import Authenticator, Passkey
from storefront.customers.service import give_account, hash_password
from tests.conftest import Browser
from tests.pages.accounts import page, send, sign_in, token_of, work
from tests.pages.authenticator import SoftKey
from tests.pages.walking import OWN

EMAIL, PASSWORD = "ann@example.test", "correct horse battery"
HASH = hash_password(PASSWORD)
HOST, ORIGIN = "localhost", "http://localhost:5000"


# --- codes ------------------------------------------------------------------------------------------------


def test_codes_are_set_up_with_the_password_and_a_first_code(shop, codes):
    client, app, paper = codes
    assert len(paper) == 10 and len(set(paper)) == 10
    body = page(client, "/account/security")
    assert "You have 10 codes on paper left." in body
    assert client.get("/account/security/codes/confirm", base_url=OWN).status_code == 302
    assert app.secret not in body


def test_the_picture_holds_no_style_and_the_secret_is_shown_only_while_setting_up(shop):
    client = signed_in(shop)
    send(client, "/account/security/codes", password=PASSWORD)
    body = page(client, "/account/security/codes/confirm")
    assert "<svg" in body.split('class="qr-box"')[1] and "style=" not in body
    assert re.search(r"<code class=\"secret\">[A-Z2-7 ]{39}</code>", body)


def test_setting_up_needs_the_password(shop, rows):
    client = signed_in(shop)
    assert send(client, "/account/security/codes", password="wrong").status_code == 422
    assert rows("SELECT count(*) FROM authenticator") == [(0,)]


def test_until_the_first_code_is_typed_nothing_is_asked(shop):
    client = signed_in(shop)
    send(client, "/account/security/codes", password=PASSWORD)
    assert send(client, "/account/security/codes/confirm", code="000000").status_code == 422
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 302


def test_the_password_alone_opens_nothing_any_more(shop, codes):
    client = Browser(shop)
    answer = sign_in(client, EMAIL, PASSWORD, next="/cart")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/account/second-factor")
    assert "Ann" not in page(client, "/")
    assert client.get("/account/security", base_url=OWN).status_code == 302
    entered = send(client, "/account/second-factor", code=next_code(shop, codes))
    assert entered.status_code == 303 and entered.headers["Location"].endswith("/cart")
    assert "Ann" in page(client, "/")


def test_a_code_works_once(shop, codes, clock):
    _client, app, _paper = codes
    clock.shift(timedelta(seconds=90))
    code = app.at(clock.now())
    first, second = half_in(shop), half_in(shop)
    assert send(first, "/account/second-factor", code=code).status_code == 303
    assert send(second, "/account/second-factor", code=code).status_code == 422
    clock.shift(timedelta(seconds=30))
    assert send(second, "/account/second-factor", code=code).status_code == 422
    assert send(second, "/account/second-factor", code=app.at(clock.now())).status_code == 303


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
def test_clocks_may_differ_by_half_a_minute(shop, codes, clock, seconds, status):
    clock.shift(timedelta(minutes=10))
    code = codes[1].at(clock.now() + timedelta(seconds=seconds))
    assert send(half_in(shop), "/account/second-factor", code=code).status_code == status


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "１２３４５６", "²²²²²²", "abcdef", "0x1234", "-12345", "null", "'--"]
)
def test_what_is_no_code_is_refused(shop, codes, code):
    assert send(half_in(shop), "/account/second-factor", code=code).status_code == 422


def test_a_code_on_paper_works_once(shop, codes, rows):
    _client, _app, paper = codes
    assert send(half_in(shop), "/account/second-factor", code=paper[0].upper()).status_code == 303
    assert send(half_in(shop), "/account/second-factor", code=paper[0]).status_code == 422
    assert send(half_in(shop), "/account/second-factor", code=paper[1].replace("-", " ")).status_code == 303
    assert rows("SELECT count(*) FROM recovery_code") == [(8,)]
    assert all(code.replace("-", "") not in str(rows("SELECT * FROM recovery_code")) for code in paper)


def test_new_codes_on_paper_replace_the_old_ones(shop, codes):
    client, _app, old = codes
    answer = send(client, "/account/security/codes/paper", password=PASSWORD)
    new = re.findall(r"<code>([a-z2-7-]{19})</code>", answer.get_data(as_text=True))
    assert len(new) == 10 and not set(new) & set(old)
    assert send(half_in(shop), "/account/second-factor", code=old[0]).status_code == 422
    assert send(half_in(shop), "/account/second-factor", code=new[0]).status_code == 303


def test_codes_are_not_guessed(shop, codes):
    """Ten tries in a quarter of an hour, however many browsers and passwords steps they come from."""
    statuses = [send(half_in(shop), "/account/second-factor", code="111111").status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert sign_in(Browser(shop), "bob@example.test", PASSWORD).status_code == 302


def test_a_step_lasts_ten_minutes_and_one_sign_in(shop, codes, clock):
    client = half_in(shop)
    clock.shift(timedelta(minutes=10))
    assert client.get("/account/second-factor", base_url=OWN).status_code == 302
    client = half_in(shop)
    kept = client.get_cookie("regulars", domain="127.0.0.1").value
    assert send(client, "/account/second-factor", code=codes[1].at(clock.now())).status_code == 303
    replayed = Browser(shop)
    replayed.set_cookie("regulars", kept, domain="127.0.0.1")
    assert replayed.get("/account/second-factor", base_url=OWN).status_code == 302


def test_the_owner_hears_of_it_and_other_sign_ins_end(shop, mailbox):
    there = signed_in(shop)
    set_up(shop, signed_in(shop))
    assert "Ann" not in page(there, "/")
    work(shop)
    assert "asks for more" in mailbox()[-1]["Subject"]


def test_a_new_password_does_not_take_the_second_step_away(shop, codes, rows):
    client = codes[0]
    send(client, "/account/security/password", current=PASSWORD, new="three green kettles")
    assert sign_in(Browser(shop), EMAIL, "three green kettles").headers["Location"].endswith("second-factor")


def test_codes_are_removed_with_the_password(shop, codes, rows):
    client = codes[0]
    assert send(client, "/account/security/codes/remove", password="wrong").status_code == 422
    assert send(client, "/account/security/codes/remove", password=PASSWORD).status_code == 303
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 302
    assert rows("SELECT count(*) FROM recovery_code") == [(0,)]


# --- passkeys ---------------------------------------------------------------------------------------------


def options(client, path, **form):
    answer = client.post(path, data={"csrf_token": token_of(client), **form}, base_url=OWN)
    return answer


def add_key(client, key, **form):
    path = "/account/security/passkeys"
    wanted = options(client, f"{path}/options", password=PASSWORD).get_json()
    return send(client, path, credential=key.make(wanted), name="My key", **form)


def enter(client, key, **form):
    wanted = options(client, "/account/login/passkey/options").get_json()
    return send(client, "/account/login/passkey", credential=key.sign(wanted), **form)


def test_a_passkey_signs_in_without_a_password(named, key):
    client = signed_in(named)
    assert add_key(client, key).status_code == 303
    assert "My key" in page(client, "/account/security")
    fresh = Browser(named)
    answer = enter(fresh, key, next="/cart")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/cart")
    assert "Ann" in page(fresh, "/")


def test_making_one_needs_the_password(named):
    client = signed_in(named)
    answer = options(client, "/account/security/passkeys/options", password="wrong")
    assert answer.status_code == 422 and answer.get_data(as_text=True) == "That is not your password."


def test_a_passkey_is_a_second_step_too(named, key):
    key.verifies = False
    add_key(signed_in(named), key)
    client = Browser(named)
    assert sign_in(client, EMAIL, PASSWORD).headers["Location"].endswith("/account/second-factor")
    wanted = options(client, "/account/login/passkey/options").get_json()
    assert len(wanted["allowCredentials"]) == 1
    assert send(client, "/account/login/passkey", credential=key.sign(wanted)).status_code == 303
    assert "Ann" in page(client, "/")


def test_alone_it_must_have_asked_who_is_there(named, key):
    key.verifies = False
    add_key(signed_in(named), key)
    assert enter(Browser(named), key).status_code == 422


def test_an_answer_counts_once(named, key):
    add_key(signed_in(named), key)
    client = Browser(named)
    answer = key.sign(options(client, "/account/login/passkey/options").get_json())
    assert send(client, "/account/login/passkey", credential=answer).status_code == 303
    assert send(Browser(named), "/account/login/passkey", credential=answer).status_code == 422


def test_a_challenge_is_ours_and_lasts_five_minutes(named, key, move):
    add_key(signed_in(named), key)
    own = key.sign({"challenge": "bm90LW91cnM"})
    assert send(Browser(named), "/account/login/passkey", credential=own).status_code == 422
    client = Browser(named)
    wanted = options(client, "/account/login/passkey/options").get_json()
    move(timedelta(minutes=5))
    assert send(client, "/account/login/passkey", credential=key.sign(wanted)).status_code == 422


def test_a_copy_is_noticed_by_its_count(named, key):
    add_key(signed_in(named), key)
    key.count = 7
    assert enter(Browser(named), key).status_code == 303
    key.count = 3
    assert enter(Browser(named), key).status_code == 422
    key.count = 8
    assert enter(Browser(named), key).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://evil.test"},
        {"rp_id": "evil.test"},
        {"credential_id": b"x" * 32},
        {"private": SoftKey(ORIGIN, HOST).private},
    ],
)
def test_what_was_signed_elsewhere_or_by_another_key_is_refused(named, key, change):
    add_key(signed_in(named), key)
    for name, value in change.items():
        setattr(key, name, value)
    assert enter(Browser(named), key).status_code == 422


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        "1",
        '{"response": 1}',
        '{"response": {"clientDataJSON": "e30"}}',
        "{" * 5000,
        "x" * 40_001,
    ],
)
def test_nonsense_is_refused(named, answer):
    assert send(Browser(named), "/account/login/passkey", credential=answer).status_code == 422
    assert send(signed_in(named), "/account/security/passkeys", credential=answer).status_code == 422


def test_a_challenge_for_one_person_makes_no_passkey_for_another(named, key):
    ann, bob = signed_in(named), signed_in(named, "bob@example.test")
    wanted = options(ann, "/account/security/passkeys/options", password=PASSWORD).get_json()
    assert send(bob, "/account/security/passkeys", credential=key.make(wanted)).status_code == 422


def test_the_key_of_another_is_no_second_step(named, key):
    add_key(signed_in(named, "bob@example.test"), key)
    add_key(signed_in(named), SoftKey(ORIGIN, HOST))
    client = Browser(named)
    sign_in(client, EMAIL, PASSWORD)
    wanted = options(client, "/account/login/passkey/options").get_json()
    assert send(client, "/account/login/passkey", credential=key.sign(wanted)).status_code == 422
    assert "Ann" not in page(client, "/") and "Bob" not in page(client, "/")


def test_a_passkey_is_removed_by_its_owner_with_the_password(named, key):
    ann, bob = signed_in(named), signed_in(named, "bob@example.test")
    add_key(ann, key)
    path = re.search(r"/account/security/passkeys/\w+/remove", page(ann, "/account/security"))[0]
    assert send(bob, path, password=PASSWORD).status_code == 303
    assert send(ann, path, password="wrong").status_code == 422
    assert enter(Browser(named), key).status_code == 303
    assert send(ann, path, password=PASSWORD).status_code == 303
    assert enter(Browser(named), key).status_code == 422


def test_a_shop_that_is_reached_by_a_number_says_that_there_are_no_passkeys(shop):
    assert "this one is reached by a number" in page(signed_in(shop), "/account/security/passkeys")


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx, clock):
    """Ann and Bob have accounts."""
    with tx() as t:
        for name in ("Ann", "Bob"):
            give_account(t, email=f"{name.lower()}@example.test", password_hash=HASH, name=name)
    assert Authenticator.__tablename__ == "authenticator" and Passkey.__tablename__ == "passkey"
    return app


@pytest.fixture
def named(make_shop):
    """The same people in a shop whose address is a name, as passkeys want it."""
    from storefront.core.database import transaction

    made = make_shop(base_url=ORIGIN, login_limit="1000 per minute")
    with made.app_context(), transaction() as t:
        for name in ("Ann", "Bob"):
            give_account(t, email=f"{name.lower()}@example.test", password_hash=HASH, name=name)
    return made


@pytest.fixture
def move(named):
    """Moves the clock of the shop with a name."""
    return named.extensions["regulars_clock"].shift


@pytest.fixture
def key():
    return SoftKey(ORIGIN, HOST)


@pytest.fixture
def codes(shop):
    """Ann's browser, her app, and her codes on paper."""
    client = signed_in(shop)
    return client, *set_up(shop, client)


def set_up(shop, client):
    send(client, "/account/security/codes", password=PASSWORD)
    secret = re.search(
        r"<code class=\"secret\">([A-Z2-7 ]+)</code>", page(client, "/account/security/codes/confirm")
    )[1]
    app = pyotp.TOTP(secret.replace(" ", ""))
    now = shop.extensions["regulars_clock"].now()
    answer = send(client, "/account/security/codes/confirm", code=app.at(now))
    assert answer.status_code == 200
    return app, re.findall(r"<code>([a-z2-7-]{19})</code>", answer.get_data(as_text=True))


def next_code(shop, codes):
    clock = shop.extensions["regulars_clock"]
    clock.shift(timedelta(seconds=60))
    return codes[1].at(clock.now())


def signed_in(shop, email=EMAIL):
    client = Browser(shop)
    assert sign_in(client, email, PASSWORD).status_code in {302, 303}
    return client


def half_in(shop):
    client = Browser(shop)
    assert sign_in(client, EMAIL, PASSWORD).headers["Location"].endswith("/account/second-factor")
    return client
