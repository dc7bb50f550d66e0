"""Signing in and out, and what it must not give away."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from itsdangerous import TimestampSigner

from storefront.core.database import db
from storefront.core.jobs import run_due_ticks
from storefront.customers.models import Customer
from storefront.customers.service import give_account, hash_password, person_from_host, record_consent
from tests import factories
from tests.conftest import Browser
from tests.pages.walking import OWN

EMAIL, PASSWORD = "ann@example.test", "correct horse battery"
HASH = hash_password(PASSWORD)


def test_a_customer_signs_in_is_greeted_and_signs_out(account, webtest):
    form = webtest.get("/account/login").forms[form_of(webtest)]
    form["email"], form["password"] = EMAIL.upper(), PASSWORD
    page = form.submit().follow()
    assert "Ann" in page
    leaving = next(f for f in page.forms.values() if f.action.endswith("/account/logout"))
    assert "Ann" not in leaving.submit().follow()


def test_the_greeting_speaks_the_language_of_the_page(account, app):
    client = signed_in(app)
    assert 'lang="zh-CN"' in client.get("/zh/", base_url=OWN).get_data(as_text=True)
    assert "Ann" in client.get("/zh/", base_url=OWN).get_data(as_text=True)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong password"),
        ("nobody@example.test", PASSWORD),
        ("stranger@example.test", PASSWORD),
        ("disabled@example.test", PASSWORD),
    ],
)
def test_every_refusal_looks_the_same(account, app, email, password):
    """Wrong password, unknown address, customer without account, disabled account."""
    answer = post(Browser(app), email, password)
    assert answer.status_code == 422
    body = answer.get_data(as_text=True)
    assert "E-mail and password do not fit together." in body
    other = post(Browser(app), "another@example.test", "anything").get_data(as_text=True)
    assert abs(len(body) - len(email) - (len(other) - len("another@example.test"))) < 32


def test_a_password_is_never_hashed_while_others_wait_for_the_lock(account, app, tx, rows):
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email_key == EMAIL).values(password_hash=weak))
        with pytest.raises(RuntimeError, match="before the command"):
            hash_password(PASSWORD)
    signed_in(app)
    kept = rows(sa.select(Customer.password_hash).where(Customer.email_key == EMAIL))[0][0]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [("", "x", "Please give your e-mail."), (EMAIL, "", "Please give your password.")],
)
def test_what_is_missing_is_said_at_the_field(account, app, email, password, words):
    assert words in post(Browser(app), email, password).get_data(as_text=True)


def test_what_was_in_the_session_before_does_not_survive_signing_in(account, app):
    client = Browser(app)
    with client.session_transaction(base_url=OWN) as session:
        session["planted"] = "by somebody else"
    post(client, EMAIL, PASSWORD)
    with client.session_transaction(base_url=OWN) as session:
        assert "planted" not in session
        assert "_user_id" in session


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(account, app):
    client = signed_in(app)
    kept = client.get_cookie("regulars", domain="127.0.0.1")
    client.post("/account/logout", data={"csrf_token": token_of(client)}, base_url=OWN)
    replayed = Browser(app)
    replayed.set_cookie("regulars", kept.value, domain="127.0.0.1")
    assert "Ann" not in home(Browser(app))
    assert "Ann" not in home(replayed)


def test_signing_out_ends_this_sign_in_and_no_other(account, app):
    here, there, somebody = signed_in(app), signed_in(app), signed_in(app, "bob@example.test")
    here.post("/account/logout", data={"csrf_token": token_of(here)}, base_url=OWN)
    assert "Ann" not in home(here)
    assert "Ann" in home(there)
    assert "Bob" in home(somebody)


def test_the_token_itself_is_not_in_the_database(account, app, rows):
    client = signed_in(app)
    with client.session_transaction(base_url=OWN) as session:
        token = session["_user_id"]
    assert len(token) >= 40
    assert all(token not in str(row) for row in rows("SELECT * FROM sign_in"))


def test_a_sign_in_ends_when_it_is_not_used(account, app, clock):
    client = signed_in(app)
    clock.shift(timedelta(days=13))
    assert "Ann" in home(client)
    clock.shift(timedelta(days=13))
    assert "Ann" in home(client), "it was used in between"
    clock.shift(timedelta(days=14, minutes=1))
    assert "Ann" not in home(client)


def test_the_cookie_of_a_sign_in_in_use_lives_as_long_as_the_sign_in(account, app, monkeypatch):
    """The signature carries the time of signing in by the system's clock, which no test clock moves."""
    signed_at = int(time.time()) - 29 * 86_400
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: signed_at)
    client = signed_in(app)
    monkeypatch.undo()
    assert "Ann" in home(client)


def test_sign_ins_that_are_over_leave_the_database(account, app, clock, rows):
    signed_in(app)
    clock.shift(timedelta(days=13))
    used = signed_in(app)
    clock.shift(timedelta(days=1, minutes=1))
    with app.app_context():
        assert "customers.forget_sign_ins" in run_due_ticks()
    assert rows("SELECT count(*) FROM sign_in") == [(1,)]
    assert "Ann" in home(used)


