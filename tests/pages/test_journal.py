"""What the journal keeps of a visit: each page once, clicks with their place, how long it was looked at; of
robots and of people who did not agree nothing but numbers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from storefront.catalog.service.indexing import reindex_all
from storefront.core.database import JOURNAL
from storefront.customers.service import give_account, hash_password
from storefront.journal.service.counting import tally, write_counts
from tests import factories
from tests.conftest import Browser
from tests.pages.accounts import send, sign_in, token_of
from tests.pages.walking import OWN

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
READER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml",
    "Accept-Language": "en",
}


def look(client, path, **headers):
    return client.get(path, base_url=OWN, headers={**READER, **headers})


def agreed(shop, **choice):
    client = Browser(shop)
    send(client, "/consent", **(choice or {"choice": "all"}))
    return client


# --- pages ------------------------------------------------------------------------------------------------


def test_each_page_is_one_row_with_its_mark(shop, rows):
    client = agreed(shop)
    for path in (
        "/",
        "/c/kitchen",
        "/p/kettle",
        "/search?q=kettle",
        "/search?q=zebra",
        "/cart",
        "/pages/about",
    ):
        look(client, path)
    found = rows("SELECT page, name, hits FROM journal_event ORDER BY id", bind=JOURNAL)
    assert [tuple(row) for row in found] == [
        ("home", "page_view", None),
        ("category", "view_item_list", None),
        ("product", "view_item", None),
        ("search", "search", 1),
        ("search", "search", 0),
        ("cart", "page_view", None),
        ("page", "page_view", None),
    ]


def test_a_page_that_is_not_there_or_a_file_is_no_page(shop, rows):
    client = agreed(shop)
    for path in ("/p/no-such-thing", "/static/js/frame.js", "/search/suggest?q=ket", "/consent/none"):
        look(client, path)
    assert events(rows) == []


def test_what_goes_into_the_cart_and_out_of_it_is_noted(shop, rows):
    client = agreed(shop)
    form = {"csrf_token": token_of(client), "sku": "KETTLE", "quantity": "2"}
    client.post("/cart/add", data=form, base_url=OWN, headers=READER)
    page = look(client, "/cart").get_data(as_text=True)
    key = re.search(r"/cart/lines/([^/]+)/remove", page)[1]
    client.post(f"/cart/lines/{key}/remove", data=form, base_url=OWN, headers=READER)
    found = rows("SELECT name, page, product_id FROM journal_event ORDER BY id", bind=JOURNAL)
    assert [(row.name, row.page, row.product_id is None) for row in found] == [
        ("add_to_cart", None, False),
        ("view_cart", "cart", True),
        ("remove_from_cart", None, False),
    ]


# --- visits -----------------------------------------------------------------------------------------------


def test_a_visit_lasts_until_nobody_came_for_half_an_hour_and_midnight_does_not_end_it(shop, rows, clock):
    client = agreed(shop)
    clock.shift(timedelta(hours=11, minutes=40))
    for minutes in (0, 29, 29, 31):
        clock.shift(timedelta(minutes=minutes))
        look(client, "/p/kettle")
    sessions = [row.session for row in rows("SELECT session FROM journal_event ORDER BY id", bind=JOURNAL)]
    assert sessions[0] == sessions[1] == sessions[2] != sessions[3]


def test_only_this_visit_becomes_the_customers(shop, rows, clock):
    """P6: at a shared machine the pages of an hour ago may have been anybody's."""
    client = agreed(shop)
    look(client, "/p/kettle")
    clock.shift(timedelta(hours=1))
    look(client, "/search?q=tea")
    sign_in(client, "ann@example.test", PASSWORD)
    look(client, "/p/teapot")
    found = rows("SELECT name, customer_id, session FROM journal_event ORDER BY id", bind=JOURNAL)
    assert [(row.name, row.customer_id is None) for row in found] == [
        ("view_item", True),
        ("search", False),
        ("view_item", False),
    ]
    assert found[1].session == found[2].session, "the visit goes on"


def test_signing_in_in_a_browser_goes_on_with_the_visit(shop, rows):
    """Whoever signs in is loaded before what they agreed to in this browser is in their log."""
    client = agreed(shop)
    look(client, "/p/kettle")
    page = look(client, "/account/login").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": "ann@example.test", "password": PASSWORD, "csrf_token": token}
    client.post("/account/login", data=form, base_url=OWN, headers=READER)
    look(client, "/p/teapot")
    found = rows("SELECT customer_id, session FROM journal_event ORDER BY id", bind=JOURNAL)
    assert len(found) == 3 and len({tuple(row) for row in found}) == 1


