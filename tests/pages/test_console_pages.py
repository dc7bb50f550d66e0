"""The frame's own pages: the way in, the staff, settings, the system, today."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.console.rules import compare, draw, scale_top
from storefront.core.clock import now
from storefront.core.models import AuditEntry, MailMessage, OutboxDelivery
from storefront.core.routes import classified_routes
from storefront.core.store import store_value
from storefront.customers.models import Customer, SignIn
from storefront.customers.service import invite_first_owner
from tests.pages.walking import filled

FORM = {"name": "Nora First", "email": "nora@first.test", "password": "seven green lamps"}
MOST_QUERIES = 14
TODAY_MORE = 10  # a query or two for each thing that features put on the first page


# --- the first owner ----------------------------------------------------------------------------------------


def test_the_first_owner_comes_in_by_the_link_once(app, console, rows):
    path = first_link(app)
    nobody, second = console("anonymous"), console("anonymous")
    assert nobody.get(path).status_code == 200
    answer = nobody.post(path, FORM)
    assert answer.headers["Location"] == "/console"
    assert nobody.get("/console").status_code == 200
    assert rows(sa.select(Customer.role, Customer.email)) == [("owner", "nora@first.test")]
    assert rows(sa.select(AuditEntry.action)) == [("staff.first_owner",)]
    assert second.get(path).status_code == 410
    assert second.post(path, {**FORM, "email": "mallory@late.test"}).status_code == 410
    with app.app_context():
        assert invite_first_owner() is None


def test_a_link_for_the_first_owner_lasts_a_quarter_of_an_hour(app, console, clock):
    path = first_link(app)
    clock.shift(timedelta(minutes=16))
    assert console("anonymous").post(path, FORM).status_code == 410


def test_a_newer_link_makes_the_older_one_worthless(app, console):
    older, newer = first_link(app), first_link(app)
    assert console("anonymous").get(older).status_code == 410
    assert console("anonymous").get(newer).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", "short"), ("password", "password1"), ("email", "nobody"), ("name", " "), ("email", "")],
)
def test_what_the_first_owner_types_wrong_is_said_beside_the_field(app, console, rows, field, value):
    page = console("anonymous").post(first_link(app), {**FORM, field: value})
    assert page.status_code == 422
    assert f'id="w-{field}"' in page.get_data(as_text=True)
    assert rows(sa.select(Customer.id)) == []


def test_init_prints_a_link_while_nobody_owns_the_shop(app, app_context):
    from storefront.core.plugins import collect

    (line,) = collect("event_installed")
    assert re.search(r"http://\S+/console/first/[\w-]{40,}$", line)


def first_link(app):
    with app.app_context():
        return f"/console/first/{invite_first_owner()}"


# --- the staff ------------------------------------------------------------------------------------------------


def test_an_invitation_leads_to_a_role(app, console, rows):
    owner = console("owner")
    owner.post("/console/staff/invite", {"name": "Wim", "email": "wim@staff.test", "role": "warehouse"})
    page = owner.get("/console/staff").get_data(as_text=True)
    path = re.search(r"http://[^/]+(/console/join/[\w-]+)", page)[1]
    assert rows(sa.select(MailMessage.template, MailMessage.to_email)) == [("invite_staff", "wim@staff.test")]
    guest = console("anonymous")
    assert guest.post(path, {"password": "short"}).status_code == 422
    assert "/account/login" in guest.post(path, {"password": "forty boxes a day"}).headers["Location"]
    assert guest.get(path).status_code == 410
    role = sa.select(Customer.role).where(Customer.email == "wim@staff.test")
    assert rows(role) == [("warehouse",)]
    assert rows(sa.select(AuditEntry.action).order_by(AuditEntry.id)) == [("staff.invite",), ("staff.join",)]


def test_a_withdrawn_invitation_opens_nothing(console, rows):
    owner = console("owner")
    owner.post("/console/staff/invite", {"email": "wim@staff.test", "role": "owner"})
    page = owner.get("/console/staff").get_data(as_text=True)
    path = re.search(r"http://[^/]+(/console/join/[\w-]+)", page)[1]
    withdraw = re.search(r"/console/staff/invitations/\w+/withdraw", page)[0]
    assert owner.post(withdraw, {}).status_code == 303
    assert console("anonymous").post(path, {"password": "forty boxes a day"}).status_code == 410
    assert owner.post(withdraw, {}).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"email": "x", "role": "support"},
        {"email": "a@b.test", "role": "customer"},
        {"email": "a@b.test", "role": "god"},
        {"email": "owner@staff.test", "role": "support"},
        {},
    ],
)
def test_a_wrong_invitation_is_refused_with_what_was_typed(console, rows, form):
    page = console("owner").post("/console/staff/invite", form)
    assert page.status_code == 422
    assert "wrong-box" in page.get_data(as_text=True)
    assert rows(sa.select(MailMessage.id)) == []


def test_another_role_ends_every_sign_in(console, rows):
    owner, support = console("owner"), console("support")
    key = key_of(rows, "support")
    assert owner.post(f"/console/staff/{key}/role", {"role": "warehouse"}).status_code == 303
    assert support.get("/console").status_code == 303
    assert rows(sa.select(AuditEntry.before, AuditEntry.after)) == [
        ({"role": "support"}, {"role": "warehouse"})
    ]
    assert owner.post(f"/console/staff/{key}/role", {"role": "customer"}).status_code == 303
    assert owner.get(f"/console/staff/{key}").status_code == 404


def test_who_is_shut_out_cannot_sign_in_and_may_be_let_in_again(console, rows):
    owner = console("owner")
    console("support")
    key = key_of(rows, "support")
    owner.post(f"/console/staff/{key}/disable", {"disabled": "1"})
    assert rows(sa.select(SignIn.token_hash).join(Customer).where(Customer.role == "support")) == []
    owner.post(f"/console/staff/{key}/disable", {"disabled": "0"})
    assert rows(sa.select(Customer.disabled).where(Customer.role == "support")) == [(False,)]


@pytest.mark.parametrize("form", [{"role": "customer"}, {"role": "manager"}])
def test_nobody_changes_their_own_role(console, rows, form):
    owner = console("owner")
    key = key_of(rows, "owner")
    assert owner.post(f"/console/staff/{key}/role", form).status_code == 422
    assert owner.post(f"/console/staff/{key}/disable", {"disabled": "1"}).status_code == 422
    assert rows(sa.select(Customer.role)) == [("owner",)]


def test_the_role_of_a_customer_is_not_changed_here(console, rows):
    owner = console("owner")
    console("customer")
    key = key_of(rows, "customer")
    for path in (f"/console/staff/{key}/role", f"/console/staff/{key}/disable"):
        assert owner.post(path, {"role": "owner", "disabled": "1"}).status_code == 404


def key_of(rows, role):
    return rows(sa.select(Customer.public_id).where(Customer.role == role))[0][0]


# --- settings -------------------------------------------------------------------------------------------------


def test_settings_are_kept_and_the_log_says_what_changed(app, console, rows):
    manager = console("manager")
    form = {"business_name": "Thing & Sons", "contact_email": "desk@things.test", "business_country": "GB"}
    assert manager.post("/console/settings/business", form).status_code == 303
    with app.app_context():
        assert store_value("business_name") == "Thing & Sons"
    page = manager.get("/console/settings/business").get_data(as_text=True)
    assert 'value="Thing &amp; Sons"' in page
    (after,) = rows(sa.select(AuditEntry.after))
    assert after[0] == form
    manager.post("/console/settings/business", form)
    assert len(rows(sa.select(AuditEntry.id))) == 1


@pytest.mark.parametrize("days", ["-1", "366", "x", "", "1.5", "９", "1e3", "9" * 30])
def test_a_setting_that_does_not_fit_is_said_beside_its_field(console, rows, days):
    page = console("owner").post("/console/settings/returns", {"returns_days": days})
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert 'id="w-returns_days"' in text
    assert 'href="#f-returns_days"' in text
    assert rows(sa.select(AuditEntry.id)) == []


def test_every_group_of_settings_has_a_page(console):
    owner = console("owner")
    groups = set(
        re.findall(r"/console/settings/(\w+)", owner.get("/console/settings").get_data(as_text=True))
    )
    assert groups >= {"business", "returns"}
    for group in groups:
        assert owner.get(f"/console/settings/{group}").status_code == 200
    assert owner.get("/console/settings/nothing").status_code == 404


# --- the system -----------------------------------------------------------------------------------------------


def test_what_was_given_up_is_a_to_do_and_can_be_tried_again(console, tx, rows):
    with tx() as t:
        for number in range(3):
            t.add(mail(number, "parked" if number else "sent"))
    owner = console("owner")
    assert "Mails and events given up" in owner.get("/console").get_data(as_text=True)
    answer = owner.post("/console/system/mails/retry", {"all": "1", "state": "state=parked"})
    assert answer.headers["Location"] == "/console/system/mails?state=parked"
    states = rows(sa.select(MailMessage.state).order_by(MailMessage.id))
    assert [state for (state,) in states] == ["sent", "new", "new"]
    assert rows(sa.select(AuditEntry.action, AuditEntry.after)) == [("mail.retry", {"count": 2})]


def test_only_ticked_rows_are_tried_again(console, tx, rows):
    with tx() as t:
        t.add_all([mail(1, "parked"), mail(2, "parked")])
    number = rows(sa.select(sa.func.min(MailMessage.id)))[0][0]
    owner = console("owner")
    owner.post("/console/system/mails/retry", {"pick": [str(number), "x", "-1", "9" * 40]})
    assert rows(sa.select(MailMessage.state).order_by(MailMessage.id)) == [("new",), ("parked",)]
    owner.post("/console/system/mails/retry", {})
    assert rows(sa.select(sa.func.count()).select_from(OutboxDelivery)) == [(0,)]


def test_the_system_shows_no_secret(make_shop, sign_in_to):
    shop = make_shop(
        secret_key="v3ry-" + "abcdefghijklmnopqrstuvwxyz0123456789", metrics_token="hush-hush-token"
    )
    page = sign_in_to(shop, "owner").get("/console/system?check=1").get_data(as_text=True)
    assert "abcdefghijklm" not in page
    assert "hush-hush" not in page
    assert "checks" in page


def mail(number, state):
    return MailMessage(
        message_id=f"<{number}@t>",
        template="test_mail",
        dedupe_key=str(number),
        to_email="a@b.test",
        locale="en",
        context={},
        state=state,
        next_at=now(),
        created_at=now(),
    )


# --- today ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "before", "verdict"),
    [
        (5, (), "unknown"),
        (5, (4, 6), "unknown"),
        (5, (4, 6, 9), "usual"),
        (4, (4, 6, 9), "usual"),
        (3, (4, 6, 9), "less"),
        (10, (4, 6, 9), "more"),
    ],
)
def test_a_day_is_compared_with_the_spread_of_its_weekday(today, before, verdict):
    assert compare(today, before).verdict == verdict


def test_the_drawing_starts_at_zero_and_stays_inside():
    chart = draw((10, 30, 45), tuple(range(0, 240, 10)), 2.5, wide=True)
    assert chart.today.startswith(f"M{chart.left} 176.0L")
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", chart.before + chart.today)]
    assert min(ys) >= 14
    assert max(ys) <= 176
    assert chart.ticks[0][1] == 0
    assert chart.ticks[-1][1] == scale_top(230) == 300


def test_a_day_without_a_sale_is_drawn_too():
    chart = draw((), (0,) * 24, 0, wide=False)
    assert chart.area == ""
    assert chart.ticks[-1][1] == 3


# --- every page ---------------------------------------------------------------------------------------------------


def test_pages_ask_the_database_a_bounded_number_of_times(app, console, count_queries):
    owner = console("owner")
    many = {}
    for route in classified_routes(app).routes:
        if route.endpoint.startswith("console.") and route.method == "GET" and route.audience == "owner":
            with count_queries() as queries:
                assert owner.get(filled(route.rule, route.sample)).status_code in {200, 404}
            if len(queries) > MOST_QUERIES + (TODAY_MORE if route.rule == "/console" else 0):
                many[route.rule] = len(queries)
    assert many == {}


def test_the_log_asks_as_often_with_many_rows_as_with_few(console, count_queries, tx):
    from storefront.core.console import record_audit

    owner = console("owner")
    counts = []
    for _round in range(2):
        with tx() as t:
            for number in range(20):
                record_audit(t, f"thing.{number}", "thing", str(number), None, {"x": number})
        with count_queries() as queries:
            assert owner.get("/console/audit").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_pages_of_the_console_are_kept_by_nobody(console):
    owner = console("owner")
    for path in ("/console", "/console/audit", "/console/nothing", "/console/staff/x"):
        answer = owner.get(path)
        assert answer.headers["Cache-Control"] == "private, no-store", path
        assert "noindex" in answer.get_data(as_text=True), path


def test_errors_stay_in_the_frame_for_those_who_are_in_it(console):
    page = console("owner").get("/console/staff/nobody").get_data(as_text=True)
    assert 'data-page="console-error"' in page
    assert 'class="side"' in page
