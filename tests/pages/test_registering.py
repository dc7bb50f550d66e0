"""Opening an account, without telling anybody who has one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.core.jobs import run_due_ticks
from storefront.core.models import Outbox
from storefront.customers.models import AccountToken, Customer
from storefront.customers.service import give_account, hash_password
from tests import factories
from tests.conftest import Browser
from tests.pages.accounts import link_in, page, send, sign_in, work
from tests.pages.walking import OWN

EMAIL, PASSWORD = "new@example.test", "three green kettles"
KNOWN = "ann@example.test"
HASH = hash_password("correct horse battery")


def register(client, email=EMAIL, password=PASSWORD, **more):
    return send(client, "/account/register", email=email, password=password, name="Nora New", **more)


def test_a_newcomer_follows_the_link_and_is_in(shop, mailbox, rows):
    client = Browser(shop)
    answer = register(client, next="/cart")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/account/registered")
    assert EMAIL in page(client, "/account/registered")
    assert rows("SELECT count(*) FROM customer WHERE email_key = :e", e=EMAIL) == [(0,)]
    work(shop)
    (mail,) = mailbox()
    assert mail["To"] == EMAIL
    link = link_in(mail)
    assert "Yes, open my account" in page(client, link)
    assert rows("SELECT count(*) FROM customer WHERE email_key = :e", e=EMAIL) == [(0,)], "looking is no yes"
    entered = send(client, link)
    assert entered.status_code == 303 and entered.headers["Location"].endswith("/cart")
    assert "Nora" in page(client, "/account")
    known = rows(sa.select(Customer.first_name, Customer.last_name, Customer.role, Customer.confirmed_at))
    assert known[-1][:3] == ("Nora", "New", "customer") and known[-1][3] is not None
    events = [event for (event,) in rows(sa.select(Outbox.event).order_by(Outbox.id))]
    assert events == ["customers.CustomerRegistered", "customers.EmailConfirmed"]


def test_a_link_works_once_and_for_a_day(shop, mailbox, clock):
    client = Browser(shop)
    register(client)
    work(shop)
    link = link_in(mailbox()[0])
    send(client, link)
    assert send(Browser(shop), link, password=PASSWORD).headers["Location"].endswith("/account/login")
    register(Browser(shop), "late@example.test")
    work(shop)
    late = link_in(mailbox()[1])
    clock.shift(timedelta(hours=24))
    assert Browser(shop).get(late, base_url=OWN).status_code == 302


def test_nobody_prepares_an_account_for_somebody_else(shop, mailbox, rows):
    """The stranger chose the password; whoever owns the address does not know it, and does not let them in."""
    register(Browser(shop), password="the strangers own words")
    work(shop)
    link, owner = link_in(mailbox()[0]), Browser(shop)
    assert "Please give the password that was chosen there" in page(owner, link)
    assert send(owner, link).status_code == 422
    assert send(owner, link, password="some other words").status_code == 422
    assert rows("SELECT count(*) FROM customer WHERE email_key = :e", e=EMAIL) == [(0,)]
    assert sign_in(Browser(shop), EMAIL, "the strangers own words").status_code == 422


def test_the_link_may_be_opened_on_the_phone(shop, mailbox):
    register(Browser(shop))
    work(shop)
    phone = Browser(shop)
    assert send(phone, link_in(mailbox()[0]), password=PASSWORD).status_code == 303
    assert "Nora" in page(phone, "/account")


def test_before_the_link_is_followed_nobody_can_sign_in(shop):
    """If they could, signing in would tell whether the address was free."""
    register(Browser(shop))
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 422


def test_the_answer_is_the_same_whoever_is_known(shop, rows):
    answers = {}
    for email in (EMAIL, KNOWN, "gone@example.test", "guest@example.test"):
        client = Browser(shop)
        first = register(client, email)
        after = page(client, "/account/registered").replace(email, "")
        cookie = len(client.get_cookie("regulars", domain="127.0.0.1").value)
        answers[email] = (first.status_code, first.headers["Location"], len(after), cookie - len(email))
    statuses, places, lengths, cookies = (set(column) for column in zip(*answers.values(), strict=True))
    assert statuses == {303} and len(places) == 1
    assert max(lengths) - min(lengths) <= 32 and max(cookies) - min(cookies) <= 32
    assert rows("SELECT count(*) FROM mail_message") == [(4,)]
    assert rows("SELECT count(*) FROM account_token") == [(4,)]


def test_known_and_unknown_addresses_take_the_same_work(shop, count_queries, monkeypatch):
    hashed = []
    from storefront.customers.service import registering

    real = registering.hash_password
    monkeypatch.setattr(registering, "hash_password", lambda text: hashed.append(text) or real(text))
    work_done = {}
    for email in (EMAIL, KNOWN):
        client = Browser(shop)
        page(client, "/account/register")
        with count_queries() as queries:
            register(client, email)
        work_done[email] = len(queries)
    assert hashed == [PASSWORD, PASSWORD]
    assert work_done[EMAIL] == work_done[KNOWN]


def test_whoever_is_known_is_told_so_by_mail_at_their_stored_address(shop, mailbox):
    register(Browser(shop), "ANN@Example.test")
    work(shop)
    (mail,) = mailbox()
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == KNOWN and "There is one already." in text
    assert f"{OWN}/account/login" in text and f"{OWN}/account/forgot" in text
    assert "/account/confirm" not in text


@pytest.mark.parametrize("twin", ["\u212aim@example.test", "k\u0130m@example.test", "\uff4bim@example.test"])
def test_a_twin_in_another_script_is_another_person(shop, mailbox, tx, twin):
    with tx() as t:
        give_account(t, email="kim@example.test", password_hash=HASH, name="Kim")
    register(Browser(shop), twin)
    work(shop)
    assert all(mail["To"] != "kim@example.test" for mail in mailbox())


def test_an_earlier_guest_becomes_the_same_customer(shop, mailbox, rows):
    client = Browser(shop)
    register(client, "guest@example.test")
    work(shop)
    send(client, link_in(mailbox()[0]))
    assert rows("SELECT count(*) FROM customer WHERE email_key = 'guest@example.test'") == [(1,)]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": ""}, "Please give your e-mail."),
        ({"email": "nobody"}, "That is not an e-mail address."),
        ({"email": "a@b.test, c@d.test"}, "That is not an e-mail address."),
        ({"email": "a@b.test\r\nBcc: c@d.test"}, "That is not an e-mail address."),
        ({"password": ""}, "Please choose a password."),
        ({"password": "short"}, "at least 8"),
        ({"password": "x1" * 129}, "at most 256"),
        ({"password": "password1"}, "tried first"),
        ({"password": "PassWord1"}, "tried first"),
        ({"password": "aaaaaaaaaa"}, "tried first"),
        ({"password": "23456789"}, "tried first"),
        ({"password": "new@example.test"}, "something else than your e-mail"),
    ],
)
def test_what_does_not_fit_is_said_at_the_field(shop, form, words, rows):
    answer = send(Browser(shop), "/account/register", **{"email": EMAIL, "password": PASSWORD, **form})
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words in body and 'id="wrong"' in body
    assert PASSWORD not in body
    assert rows("SELECT count(*) FROM mail_message") == [(0,)]


def test_the_same_mail_comes_once_more_for_the_browser_that_asked(shop, mailbox):
    client, stranger = Browser(shop), Browser(shop)
    register(client)
    send(client, "/account/register/resend")
    send(stranger, "/account/register/resend")
    work(shop)
    first, second = (link_in(mail) for mail in mailbox())
    assert first != second and send(client, second).status_code == 303
    assert client.get(first, base_url=OWN).status_code == 302


def test_an_address_gets_three_mails_an_hour_however_many_ask(make_shop, tx):
    shop = make_shop(register_limit="1000 per hour")
    for email in (EMAIL, EMAIL.upper()) * 4:
        assert register(Browser(shop), email).status_code == 303
    with shop.app_context():
        from storefront.core.database import db

        assert db.session.execute(sa.text("SELECT count(*) FROM mail_message")).scalar() == 3


def test_one_address_opens_five_accounts_an_hour(shop):
    statuses = [register(Browser(shop), f"{n}@example.test").status_code for n in range(6)]
    assert statuses == [303] * 5 + [429]


def test_what_was_typed_is_forgotten_with_its_link(shop, rows, clock):
    register(Browser(shop))
    assert rows(sa.select(sa.func.count()).select_from(AccountToken)) == [(1,)]
    clock.shift(timedelta(hours=26))
    with shop.app_context():
        run_due_ticks()
    assert rows(sa.select(sa.func.count()).select_from(AccountToken)) == [(0,)]


def test_a_typed_name_is_not_delivered_to_whoever_was_named(shop, mailbox):
    send(Browser(shop), "/account/register", email=EMAIL, password=PASSWORD, name="Buy at evil.test")
    work(shop)
    assert "evil.test" not in mailbox()[0].as_string()


def test_news_by_mail_is_a_question_of_its_own(shop, mailbox, rows):
    assert (
        "checked" not in page(Browser(shop), "/account/register").split('name="marketing"')[1].split(">")[0]
    )
    client = Browser(shop)
    register(client, marketing="1")
    assert rows("SELECT count(*) FROM consent") == [(0,)], "not before the address is theirs"
    work(shop)
    send(client, link_in(mailbox()[0]))
    assert rows("SELECT purpose, given, source FROM consent") == [("marketing", True, "registration")]


def test_the_mail_speaks_the_language_of_the_form_and_names_the_configured_shop(shop, mailbox):
    client = Browser(shop)
    send(client, "/zh/account/register", email=EMAIL, password=PASSWORD)
    work(shop)
    assert mailbox()[0]["Content-Language"] == "zh-CN"
    assert link_in(mailbox()[0]).startswith("/zh/account/confirm/")


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "javascript:x"]
)
def test_after_the_link_one_stays_in_this_shop(shop, mailbox, target):
    client = Browser(shop)
    register(client, next=target)
    work(shop)
    assert "evil" not in send(client, link_in(mailbox()[0])).headers["Location"]


@pytest.fixture
def shop(app, tx, clock):
    """Ann has an account; a guest bought here; somebody was disabled."""
    with tx() as t:
        give_account(t, email=KNOWN, password_hash=HASH, name="Ann")
        gone = give_account(t, email="gone@example.test", password_hash=HASH, name="Gone")
        t.execute(sa.update(Customer).where(Customer.id == gone).values(disabled=True))
        factories.customer(t, "guest@example.test")
    return app
