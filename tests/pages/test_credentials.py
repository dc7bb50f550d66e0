"""Forgotten, changed and stolen: passwords, addresses, sign-ins."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.customers.models import AccountToken, Customer
from storefront.customers.service import give_account, give_role, hash_password
from tests import factories
from tests.conftest import Browser
from tests.pages.accounts import link_in, page, send, sign_in, token_of, work
from tests.pages.walking import OWN

EMAIL, PASSWORD, NEW = "ann@example.test", "correct horse battery", "three green kettles"
HASH = hash_password(PASSWORD)
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


# --- a forgotten password ---------------------------------------------------------------------------------


def ask(shop, email=EMAIL):
    return send(Browser(shop), "/account/forgot", email=email)


def reset_link(shop, mailbox):
    ask(shop)
    work(shop)
    return link_in(mailbox()[-1])


def test_a_forgotten_password_is_replaced_and_every_sign_in_ends(shop, mailbox):
    thief = signed_in(shop)
    link, client = reset_link(shop, mailbox), Browser(shop)
    assert "A new password" in page(client, link)
    answer = send(client, link, password=NEW)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/account/login")
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 422
    assert sign_in(client, EMAIL, NEW).status_code == 302
    assert "Ann" not in page(thief, "/")
    work(shop)
    assert mailbox()[-1]["To"] == EMAIL and "was changed" in mailbox()[-1]["Subject"]


def test_the_link_works_once_and_for_an_hour(shop, mailbox, clock):
    link = reset_link(shop, mailbox)
    assert send(Browser(shop), link, password=NEW).headers["Location"].endswith("/account/login")
    assert send(Browser(shop), link, password="another one of mine").headers["Location"].endswith("/forgot")
    late = reset_link(shop, mailbox)
    clock.shift(timedelta(minutes=60))
    assert send(Browser(shop), late, password=NEW + "!").headers["Location"].endswith("/forgot")
    assert sign_in(Browser(shop), EMAIL, NEW).status_code == 302


def test_looking_at_the_link_uses_nothing_up(shop, mailbox):
    link = reset_link(shop, mailbox)
    for _ in range(20):
        assert Browser(shop).get(link, base_url=OWN).status_code == 200
    assert send(Browser(shop), link, password=NEW).status_code == 303


def test_a_link_from_before_a_change_of_password_is_worth_nothing(shop, mailbox):
    link, client = reset_link(shop, mailbox), signed_in(shop)
    send(client, "/account/security/password", current=PASSWORD, new=NEW)
    assert Browser(shop).get(link, base_url=OWN).status_code == 302


def test_a_link_from_before_a_change_of_address_is_worth_nothing(shop, mailbox):
    link, client = reset_link(shop, mailbox), signed_in(shop)
    send(client, "/account/security/email", email="ann2@example.test", password=PASSWORD)
    work(shop)
    send(client, link_in(mailbox()[-1]))
    assert Browser(shop).get(link, base_url=OWN).status_code == 302


def test_the_token_stands_nowhere_in_the_database(shop, mailbox, rows):
    token = reset_link(shop, mailbox).rpartition("/")[2]
    assert len(token) >= 40
    for table in ("account_token", "mail_message", "outbox"):
        assert token not in str(rows(f"SELECT * FROM {table}")), table


def test_the_answer_is_the_same_for_every_address(shop, count_queries, rows):
    answers, work_done = set(), set()
    for email in (
        EMAIL,
        "nobody@example.test",
        "gone@example.test",
        "guest@example.test",
        "ANN@example.test",
    ):
        client = Browser(shop)
        token = token_of(client)
        with count_queries() as queries:
            form = {"email": email, "csrf_token": token}
            answer = client.post("/account/forgot", data=form, base_url=OWN)
        answers.add(
            (answer.status_code, answer.headers["Location"], len(page(client, "/account/reset-sent")))
        )
        work_done.add(len(queries))
    assert len(answers) == 1 and len(work_done) == 1, (answers, work_done)
    assert rows("SELECT count(*) FROM mail_message") == [(0,)], "whom to write to is the worker's business"


def test_three_links_an_hour_and_the_same_answer_ever_after(shop, mailbox, clock):
    assert {ask(shop).status_code for _ in range(5)} == {303}
    work(shop)
    assert len(mailbox()) == 3
    clock.shift(timedelta(minutes=61))
    ask(shop)
    work(shop)
    assert len(mailbox()) == 4


def test_only_known_people_get_a_mail_and_at_their_stored_address(shop, mailbox):
    for email in ("ANN@Example.TEST", "nobody@example.test", "gone@example.test", "\u212aim@example.test"):
        ask(shop, email)
    work(shop)
    assert [mail["To"] for mail in mailbox()] == [EMAIL]


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded"])
def test_a_foreign_host_gets_into_no_mail(shop, mailbox, header):
    client = Browser(shop)
    form = {"email": EMAIL, "csrf_token": token_of(client)}
    client.post("/account/forgot", data=form, base_url=OWN, headers={header: "evil.test"})
    work(shop)
    assert all("evil.test" not in mail.as_string() for mail in mailbox())
    assert header == "Host" or link_in(mailbox()[0]).startswith("/account/reset/")


def test_a_weak_new_password_keeps_the_link(shop, mailbox):
    link = reset_link(shop, mailbox)
    assert send(Browser(shop), link, password="password1").status_code == 422
    assert send(Browser(shop), link, password=NEW).status_code == 303


def test_an_imported_customer_gets_a_password_this_way_and_a_confirmed_address(shop, mailbox, rows):
    ask(shop, "guest@example.test")
    work(shop)
    send(Browser(shop), link_in(mailbox()[0]), password=NEW)
    assert sign_in(Browser(shop), "guest@example.test", NEW).status_code == 302
    confirmed = sa.select(Customer.confirmed_at).where(Customer.email_key == "guest@example.test")
    assert rows(confirmed)[0][0] is not None
    events = [event for (event,) in rows("SELECT event FROM outbox ORDER BY id")]
    assert events == ["customers.ResetAsked", "customers.EmailConfirmed"]


# --- changing ---------------------------------------------------------------------------------------------


def test_a_new_password_ends_every_sign_in_and_renews_this_one(shop):
    here, there = signed_in(shop), signed_in(shop)
    stolen = here.get_cookie("regulars", domain="127.0.0.1").value
    answer = send(here, "/account/security/password", current=PASSWORD, new=NEW)
    assert answer.status_code == 303 and "Ann" in page(here, "/")
    assert "Ann" not in page(there, "/")
    replayed = Browser(shop)
    replayed.set_cookie("regulars", stolen, domain="127.0.0.1")
    assert "Ann" not in page(replayed, "/")
    assert sign_in(Browser(shop), EMAIL, NEW).status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", NEW, "That is not your password."),
        (PASSWORD, "short", "at least 8"),
        (PASSWORD, EMAIL, "something else"),
    ],
)
def test_a_new_password_needs_the_old_one_and_must_be_good(shop, current, new, words):
    client = signed_in(shop)
    answer = send(client, "/account/security/password", current=current, new=new)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 302


def test_guessing_the_password_in_an_open_browser_is_slowed_down(shop):
    client = signed_in(shop)
    paths = ("/account/security/password", "/account/privacy/erase", "/account/security/codes")
    statuses = [
        send(client, paths[n % 3], current=f"g{n}", new=NEW, password=f"g{n}", sure="1").status_code
        for n in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2


def test_a_new_address_counts_once_its_owner_says_so(shop, mailbox, rows):
    here, there = signed_in(shop), signed_in(shop)
    send(here, "/account/security/email", email="ann2@example.test", password=PASSWORD)
    work(shop)
    (mail,) = mailbox()
    assert mail["To"] == "ann2@example.test"
    assert sign_in(Browser(shop), "ann2@example.test", PASSWORD).status_code == 422
    assert send(Browser(shop), link_in(mail)).status_code == 303
    assert "Ann" in page(here, "/") and "Ann" not in page(there, "/")
    assert sign_in(Browser(shop), "ann2@example.test", PASSWORD).status_code == 302
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 422
    work(shop)
    assert mailbox()[-1]["To"] == EMAIL and "address was changed" in mailbox()[-1]["Subject"]
    payload = rows("SELECT payload FROM outbox WHERE event = 'customers.EmailConfirmed'")
    assert "ann2@example.test" in str(payload)


def test_an_address_of_somebody_else_is_not_taken_and_not_told(shop, mailbox):
    client = signed_in(shop)
    free = send(client, "/account/security/email", email="free@example.test", password=PASSWORD)
    taken = send(client, "/account/security/email", email="bob@example.test", password=PASSWORD)
    assert (free.status_code, free.headers["Location"]) == (taken.status_code, taken.headers["Location"])
    work(shop)
    assert "There is one already." in mailbox()[-1].get_body(("plain",)).get_content()


def test_an_address_that_was_taken_meanwhile_stays_the_others(shop, mailbox, tx):
    client = signed_in(shop)
    send(client, "/account/security/email", email="soon@example.test", password=PASSWORD)
    work(shop)
    with tx() as t:
        factories.customer(t, "soon@example.test")
    assert send(client, link_in(mailbox()[0])).headers["Location"].endswith("/account/login")
    assert sign_in(Browser(shop), EMAIL, PASSWORD).status_code == 302


def test_an_unconfirmed_address_can_be_confirmed(shop, mailbox, tx):
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email_key == EMAIL).values(confirmed_at=None))
    client = signed_in(shop)
    assert "Send me the link" in page(client, "/account")
    for _ in range(5):
        assert send(client, "/account/confirm").status_code == 303
    work(shop)
    assert len(mailbox()) == 3
    assert send(Browser(shop), link_in(mailbox()[0])).status_code == 303
    assert "Send me the link" not in page(client, "/account")


# --- where one is signed in -------------------------------------------------------------------------------


def test_sign_ins_are_listed_with_their_device_and_can_be_ended_one_by_one(shop):
    here = signed_in(shop)
    there = Browser(shop)
    token = token_of(there)
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token}
    there.post("/account/login", data=form, base_url=OWN, headers=FIREFOX)
    body = page(here, "/account/security")
    assert "Firefox on Linux" in body and body.index("This browser") < body.index("Firefox on Linux")
    key = body.split('name="key" value="')[1].split('"')[0]
    send(signed_in(shop, "bob@example.test"), "/account/security/sign-ins/end", key=key)
    assert "Ann" in page(there, "/"), "Bob cannot"
    send(here, "/account/security/sign-ins/end", key=key[:5])
    assert "Ann" in page(there, "/"), "a piece of the key is no key"
    send(here, "/account/security/sign-ins/end", key=key)
    assert "Ann" not in page(there, "/") and "Ann" in page(here, "/")


def test_one_signs_out_everywhere_else(shop):
    here, there, bob = signed_in(shop), signed_in(shop), signed_in(shop, "bob@example.test")
    send(here, "/account/security/sign-ins/end-all")
    assert ["Ann" in page(here, "/"), "Ann" in page(there, "/"), "Bob" in page(bob, "/")] == [
        True,
        False,
        True,
    ]


def test_staff_are_signed_out_after_half_an_hour_and_after_twelve(shop, tx, clock, rows):
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email_key == EMAIL).values(role="support"))
    client = signed_in(shop)
    for _ in range(4):
        clock.shift(timedelta(minutes=24))
        assert "Ann" in page(client, "/")
    clock.shift(timedelta(minutes=31))
    assert "Ann" not in page(client, "/")
    client = signed_in(shop)
    for _ in range(36):
        clock.shift(timedelta(minutes=20))
        page(client, "/")
    assert "Ann" not in page(client, "/")


def test_another_role_ends_the_sign_ins(shop, tx, rows):
    client = signed_in(shop)
    ann = rows(sa.select(Customer.id).where(Customer.email_key == EMAIL))[0][0]
    with tx() as t:
        assert give_role(t, ann, "support") == "customer"
    assert "Ann" not in page(client, "/")
    with tx() as t, pytest.raises(ValueError, match="none of"):
        give_role(t, ann, "king")


# --- hostile addresses ------------------------------------------------------------------------------------

TARGETS = [
    *(f"{start}evil.test" for start in ("http://", "https://", "//", "///", "/\\", "\\\\", "\\/", "http:", "ftp://", "data:,", "javascript://")),
    *(f"/{sign}/evil.test" for sign in ("\t", "\n", "\r", "\\", "\x00", "\r\n")),
    "https://127.0.0.1:5000@evil.test", "//evil.test/%2f..", "///evil.test@127.0.0.1", "http://[::1]/", " //evil.test",
    "\u2028//evil.test", "evil.test", "@evil.test", "?next=//evil.test", "#//evil.test",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_signing_in_never_leads_away(shop, target):
    for answer in (
        sign_in(Browser(shop), EMAIL, PASSWORD, next=target),
        Browser(shop).post("/consent", base_url=OWN, data={"next": target}),
        send(Browser(shop), "/consent", choice="none", next=target),
    ):
        place = answer.headers.get("Location", "/")
        assert place.startswith(("/", OWN)) and not place.startswith(("//", "/\\")), place


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx, clock):
    """Ann and Bob, somebody who was disabled, and a guest without account."""
    with tx() as t:
        for name in ("Ann", "Bob", "Kim", "Gone"):
            give_account(t, email=f"{name.lower()}@example.test", password_hash=HASH, name=name)
        t.execute(sa.update(Customer).where(Customer.first_name == "Gone").values(disabled=True))
        factories.customer(t, "guest@example.test")
    assert AccountToken.__tablename__ == "account_token"
    return app


def signed_in(shop, email=EMAIL):
    client = Browser(shop)
    assert sign_in(client, email, PASSWORD).status_code == 302
    return client
