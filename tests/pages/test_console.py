"""The console: the gate before it, generated from the table of routes; notes, saved views, exports."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from werkzeug.exceptions import MethodNotAllowed, NotFound

from storefront.core.console import record_audit
from storefront.core.models import AuditEntry, ConsoleComment, SavedView
from storefront.core.permissions import PERMISSIONS, ROLES, may
from storefront.core.routes import classified_routes
from tests.pages.walking import filled

WHO = ("anonymous", "customer", *ROLES)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def staff_routes(app):
    return [route for route in classified_routes(app).routes if route.audience == "owner"]


# --- S1: who may what ------------------------------------------------------------------------------------


def test_the_gate_of_each_page_is_the_one_in_the_table(app):
    gates = {}
    for route in staff_routes(app):
        view = app.view_functions[route.endpoint]
        gates[route.rule, route.method] = (getattr(view, "permission", "no gate"), route.permission)
    assert {rule: gate for rule, gate in gates.items() if gate[0] != gate[1]} == {}


def test_nothing_of_the_console_stands_outside_the_gate(app):
    outside = {route.rule for route in classified_routes(app).routes if route.rule.startswith("/console")}
    outside -= {route.rule for route in staff_routes(app)}
    assert outside == {"/console/first/<token>", "/console/join/<token>"}


@pytest.mark.parametrize("who", WHO)
def test_who_may_what(app, console, who):
    """Every rule, every method: sign-in for nobody, 404 for customers, 403 without the right, else a page."""
    browser, wrong = console(who), []
    known = {(route.rule, route.method): route for route in staff_routes(app)}
    for rule in sorted({rule for rule, _method in known}):
        path = filled(rule, next(r.sample for (name, _m), r in known.items() if name == rule))
        for method in METHODS:
            answer = browser.send(method, path)
            if not expected(answer, known.get((answering(app, path, method), method)), who):
                wrong.append(f"{method} {path}: {answer.status}")
    assert wrong == []


def answering(app, path, method):
    """The rule that answers: `/console/staff/invite` by GET is somebody whose key is "invite"."""
    try:
        return app.url_map.bind("127.0.0.1:5000").match(path, method, return_rule=True)[0].rule
    except (MethodNotAllowed, NotFound):
        return None


def expected(answer, route, who):
    if route is None:
        return answer.status_code in {404, 405}
    if who == "anonymous":
        return answer.status_code == 303 and "/account/login?next=" in answer.headers["Location"]
    if who == "customer":
        return answer.status_code == 404
    if not may(who, route.permission):
        return answer.status_code == 403
    return answer.status_code in {200, 303, 404, 422}


def test_a_customer_sees_what_stands_at_an_address_of_nothing(console):
    browser = console("customer")
    there = browser.get("/console/audit").get_data(as_text=True)
    nowhere = browser.get("/consule/audit").get_data(as_text=True)
    assert bare(there) == bare(nowhere)


def bare(page):
    """A page without what differs in each answer: nonce, token, number of the request, its own address."""
    import re

    page = re.sub(r'(nonce|value|content)="[^"]*"', "", page)
    return re.sub(r"cons[ou]le|[0-9a-f]{16}", "", page)


def test_a_right_that_was_taken_is_gone_with_the_next_request(console, tx):
    browser = console("manager")
    assert browser.get("/console/audit").status_code == 200
    with tx() as t:
        t.execute(sa.text("UPDATE customer SET role = 'warehouse' WHERE email_key = 'manager@staff.test'"))
    assert browser.get("/console/audit").status_code == 403
    with tx() as t:
        t.execute(sa.text("UPDATE customer SET role = 'customer' WHERE email_key = 'manager@staff.test'"))
    assert browser.get("/console/audit").status_code == 404


def test_who_is_shut_out_is_out_with_the_next_request(console, tx):
    browser = console("manager")
    with tx() as t:
        t.execute(sa.text("UPDATE customer SET disabled = true WHERE email_key = 'manager@staff.test'"))
    assert browser.get("/console/audit").status_code == 303


def test_after_signing_in_one_is_where_one_wanted_to_go(console):
    answer = console("anonymous").get("/zh/console/audit?q=x&sort=at")
    assert "next=/zh/console/audit?q%3Dx%26sort%3Dat" in answer.headers["Location"]


def test_in_production_the_owner_needs_a_second_factor(make_shop, sign_in_to):
    shop = make_shop(
        mode="production",
        base_url="http://127.0.0.1:5000",
        secret_key="k9" + "qwertyuiopasdfghjklzxcvbnm1234567890",
    )
    answer = sign_in_to(shop, "owner").get("/console")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/account/security")
    assert sign_in_to(shop, "manager").get("/console").status_code == 200


def test_a_permission_that_does_not_exist_opens_nothing():
    with pytest.raises(ValueError, match="no permission"):
        may("owner", "orders.everything")


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_an_owner_may_everything_a_customer_nothing(permission):
    assert may("owner", permission)
    assert not may("customer", permission)
    assert not may("", permission)


# --- showing again who one is -------------------------------------------------------------------------------


def test_what_is_worth_it_asks_for_the_password_again(console, clock, rows):
    browser = console("owner")
    clock.shift(timedelta(minutes=16))
    answer = browser.post("/console/audit/export", {"state": ""})
    assert answer.status_code == 303
    assert "/console/confirm" in answer.headers["Location"]
    assert browser.post("/console/confirm", {"password": "wrong-password"}).status_code == 422
    again = browser.post("/console/confirm", {"password": browser.password, "next": "/console/audit"})
    assert again.headers["Location"] == "/console/audit"
    table = browser.post("/console/audit/export", {"state": ""})
    assert table.mimetype == "text/csv"
    assert rows(sa.select(AuditEntry.action)) == [("export.taken",)]


def test_the_way_back_leads_nowhere_else(console):
    browser = console("owner")
    answer = browser.post("/console/confirm", {"password": browser.password, "next": "//evil.test/"})
    assert answer.headers["Location"] == "/console"


# --- the log ------------------------------------------------------------------------------------------------


def test_the_log_keeps_what_differs_and_who_did_it(console, tx, rows):
    with tx() as t:
        assert record_audit(
            t, "a.b", "thing", "1", {"x": 1, "y": 2, "p": "a"}, {"x": 1, "y": 3, "p": "b"}, hidden=("p",)
        )
        assert not record_audit(t, "a.b", "thing", "1", {"x": 1}, {"x": 1})
    (entry,) = rows(sa.select(AuditEntry.before, AuditEntry.after, AuditEntry.actor_name))
    assert entry == ({"y": 2, "p": "•••"}, {"y": 3, "p": "•••"}, "")
    page = console("owner").get("/console/audit?q=a.b").get_data(as_text=True)
    assert "The shop itself" in page


def test_an_export_holds_no_live_formula(console, tx):
    with tx() as t:
        record_audit(t, "=cmd()", "thing", "+1", None, {"x": "@sum"})
    table = console("owner").post("/console/audit/export", {"state": "q=cmd"}).get_data(as_text=True)
    assert ",'=cmd()," in table
    assert ",'+1," in table


def test_an_index_answers_whatever_its_address_says(console):
    browser = console("owner")
    strange = (
        "page=999999",
        "page=-1",
        "page=x",
        "size=1e9",
        "sort=';--",
        "sort=id",
        "cols=,,x",
        "since=2026-99-99",
        "since=2026-02-31",
        "subject=nothing",
        "q=%00%25_'",
        "view=<b>",
        "who=x&who=y",
        "q=" + "a" * 5000,
    )
    for query in strange:
        assert browser.get(f"/console/audit?{query}").status_code == 200, query


# --- notes and views ------------------------------------------------------------------------------------------


def test_a_note_needs_the_form_of_a_page_that_one_may_see(console, rows):
    owner, other = console("owner"), console("manager")
    key = rows(sa.text("SELECT public_id FROM customer WHERE email_key = 'manager@staff.test'"))[0][0]
    page = owner.get(f"/console/staff/{key}").get_data(as_text=True)
    token = page.split('name="about" value="')[1].split('"')[0]
    back = f"/console/staff/{key}#timeline"
    assert (
        other.post("/console/comments", {"about": token, "body": "stolen", "back": back}).status_code == 404
    )
    assert owner.post("/console/comments", {"about": "made-up", "body": "x"}).status_code == 404
    answer = owner.post("/console/comments", {"about": token, "body": " careful <b>hands</b> ", "back": back})
    assert answer.headers["Location"] == back
    assert rows(sa.select(ConsoleComment.body)) == [("careful <b>hands</b>",)]
    shown = owner.get(f"/console/staff/{key}").get_data(as_text=True)
    assert "careful &lt;b&gt;hands&lt;/b&gt;" in shown
    assert '<span class="more">Owner</span>' in shown


def test_a_saved_view_is_a_tab_for_whom_it_is_meant(console, rows):
    owner, other = console("owner"), console("manager")
    form = {"page": "audit", "query": "q=stock&evil=1", "back": "/console/audit?q=stock"}
    owner.post("/console/views", {**form, "name": "Mine"})
    owner.post("/console/views", {**form, "name": "Everybody's", "shared": "1"})
    assert ">Mine<span" in owner.get("/console/audit").get_data(as_text=True)
    seen = other.get("/console/audit").get_data(as_text=True)
    assert "Everybody&#39;s<span" in seen
    assert ">Mine<span" not in seen
    number = rows(sa.select(SavedView.id).where(SavedView.name == "Everybody's"))[0][0]
    assert other.post(f"/console/views/{number}/delete", {}).status_code == 404
    assert owner.post(f"/console/views/{number}/delete", {}).status_code == 303
    assert rows(sa.select(SavedView.name)) == [("Mine",)]


def test_shortcuts_can_be_switched_off(console):
    browser = console("support")
    assert "data-keys" in browser.get("/console").get_data(as_text=True)
    browser.post("/console/keys", {"keys": "off"})
    assert "data-keys" not in browser.get("/console").get_data(as_text=True)


def test_the_search_finds_pages_of_ones_own_role_only(console):
    assert "/console/audit" in found(console("owner"))
    assert "/console/audit" not in found(console("warehouse"))


def found(browser):
    return browser.get("/console/search?q=log&part=1").get_data(as_text=True)