def test_who_is_disabled_is_out_on_the_next_request(account, app, tx):
    client = signed_in(app)
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email_key == EMAIL).values(disabled=True))
    assert "Ann" not in home(client)


def test_consent_is_each_persons_own(account, app, tx):
    """Bob agreed to statistics, Ann did not."""
    from flask_login import current_user

    with app.test_request_context("/"), app.app_context():
        from storefront.customers.service import sign_in

        ann, bob = sign_in(EMAIL, PASSWORD), sign_in("bob@example.test", PASSWORD)
        assert not current_user.is_authenticated
    assert ann.consents == frozenset()
    assert bob.consents == {"statistics"}


def test_taken_back_consent_counts(account, app, tx):
    with tx() as t:
        record_consent(t, account["bob"], "statistics", given=False, source="tests")
    with app.app_context():
        from storefront.customers.service import sign_in

        assert sign_in("bob@example.test", PASSWORD).consents == frozenset()


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/search?q=a", "/search?q=a"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
    ],
)
def test_signing_in_leads_to_this_shop_only(account, app, target, lands):
    answer = post(Browser(app), EMAIL, PASSWORD, next=target)
    assert answer.headers["Location"] in {lands, OWN + lands}


def test_guessing_is_slowed_down_for_the_account_and_not_for_others(account, app):
    guesser = Browser(app)
    statuses = [post(guesser, EMAIL, f"guess {number}").status_code for number in range(12)]
    assert statuses[:10] == [422] * 10 and statuses[10:] == [429] * 2
    assert post(Browser(app), "bob@example.test", PASSWORD).status_code == 302


def test_signing_in_is_no_guess_and_leaves_the_guesses_of_others_counted(account, app):
    statuses = [post(Browser(app), EMAIL, PASSWORD).status_code for _ in range(12)]
    assert statuses == [302] * 12
    guesses = [post(Browser(app), EMAIL, f"guess {number}").status_code for number in range(6)]
    assert guesses == [422] * 6 and post(Browser(app), EMAIL, PASSWORD).status_code == 302
    more = [post(Browser(app), EMAIL, f"more {number}").status_code for number in range(5)]
    assert more == [422] * 4 + [429]


def test_signing_in_still_counts_for_the_address_it_comes_from(account, app, rows):
    assert post(Browser(app), EMAIL, PASSWORD).status_code == 302
    counted = rows("SELECT count FROM rate_count ORDER BY count")
    assert [count for (count,) in counted] == [0, 1]  # of the account, and of the address


def test_a_password_is_stored_as_argon2(account, rows):
    for (stored,) in rows("SELECT password_hash FROM customer WHERE password_hash IS NOT NULL"):
        assert stored.startswith("$argon2id$") and PASSWORD not in stored


def test_two_first_requests_of_a_person_whom_the_host_vouches_for_are_one_customer(app, tx, rows):
    """A page asks for several things at once; the other request is first between our look and our turn."""
    others = []

    def be_first(_connection, _cursor, statement, *_more):
        if "email_key" in statement and "first_name" not in statement and not others:
            others.append("is first")
            with tx() as t:
                factories.customer(t, "ada@example.test")

    with app.app_context():
        sa.event.listen(db.engine, "after_cursor_execute", be_first)
        try:
            person = person_from_host("ada@example.test")
        finally:
            sa.event.remove(db.engine, "after_cursor_execute", be_first)
    assert others == ["is first"]
    assert person is not None
    assert rows("SELECT count(*) FROM customer") == [(1,)]


@pytest.mark.parametrize("region", ["CN", "XX"])
def test_a_country_without_an_english_of_its_own_gets_that_of_the_world(make_shop, region):
    assert make_shop(region=region).test_client().get("/account/login").status_code == 200


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def account(tx, clock):
    """Ann and Bob with accounts, a stranger without one, and somebody who was disabled."""
    with tx() as t:
        ann = give_account(t, email=EMAIL, password_hash=HASH, name="Ann")
        bob = give_account(t, email="bob@example.test", password_hash=HASH, name="Bob")
        record_consent(t, bob, "statistics", given=True, source="tests")
        factories.customer(t, "stranger@example.test")
        gone = give_account(t, email="disabled@example.test", password_hash=HASH, name="Gone")
        t.execute(sa.update(Customer).where(Customer.id == gone).values(disabled=True))
    return {"ann": ann, "bob": bob}


def form_of(webtest):
    page = webtest.get("/account/login")
    return next(key for key, form in page.forms.items() if "password" in form.fields)


def token_of(client):
    page = client.get("/account/login", base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def post(client, email, password, **more):
    data = {"email": email, "password": password, "csrf_token": token_of(client), **more}
    return client.post("/account/login", data=data, base_url=OWN)


def signed_in(app, email=EMAIL):
    client = Browser(app)
    assert post(client, email, PASSWORD).status_code == 302
    return client


def home(client):
    return client.get("/", base_url=OWN).get_data(as_text=True)
