"""P2: nothing is noted before somebody agreed, and nothing any more once they changed their mind."""

from __future__ import annotations

import re

import pytest

from storefront.core.database import JOURNAL
from storefront.customers.service import give_account, hash_password
from tests import factories
from tests.conftest import Browser
from tests.pages.accounts import page, send, sign_in
from tests.pages.walking import OWN

EMAIL, PASSWORD = "ann@example.test", "correct horse battery"
HASH = hash_password(PASSWORD)
READER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html",
}


def look(client, path="/p/kettle", **headers):
    return client.get(path, base_url=OWN, headers={**READER, **headers})


def events(rows):
    return [
        tuple(row)
        for row in rows("SELECT name, customer_id, visitor FROM journal_event ORDER BY id", bind=JOURNAL)
    ]


def cookies(client):
    return {
        name
        for name in ("regulars_consent", "regulars_viewed")
        if client.get_cookie(name, domain="127.0.0.1")
    }


def test_before_an_answer_nothing_is_noted_and_no_number_is_given(shop, rows):
    client = Browser(shop)
    for path in ("/", "/p/kettle", "/search?q=kettle"):
        look(client, path)
    assert events(rows) == [] and cookies(client) == set()


@pytest.mark.parametrize(
    ("form", "noted", "viewed"),
    [
        ({"choice": "all"}, True, True),
        ({"choice": "none"}, False, False),
        ({"choice": "some", "purposes": "statistics"}, True, False),
        ({"choice": "some", "purposes": "personalization"}, False, True),
        ({"choice": "some"}, False, False),
        ({"choice": "none", "purposes": "statistics"}, False, False),
        ({"choice": "everything"}, False, False),
        ({}, False, False),
    ],
)
def test_an_answer_means_what_it_says(shop, rows, form, noted, viewed):
    client = Browser(shop)
    assert send(client, "/consent", next="/p/kettle", **form).headers["Location"].endswith("/p/kettle")
    look(client)
    assert bool(events(rows)) == noted
    assert ("regulars_viewed" in cookies(client)) == viewed
    assert "data-consent" not in page(client, "/"), "it is not asked again"


def test_a_visitor_is_a_number_that_changes_with_who_sits_there(shop, rows):
    client, other = Browser(shop), Browser(shop)
    for browser in (client, other):
        send(browser, "/consent", choice="all")
        look(browser)
    mine, others = (visitor for _name, _customer, visitor in events(rows))
    assert re.fullmatch(r"[0-9a-f]{20}", mine) and mine != others


def test_taking_it_back_counts_at_once(shop, rows):
    client = Browser(shop)
    send(client, "/consent", choice="all")
    look(client)
    send(client, "/consent", choice="none")
    look(client)
    assert len(events(rows)) == 1 and cookies(client) == {"regulars_consent"}


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_a_browser_that_says_no_is_not_asked_and_not_noted(shop, rows, header):
    client = Browser(shop)
    assert "data-consent" not in look(client, "/", **{header: "1"}).get_data(as_text=True)
    send(client, "/consent", choice="all")
    look(client, **{header: "1"})
    assert events(rows) == [] and "regulars_viewed" not in cookies(client)


@pytest.mark.parametrize(
    "value", ["x", "eyJwIjpbInN0YXRpc3RpY3MiXSwidiI6ImFiYyIsInQiOjF9.forged", "", "." * 4000]
)
def test_a_forged_choice_is_none(shop, rows, value):
    client = Browser(shop)
    client.set_cookie("regulars_consent", value, domain="127.0.0.1")
    assert "data-consent" in look(client, "/").get_data(as_text=True)
    assert events(rows) == []


def test_the_question_has_three_answers_of_one_weight_and_nothing_ticked(shop):
    body = page(Browser(shop), "/")
    asked = body.split("data-consent")[1].split("</section>")[0]
    looks = re.findall(r'class="(btn[^"]*)"', asked)
    assert len(set(looks)) == 1 and len(looks) == 4
    assert "checked" not in asked and "<script" not in asked
    assert asked.index("Accept all") < asked.index("Refuse all") < asked.index("Choose")


def test_every_page_asks_until_it_is_answered(shop):
    client = Browser(shop)
    for path in ("/", "/p/kettle", "/search?q=x", "/account/login", "/zh/", "/nowhere"):
        assert "data-consent" in page(client, path), path


# --- customers --------------------------------------------------------------------------------------------


def test_the_answer_goes_along_into_the_account_and_so_does_what_was_done(shop, rows):
    client = Browser(shop)
    send(client, "/consent", choice="some", purposes="statistics")
    look(client)
    sign_in(client, EMAIL, PASSWORD)
    assert rows("SELECT purpose, given, source FROM consent ORDER BY id") == [
        ("statistics", True, "banner"),
        ("personalization", False, "banner"),
    ]
    look(client)
    people = {customer for _name, customer, _visitor in events(rows)}
    assert len(people) == 1 and None not in people
    assert "data-consent" not in page(client, "/")


def test_what_a_customer_said_later_outweighs_an_older_answer(shop, rows, clock):
    from datetime import timedelta

    client = Browser(shop)
    send(client, "/consent", choice="all")
    clock.shift(timedelta(hours=1))
    elsewhere = Browser(shop)
    sign_in(elsewhere, EMAIL, PASSWORD)
    send(elsewhere, "/account/privacy")
    clock.shift(timedelta(hours=1))
    sign_in(client, EMAIL, PASSWORD)
    assert {given for (given,) in rows("SELECT given FROM consent")} == {False}


def test_the_three_purposes_are_kept_apart_and_every_change_stays_in_the_log(shop, rows):
    client = Browser(shop)
    sign_in(client, EMAIL, PASSWORD)
    send(client, "/account/privacy", purposes="marketing")
    send(client, "/account/privacy", purposes=["marketing", "statistics"])
    send(client, "/account/privacy", purposes=["marketing", "statistics"])
    send(client, "/account/privacy", purposes=["statistics", "world domination"])
    said = rows("SELECT purpose, given FROM consent ORDER BY id")
    assert said == [
        ("statistics", False),
        ("personalization", False),
        ("marketing", True),
        ("statistics", True),
        ("marketing", False),
    ]
    body = page(client, "/account/privacy")
    assert body.count("<b>yes</b>") == 2 and body.count("<b>no</b>") == 3


def test_after_signing_out_nothing_of_the_customer_is_on_the_machine(shop, rows):
    client = Browser(shop)
    send(client, "/consent", choice="all")
    sign_in(client, EMAIL, PASSWORD)
    look(client)
    before = {visitor for _n, _c, visitor in events(rows)}
    send(client, "/account/logout")
    look(client, "/search?q=tea")
    names = [(customer, visitor) for _name, customer, visitor in events(rows)]
    assert names[-1][0] is None and names[-1][1] not in before


@pytest.fixture
def shop(app, tx, clock):
    """A kettle, and Ann."""
    with tx() as t:
        factories.product(t, "kettle", title="Kettle")
        give_account(t, email=EMAIL, password_hash=HASH, name="Ann")
    return app