def test_two_customers_at_one_browser_get_nothing_of_each_other(shop, rows):
    client = agreed(shop)
    look(client, "/p/kettle")
    sign_in(client, "ann@example.test", PASSWORD)
    look(client, "/p/teapot")
    client.delete_cookie("regulars", domain="127.0.0.1")  # the sign-in ended without a sign-out
    look(client, "/search?q=tea")
    sign_in(client, "bob@example.test", PASSWORD)
    look(client, "/")
    people = {row.email: row.id for row in rows("SELECT id, email FROM customer")}
    ann, bob = people["ann@example.test"], people["bob@example.test"]
    found = rows("SELECT customer_id, visitor, session FROM journal_event ORDER BY id", bind=JOURNAL)
    assert [row.customer_id for row in found] == [ann, ann, bob, bob]
    assert found[0].visitor != found[2].visitor and found[1].session != found[2].session


def test_who_signs_out_leaves_a_new_visitor_in_a_new_visit(shop, rows):
    client = agreed(shop)
    sign_in(client, "ann@example.test", PASSWORD)
    look(client, "/p/kettle")
    send(client, "/account/logout")
    look(client, "/p/teapot")
    first, second = rows("SELECT customer_id, visitor, session FROM journal_event ORDER BY id", bind=JOURNAL)
    assert second.customer_id is None and second.visitor and second.session != first.session


def test_somebody_elses_visit_cookie_is_worth_nothing(shop, rows):
    ann, eve = agreed(shop), agreed(shop)
    look(ann, "/p/kettle")
    eve.set_cookie(
        "regulars_visit", ann.get_cookie("regulars_visit", domain="127.0.0.1").value, domain="127.0.0.1"
    )
    look(eve, "/p/kettle")
    first, second = rows("SELECT session FROM journal_event ORDER BY id", bind=JOURNAL)
    assert first.session != second.session


def test_consent_taken_back_takes_the_visit_off_the_browser(shop):
    client = agreed(shop)
    look(client, "/p/kettle")
    assert client.get_cookie("regulars_visit", domain="127.0.0.1")
    send(client, "/consent", choice="none")
    look(client, "/p/kettle")
    assert client.get_cookie("regulars_visit", domain="127.0.0.1") is None


# --- clicks in strips -------------------------------------------------------------------------------------


def test_a_link_of_a_strip_says_where_it_stood_and_counts_once_a_visit(shop, rows):
    client = agreed(shop)
    for _again in range(2):
        look(client, "/p/kettle?via=home-popular.3.popular")
    clicks = rows("SELECT * FROM journal_event WHERE name = 'select_item'", bind=JOURNAL)
    assert [(c.list_name, c.position, c.source) for c in clicks] == [("home-popular", 3, "popular")]
    assert clicks[0].product_id is not None


@pytest.mark.parametrize(
    "via", ["", "x", "a.0.b", "a.100.b", "<b>.1.x", "a.1.b.c", "A.1.b", "a.١.b", "a.1.b\n"]
)
def test_what_no_strip_wrote_into_a_link_is_no_click(shop, rows, via):
    client = agreed(shop)
    client.get("/p/kettle", query_string={"via": via}, base_url=OWN, headers=READER)
    assert [name for name, *_ in events(rows)] == ["view_item"]


# --- how long ---------------------------------------------------------------------------------------------


def leave(client, token, milliseconds, **headers):
    form = {"page": token, "ms": str(milliseconds)}
    beacon = {**READER, "Accept": "*/*", **headers}
    return client.post("/journal/dwell", data=form, base_url=OWN, headers=beacon).status_code


def opened(client, path="/p/kettle"):
    html = look(client, path).get_data(as_text=True)
    return re.search(r'name="page-opened" content="([^"]+)"', html)[1]


def dwells(rows):
    found = rows("SELECT page, dwell_ms, product_id FROM journal_event WHERE name = 'dwell'", bind=JOURNAL)
    return [(row.page, row.dwell_ms) for row in found]


def test_how_long_a_page_was_looked_at_is_kept_once_and_the_longest_counts(shop, rows, clock):
    client = agreed(shop)
    token = opened(client)
    clock.shift(timedelta(minutes=5))
    for milliseconds in (20_000, 65_000, 30_000):
        assert leave(client, token, milliseconds) == 204
    assert dwells(rows) == [("product", 65_000)]
    sessions = rows("SELECT DISTINCT session, visitor FROM journal_event", bind=JOURNAL)
    assert len(sessions) == 1, "it belongs to the visit of its page"


@pytest.mark.parametrize(
    ("milliseconds", "after", "kept"),
    [
        (999, 60, None),
        (1_000, 60, 1_000),
        (30 * 60_000, 3600, 30 * 60_000),
        (50 * 60_000, 3600, 30 * 60_000),
        (70_000, 60, None),  # longer than the page was out
        (63_000, 60, 63_000),  # clocks run apart
    ],
)
def test_glances_and_impossible_times_do_not_count(shop, rows, clock, milliseconds, after, kept):
    client = agreed(shop)
    token = opened(client)
    clock.shift(timedelta(seconds=after))
    leave(client, token, milliseconds)
    assert dwells(rows) == ([] if kept is None else [("product", kept)])


