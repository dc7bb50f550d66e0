"""Owners' pages of customers: who may see what, what is written down, what erasure leaves."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from storefront.customers.models import Consent, CustomerAddress
from tests import factories as make
from tests.pages.owners import HASH, PACKER, SUPPORT, audited, form_to, hire, send, sign_in

MARKUP = "<img src=x onerror=alert(1)>"
LONG_AGO = datetime(2025, 5, 1, tzinfo=UTC)


@pytest.fixture
def shop(tx) -> dict[str, str]:
    with tx() as t:
        hire(t)
        make.customer(t, "mod@example.test", role="moderator", password_hash=HASH)
        ada = make.customer(
            t, "ada@example.test", first_name=MARKUP, last_name="Byron", country="GB", password_hash=HASH
        )
        bo = make.customer(t, "bo@example.test", first_name="Bo", last_name="Diddley", country="CN")
        t.add(Consent(customer_id=ada.id, purpose="marketing", given=True, source="account", at=LONG_AGO))
        t.add(Consent(customer_id=bo.id, purpose="marketing", given=True, source="account", at=LONG_AGO))
        t.flush()
        t.add(Consent(customer_id=bo.id, purpose="marketing", given=False, source="account", at=LONG_AGO))
        place = {"line1": "1 Some Street", "city": "London", "postcode": "SW1A 1AA", "country": "GB"}
        empty = dict.fromkeys(("company", "line2", "district", "region", "phone"), "")
        t.add(
            CustomerAddress(
                public_id="a" * 20, customer_id=ada.id, name="Ada", created_at=LONG_AGO, **place, **empty
            )
        )
        return {"ada": ada.public_id, "bo": bo.public_id}


@pytest.fixture
def helper(shop, webtest) -> Any:
    return sign_in(webtest, SUPPORT)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?role=customer", 2),
        ("?country=CN", 1),
        ("?agrees=marketing", 1),
        ("?account=no", 1),
        ("?account=yes&role=customer", 1),
        ("?shut=yes", 0),
        ("?q=diddley", 1),
        ("?q=ada%40example", 1),
        ("?q=%5F", 0),
        ("?sort=name", 6),
        ("?sort=country", 6),
    ],
)
def test_the_list_is_narrowed_by_its_address(helper, query, count):
    page = helper.get(f"/console/customers{query}")
    assert page.text.count("data-row") == count
    assert MARKUP not in page.text


def test_a_customer_is_shown_with_what_they_said(helper, shop):
    page = helper.get(f"/console/customers/{shop['ada']}")
    assert "ada@example.test" in page and "1 Some Street" in page and "agreed" in page
    assert MARKUP not in page.text and "&lt;img src=x" in page.text
    assert "refused" in helper.get(f"/console/customers/{shop['bo']}")


def test_notes_and_tags_stay_with_the_staff(helper, shop, rows):
    page = helper.get(f"/console/customers/{shop['ada']}")
    form = next(f for f in page.forms.values() if "body" in f.fields)
    form["body"] = "likes <b>blue</b>"
    page = form.submit(status=303).follow()
    assert "likes &lt;b&gt;blue&lt;/b&gt;" in page.text
    form = form_to(page, "/tags")
    form["tags"] = "kind, loud|er,kind"
    page = form.submit(status=303).follow()
    assert form_to(page, "/tags")["tags"].value == "kind, loud er"
    found = audited(rows, "customer.tags")
    assert "loud" not in str(found)


def test_whom_addresses_do_not_concern_sees_names_only(shop, webtest):
    moderator = sign_in(webtest, "mod@example.test")
    for page in (
        moderator.get("/console/customers?q=byron"),
        moderator.get(f"/console/customers/{shop['ada']}"),
        moderator.get("/console/search?q=byron"),
    ):
        assert "Byron" in page
        assert "ada@example.test" not in page and "Some Street" not in page
    assert moderator.get("/console/customers?q=ada%40example").text.count("data-row") == 0
    page = moderator.get(f"/console/customers/{shop['ada']}")
    for path in ("tags", "disable", "sign-out", "reset", "archive", "erase"):
        assert send(moderator, page, f"/console/customers/{shop['ada']}/{path}").status_int == 403
    assert send(moderator, page, "/console/customers/export", state="").status_int == 403


@pytest.mark.both
def test_shutting_out_ends_sign_ins_and_letting_in_again_opens_the_door(shop, webtest, app, rows):
    from webtest import TestApp

    other = sign_in(TestApp(app, extra_environ={"HTTP_HOST": "127.0.0.1:5000"}), "ada@example.test")
    assert other.get("/account").status_int == 200
    helper = sign_in(webtest, SUPPORT)
    page = helper.get(f"/console/customers/{shop['ada']}")
    page = form_to(page, "/disable").submit(status=303).follow()
    assert "Shut out" in page
    assert other.get("/account", expect_errors=True).status_int in (302, 303)
    page = form_to(page, "/disable").submit(status=303).follow()
    assert "may sign in again" in page
    assert [row.subject_key for row in audited(rows, "customer.disable")] == [shop["ada"]]


def test_staff_are_left_to_the_page_of_the_staff(shop, webtest, rows):
    helper = sign_in(webtest, SUPPORT)
    key = rows("SELECT public_id FROM customer WHERE email='owner@example.test'")[0].public_id
    page = helper.get(f"/console/customers/{key}")
    assert "works here" in page
    for path, fields in (("disable", {"disabled": "1"}), ("sign-out", {}), ("erase", {"sure": "1"})):
        send(helper, page, f"/console/customers/{key}/{path}", **fields)
    row = rows("SELECT disabled, email FROM customer WHERE public_id=:k", k=key)[0]
    assert not row.disabled and row.email == "owner@example.test"


def test_a_reset_is_mailed_and_written_down(helper, shop, app, mailbox, rows):
    page = helper.get(f"/console/customers/{shop['ada']}")
    assert "on its way" in form_to(page, "/reset").submit(status=303).follow()
    assert [row.subject_key for row in audited(rows, "customer.reset")] == [shop["ada"]]
    assert rows("SELECT count(*) AS n FROM outbox WHERE event LIKE '%ResetAsked%'")[0].n == 1


def test_everything_known_is_handed_out_as_a_file(helper, shop, rows):
    page = helper.get(f"/console/customers/{shop['ada']}")
    answer = form_to(page, "/archive").submit()
    assert answer.content_type == "application/zip"
    data = json.loads(zipfile.ZipFile(io.BytesIO(answer.body)).read("data.json"))
    assert data["shop"]["customer"][0]["email"] == "ada@example.test"
    assert "bo@example.test" not in json.dumps(data)
    assert audited(rows, "customer.export")


@pytest.mark.both
def test_erasure_is_asked_for_twice_and_leaves_nothing(helper, shop, rows):
    path = f"/console/customers/{shop['ada']}/erase"
    page = helper.get(path)
    form = next(f for f in page.forms.values() if "sure" in f.fields)
    assert 'href="#f-sure"' in form.submit(status=422)
    form["sure"] = True
    assert "erased" in form.submit(status=303).follow()
    row = rows("SELECT email, first_name, disabled FROM customer WHERE public_id=:k", k=shop["ada"])[0]
    assert row.email is None and row.first_name == "" and row.disabled
    assert rows("SELECT * FROM customer_address") == []
    assert "ada@" not in str(audited(rows, "customer.erase"))
    assert helper.get(f"/console/customers/{shop['ada']}").status_int == 200


def test_who_has_no_address_is_erased_without_touching_others(helper, tx, rows):
    with tx() as t:
        nobody = make.customer(t, first_name="Guest")
        nobody.email = nobody.email_key = None
        key = nobody.public_id
    page = helper.get(f"/console/customers/{key}/erase")
    form = next(f for f in page.forms.values() if "sure" in f.fields)
    form["sure"] = True
    form.submit(status=303)
    assert rows("SELECT count(*) AS n FROM customer WHERE email IS NOT NULL")[0].n == 6


def test_the_view_is_taken_away_in_the_format_of_the_shop(helper, shop, rows):
    table = form_to(helper.get("/console/customers?country=CN"), "/console/customers/export").submit()
    assert "bo@example.test" in table.text and "ada@example.test" not in table.text
    assert len(audited(rows, "export.taken")) == 1


def test_strangers_packers_and_made_up_keys(shop, webtest):
    assert "/account/login" in webtest.get("/console/customers", status=303).location
    sign_in(webtest, PACKER).get("/console/customers", status=403)
    helper = sign_in(webtest, SUPPORT)
    for key in ("0", "1", "x" * 24, "..%2f", shop["ada"].upper() + "x"):
        helper.get(f"/console/customers/{key}", status=404)


def test_pages_speak_chinese_and_ask_few_questions(helper, shop, count_queries):
    for path in ("/console/customers", f"/console/customers/{shop['ada']}"):
        helper.get(path)
        with count_queries() as queries:
            assert 'lang="zh-CN"' in helper.get(f"/zh{path}")
        assert len(queries) <= 18, f"{path}: {len(queries)}"


@pytest.mark.both
def test_orders_stand_on_the_page_of_whoever_placed_them(helper, shop, tx, rows, webtest):
    from storefront.customers.models import Customer
    from storefront.ordering.models import OrderLine, OwnedProduct

    with tx() as t:
        ada = t.query(Customer).filter_by(public_id=shop["ada"]).one()
        thing = make.product(t, title="Blue <mug>", sku="BLUE")
        kept = make.order(t, (thing, 2), customer=ada)
        gone = make.order(t, (thing, 5), customer=ada, status="cancelled")
        line = t.query(OrderLine).filter_by(order_id=kept.id).one()
        owned = {"product_id": thing.id, "order_line_id": line.id, "quantity": 2, "since": LONG_AGO}
        t.add(OwnedProduct(customer_id=ada.id, **owned))
        numbers = kept.number, gone.number
    page = helper.get(f"/console/customers/{shop['ada']}")
    assert all(number in page for number in numbers)
    assert page.html.select_one("#orders .kv dd").text == "£25.80"
    assert "Blue &lt;mug&gt;" in page.html.select_one("#owned").decode()
    moderator = sign_in(webtest, "mod@example.test")
    assert numbers[0] not in moderator.get(f"/console/customers/{shop['ada']}")
