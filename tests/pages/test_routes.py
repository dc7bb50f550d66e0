"""S0: every rule and method stands in the table of routes; S9: what a route promises there holds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storefront.core.database import JOURNAL, snapshot
from storefront.core.routes import classified_routes
from tests.pages.walking import OWN, filled, rule_of, samples, walk

# Logs and marks that a look may leave behind: words without a person, and that somebody was here.
NOTES = {"search_miss", "journal_event"}
SIGN_IN_MARKS = {"sign_in": {"last_seen_at"}}


def test_every_rule_and_method_is_classified(site):
    table = classified_routes(site.app)
    assert table.missing == [], "add a row to storefront/routes.toml"
    assert table.extra == [], "a row of storefront/routes.toml answers nothing"
    assert len(table.routes) > 15


def test_a_planted_route_is_caught(make_shop):
    shop = make_shop()
    shop.add_url_rule("/planted", "planted", lambda: "x", methods=["GET", "DELETE"])
    assert {"GET /planted", "DELETE /planted"} <= set(classified_routes(shop).missing)


def test_a_planted_method_is_caught(make_shop):
    shop = make_shop()
    shop.add_url_rule("/", "planted", lambda: "x", methods=["PATCH"])
    assert "PATCH /" in classified_routes(shop).missing


def test_a_row_for_nothing_is_caught(make_shop, monkeypatch):
    from storefront.core import routes

    rows = routes.read_table()
    rows.append({**rows[0], "rule": "/gone-from-the-code"})
    monkeypatch.setattr(routes, "read_table", lambda: rows)
    assert any("/gone-from-the-code" in line for line in classified_routes(make_shop()).extra)


def test_the_table_and_the_methods_agree(site):
    """What changes something is asked for by POST and its like, with a token; what shows is a GET."""
    for route in classified_routes(site.app).routes:
        if route.state_changing:
            assert route.method not in {"GET", "HEAD"}, route
        # How long a page was looked at is sent as it is left: with a token that is the page's and its reader's.
        if route.method in {"POST", "PUT", "PATCH", "DELETE"} and route.rule != "/journal/dwell":
            leaving = {"/back-in-stock/remove/<token>", "/news/<token>"}
            by_machines = route.rule.endswith("/webhook") or route.rule in leaving
            signed = route.owner_rule == "signed" and by_machines
            assert route.csrf or signed, (
                f"{route.rule}: only what machines send, signed, does without a token"
            )


# --- asking ------------------------------------------------------------------------------------------------


# Links that are worth something once, to one person. Their pages have tests of their own (the console's first
# owner and invitations, the bank's pages); with the made-up keys of the table they must say that they are over.
ONCE = {
    "/console/first/<token>",
    "/console/join/<token>",
    "/payments/fake/pay/<key>",
    "/payments/fake/pay/<key>/challenge",
    "/news/<token>",
}


# Where gateways send people back to: it looks how the payment went, and leads to the page that says so. And what
# is asked about a passkey that is no longer there leads back to those that are.
LEADS_ON = {"/payments/back/<token>", "/account/security/passkeys/<public_id>/remove"}


def test_every_rule_that_shows_something_was_walked_to(site, visits):
    shown = [route for route in classified_routes(site.app).routes if route.method == "GET"]
    wanted = {route.rule for route in shown if route.audience != "owner"}
    reached = {rule_of(site.app, v.path) for v in visits if v.response.status_code < 400}
    assert wanted - reached - ONCE - {"/zh/"} == set()


def test_no_page_fails_and_no_link_leads_nowhere(site, visits):
    unexpected = []
    for visit in visits:
        if visit.path.endswith("/nowhere"):
            expected = {404}
        else:
            rule = rule_of(site.app, visit.path)
            expected = (
                {404, 410} if rule in ONCE else {302, 303} if rule in LEADS_ON else {200, 301, 302, 308}
            )
        if visit.response.status_code not in expected:
            unexpected.append(f"{visit.path}: {visit.response.status}")
    assert unexpected == []


def test_looking_changes_nothing(site):
    """Every GET, as nobody and as a signed-in customer: the shop's tables are the same before and after."""
    regular = site.regular()
    before = contents(site)
    walk(site.visitor(), more=samples(site.app))
    walk(regular, more=samples(site.app))
    after = contents(site)
    assert {table for table in after if after[table] != before[table]} == set()