def test_nobody_writes_for_somebody_else(shop, rows, clock):
    ann, eve, stranger = agreed(shop), agreed(shop), Browser(shop)
    token = opened(ann)
    clock.shift(timedelta(minutes=1))
    assert leave(eve, token, 5_000) == 400
    assert leave(stranger, token, 5_000) == 204
    for wrong in ("", "x", token[:-1], token + "x", "a" * 5_000):
        assert leave(ann, wrong, 5_000) == 400
    for wrong in ("", "-5", "1e9", "٣٠٠٠", "9" * 40, "NaN"):
        assert leave(ann, token, wrong) == 400
    assert leave(ann, token, 5_000, DNT="1") == 204
    assert dwells(rows) == []


def test_the_token_says_that_a_person_was_there_whatever_the_beacon_calls_itself(shop, rows, clock):
    """Browsers send beacons by other ways than pages; some name themselves differently there."""
    client = agreed(shop)
    token = opened(client)
    clock.shift(timedelta(minutes=1))
    leave(client, token, 9_000, **{"User-Agent": "HeadlessChrome/150", "Accept-Language": ""})
    assert dwells(rows) == [("product", 9_000)]


def test_pages_of_people_who_did_not_agree_carry_no_script_for_it(shop):
    html = look(Browser(shop), "/p/kettle").get_data(as_text=True)
    assert "page-opened" not in html and "dwell.js" not in html


# --- without consent --------------------------------------------------------------------------------------


def test_of_people_who_did_not_agree_only_numbers_are_kept(shop, rows):
    for choice in (None, {"choice": "none"}):
        client = Browser(shop)
        if choice:
            send(client, "/consent", **choice)
        look(client, "/")
        look(client, "/p/kettle?via=home-popular.1.popular")
        assert client.get_cookie("regulars_visit", domain="127.0.0.1") is None
    with shop.app_context():
        write_counts()
    counts = rows("SELECT name, times FROM journal_count WHERE kind = 'page' ORDER BY name", bind=JOURNAL)
    assert [tuple(row) for row in counts] == [("home", 2), ("product", 2)]
    assert events(rows) == []


@pytest.mark.parametrize("said", [[], ["personalization", "marketing"]])
def test_a_customer_who_did_not_agree_to_statistics_is_not_noted(shop, rows, said):
    client = Browser(shop)
    sign_in(client, "ann@example.test", PASSWORD)
    if said:
        send(client, "/account/privacy", purposes=said)
    look(client, "/p/kettle")
    assert events(rows) == []


# --- robots -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "sign"),
    [
        ({"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "name"),
        ({"User-Agent": ""}, "name"),
        ({"Accept": ""}, "headers"),
        ({"Accept": "*/*", "Accept-Language": ""}, "headers"),
        ({"Accept": "image/*"}, "headers"),
        ({"Sec-Purpose": "prefetch;prerender"}, "headers"),
    ],
)
def test_robots_are_dropped_before_anything_is_written(shop, rows, headers, sign):
    client = agreed(shop)
    with shop.app_context():
        tally().forget()
    look(client, "/p/kettle", **headers)
    with shop.app_context():
        write_counts()
    assert events(rows) == []
    counts = rows("SELECT kind, name, times FROM journal_count", bind=JOURNAL)
    assert [tuple(row) for row in counts] == [("robot", sign, 1)]


def test_a_visit_faster_than_anybody_reads_is_taken_out_again(shop, rows, clock):
    person, robot = agreed(shop), agreed(shop)
    look(person, "/p/kettle")
    for _page in range(60):
        look(robot, "/p/kettle")
    assert len(events(rows)) == 61
    for _page in range(3):
        look(robot, "/p/teapot")
    assert len(events(rows)) == 1, "the person's"
    clock.shift(timedelta(seconds=61))
    look(robot, "/p/kettle")
    assert len(events(rows)) == 2


# --- the shop ---------------------------------------------------------------------------------------------


def events(rows):
    found = rows("SELECT name, customer_id, visitor FROM journal_event ORDER BY id", bind=JOURNAL)
    return [tuple(row) for row in found]


@pytest.fixture
def shop(app, tx, clock):
    """A kettle and a teapot in the kitchen, Ann and Bob."""
    with tx() as t:
        kitchen = factories.category(t, "kitchen")
        factories.product(t, "kettle", title="Kettle", category=kitchen, sku="KETTLE")
        factories.product(t, "teapot", title="Teapot", category=kitchen, sku="TEAPOT")
        factories.page(t, "about", title="About us")
        reindex_all(t)
        for name in ("ann", "bob"):
            give_account(t, email=f"{name}@example.test", password_hash=HASH, name=name.title())
    return app