def test_a_change_would_be_seen(site, tmp_path):
    before = contents(site)
    assert before["product"] != "" and len(before) > 30
    assert contents(site) == before


def contents(site):
    """What stands in every table that is no log, as one text each."""
    found = {}
    with site.app.app_context():
        for bind in (None, JOURNAL):
            with snapshot(bind) as session:
                for table in sa.inspect(session.connection()).get_table_names():
                    if table in NOTES:
                        continue
                    rows = session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings()
                    skipped = SIGN_IN_MARKS.get(table, set())
                    found[table] = repr(
                        sorted(repr({k: v for k, v in row.items() if k not in skipped}) for row in rows)
                    )
    return found


# --- tokens ------------------------------------------------------------------------------------------------


def changing(site):
    return [
        r
        for r in classified_routes(site.app).routes
        if r.state_changing and r.csrf and r.method not in {"GET", "HEAD"}
    ]


def token_of(client):
    page = client.get("/account/login", base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def test_there_is_something_that_changes(site):
    assert {route.rule for route in changing(site)} >= {"/theme", "/account/login", "/account/logout"}


@pytest.mark.parametrize("kind", ["none", "empty", "wrong", "of another person", "in a text/plain body"])
def test_nothing_changes_without_the_right_token(site, kind):
    client, stranger = site.regular(), site.visitor()
    data = {
        "none": {},
        "empty": {"csrf_token": ""},
        "wrong": {"csrf_token": "x" * 91},
        "of another person": {"csrf_token": token_of(stranger)},
        "in a text/plain body": {},
    }[kind]
    more = {"content_type": "text/plain"} if "text" in kind else {}
    body = f"csrf_token={token_of(client)}" if "text" in kind else data
    before = contents(site)
    for route in changing(site):
        rule = filled(route.rule, route.sample)
        answer = client.open(rule, method=route.method, data=body, base_url=OWN, **more)
        assert answer.status_code == 400, f"{route.method} {rule}: {answer.status}"
        assert "Set-Cookie" not in answer.headers or "session" not in answer.headers["Set-Cookie"]
    assert contents(site) == before
    assert client.get("/account", base_url=OWN).status_code == 200, "still signed in"


def test_the_right_token_lets_through(site):
    client = site.visitor()
    answer = client.post("/theme", data={"theme": "dark", "csrf_token": token_of(client)}, base_url=OWN)
    assert answer.status_code == 302


def test_what_changes_is_not_done_by_get(site):
    showing = {r.rule for r in classified_routes(site.app).routes if r.method == "GET"}
    for route in changing(site):
        if route.rule not in showing:
            # `/console/staff/invite` by GET is the page of somebody whose key is "invite".
            answer = site.visitor().get(filled(route.rule, route.sample), base_url=OWN)
            assert answer.status_code in {303, 405}, route.rule


@pytest.fixture
def https(make_shop):
    return make_shop(base_url="https://shop.test", login_limit="1000 per minute").test_client()


@pytest.mark.parametrize(
    ("referrer", "status"),
    [
        ("https://shop.test/account/login", 422),
        ("https://evil.test/", 400),
        ("http://shop.test/", 400),
        (None, 400),
    ],
)
def test_over_https_a_form_comes_from_a_page_of_this_shop(https, referrer, status):
    page = https.get("/account/login", base_url="https://shop.test").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": "a@b.test", "password": "wrong", "csrf_token": token}
    headers = {"Referer": referrer} if referrer else {}
    answer = https.post("/account/login", data=form, base_url="https://shop.test", headers=headers)
    assert answer.status_code == status


# --- methods -----------------------------------------------------------------------------------------------


def test_head_answers_as_get_does_without_its_body(site):
    for path in samples(site.app):
        shown, head = site.visitor().get(path, base_url=OWN), site.visitor().head(path, base_url=OWN)
        assert head.status_code == shown.status_code, path
        assert head.get_data() == b"", path


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(site, method):
    for path in samples(site.app):
        if path != "/nowhere":
            answer = site.visitor().open(path, method=method, base_url=OWN)
            assert answer.status_code in {400, 405}, f"{method} {path}: {answer.status}"


def test_a_method_cannot_be_smuggled_in(site):
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = site.regular().get("/account/logout", base_url=OWN, headers={header: "POST"})
        assert answer.status_code == 405
