"""Owners' pages of prices, driven as a person would: without scripts, with mistakes, and counted at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from storefront.core.database import db, transaction
from storefront.core.store import store_values
from storefront.customers.service import hash_password
from storefront.pricing import service
from storefront.pricing.rules import QuoteRequest
from tests import factories as make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PASSWORD = "a long pass phrase"
HASH = hash_password(PASSWORD)
OWNER, HELPER = "owner@example.test", "helper@example.test"


@pytest.fixture
def shop(app) -> Any:
    with app.app_context(), transaction() as tx:
        store_values(tx, {"business_country": "GB"})
        make.customer(tx, OWNER, role="owner", password_hash=HASH)
        make.customer(tx, HELPER, role="warehouse", password_hash=HASH)
        shelf = make.category(tx, "cups")
        thing = make.product(tx, category=shelf, sku="MUG-1", variant={"weight_grams": 400})
        return make.variant_of(tx, thing).id


@pytest.fixture
def owner(shop, webtest) -> Any:
    return sign_in(webtest, OWNER)


def sign_in(webtest: Any, email: str) -> Any:
    form = _login_form(webtest)
    form["email"], form["password"] = email, PASSWORD
    form.submit()
    return webtest


def _login_form(webtest: Any) -> Any:
    page = webtest.get("/account/login")
    return next(form for form in page.forms.values() if "password" in form.fields)


def form_of(page: Any, name: str) -> Any:
    """The form that has this field."""
    return next(form for form in page.forms.values() if name in form.fields)


def quote(app: Any, variant: int, **more: Any) -> Any:
    with app.app_context():
        request = QuoteRequest(lines=((variant, 2),), at=NOON, **{"country": "GB", **more})
        return service.quote(db.session(), request)


# --- tax --------------------------------------------------------------------------------------------------


def test_an_owner_adds_usual_rates_and_changes_one(owner, app, shop):
    page = owner.get("/console/tax")
    form = form_of(page, "preset")
    form["preset"] = "uk"
    page = form.submit(status=303).follow()
    assert "5 rates were added" in page
    page = page.click("United Kingdom", index=0)
    form = form_of(page, "rate")
    assert form["rate"].value == "20"
    form["rate"] = "17.5"
    assert "17.5 %" in form.submit(status=303).follow()
    assert quote(app, shop).lines[0].tax_rate_bp == 1750


def test_a_rate_that_cannot_be_comes_back_filled_with_words(owner):
    form = form_of(owner.get("/console/tax/new"), "rate")
    form["rate"], form["region"] = "abc", "CN"
    page = form.submit(status=422)
    assert 'href="#f-rate"' in page
    assert form_of(page, "rate")["region"].value == "CN"
    assert form_of(page, "rate")["rate"].value == "abc"


# --- delivery ---------------------------------------------------------------------------------------------


def test_an_owner_makes_a_zone_and_a_way_of_delivery(owner, app, shop):
    form = form_of(owner.get("/console/shipping/zones/new"), "countries")
    form["name"], form["countries"] = "Home", ["GB", "IE"]
    page = form.submit(status=303).follow()
    assert "Not served" in page
    form = form_of(page.click("Add way of delivery"), "bands")
    form["name_en"], form["name_zh"] = "Post", "平邮"
    form["basis"], form["bands"] = "weight", "500 = 3.90\nall = 6.90"
    form["free_from"] = "50"
    page = form.submit(status=303).follow()
    assert "2 countries are served" in page
    assert quote(app, shop, shipping_method="post").shipping_minor == 690
    form = form_of(page.click("Post", href="methods"), "bands")
    assert form["bands"].value.strip() == "500 = 3.90\nall = 6.90"
    assert (form["free_from"].value, form["name_zh"].value) == ("50.00", "平邮")


@pytest.mark.parametrize("bands", ["", "5 euros", "10 = -1", "a = 1", "all = 1\nall = 2", "=", "1e3 = 2"])
def test_prices_that_cannot_be_read_are_told(owner, bands):
    form = form_of(owner.get("/console/shipping/zones/new"), "countries")
    form["name"], form["countries"] = "Home", ["GB"]
    form = form_of(form.submit().follow().click("Add way of delivery"), "bands")
    form["name_en"], form["bands"] = "Post", bands
    page = form.submit(status=422)
    assert 'href="#f-bands"' in page
    assert form_of(page, "bands")["name_en"].value == "Post"


# --- discounts --------------------------------------------------------------------------------------------


def make_discount(owner: Any, **fields: Any) -> Any:
    form = form_of(owner.get("/console/discounts/new"), "percent")
    for name, value in {"name_en": "Ten off", "kind": "percent", "percent": "10", **fields}.items():
        form[name] = value
    return form.submit(expect_errors=True)


def test_an_owner_makes_a_discount_with_codes_and_stops_it(owner, app, shop):
    page = make_discount(owner, uses_limit="5", skus="MUG-1", minimum="20").follow()
    form = form_of(page, "code")
    add = next(f for f in page.forms.values() if f.action.endswith("/codes"))
    add["code"] = "save-10"
    page = add.submit(status=303).follow()
    assert "SAVE-10" in page
    assert quote(app, shop, coupons=("save-10",)).discount_minor == 258
    page = next(f for f in page.forms.values() if f.action.endswith("/limits")).submit(status=303).follow()
    stop = next(f for f in page.forms.values() if re.search(r"discounts/\w+/active$", f.action))
    page = stop.submit(status=303).follow()
    assert "Stopped" in page
    assert quote(app, shop, coupons=("save-10",)).discount_minor == 0
    assert form is not None


def test_codes_are_made_in_bulk_and_taken_away_as_a_file(owner):
    page = make_discount(owner, uses_limit="1").follow()
    form = form_of(page, "count")
    form["count"], form["prefix"] = "250", "may"
    page = form.submit(status=303).follow()
    assert "250 codes were made" in page
    table = page.click("All codes as a file")
    assert table.content_type == "text/csv"
    assert len(table.text.strip().splitlines()) == 251
    assert all(line.startswith("MAY") for line in table.text.splitlines()[1:])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name_en": ""}, "f-name_en"),
        ({"percent": ""}, "f-percent"),
        ({"percent": "101"}, "f-percent"),
        ({"kind": "fixed", "amount": "12,90"}, "f-amount"),
        ({"kind": "buy_get", "percent": "100", "buy": "2", "get": ""}, "f-buy"),
        ({"skus": "NOT-THERE"}, "f-skus"),
        ({"countries": "GB ZZ"}, "f-countries"),
        ({"uses_limit": "1.5"}, "f-uses_limit"),
        ({"starts_at": "2026-05-01T00:00", "ends_at": "2026-04-01T00:00"}, "f-ends_at"),
    ],
)
def test_a_discount_that_cannot_be_says_where(owner, fields, wrong):
    page = make_discount(owner, **fields)
    assert page.status_int == 422
    assert f'href="#{wrong}"' in page


def test_a_discount_is_found_filtered_copied_and_removed(owner):
    page = make_discount(owner).follow()
    copy = next(f for f in page.forms.values() if f.action.endswith("/duplicate")).submit(status=303).follow()
    assert "does not count yet" in copy
    assert owner.get("/console/discounts?state=off").text.count("data-row") == 1
    assert owner.get("/console/discounts?q=ten").text.count("data-row") == 2
    assert owner.get("/console/discounts?q=nothing").text.count("data-row") == 0
    gone = next(f for f in copy.forms.values() if f.action.endswith("/remove")).submit(status=303).follow()
    assert gone.text.count("data-row") == 1


def test_many_are_stopped_at_once(owner):
    for _number in range(3):
        make_discount(owner)
    page = owner.get("/console/discounts")
    form = form_of(page, "pick")
    csrf, state = form["csrf_token"].value, form["state"].value
    answer = {"csrf_token": csrf, "state": state, "all": "1", "action": "stop"}
    page = owner.post("/console/discounts/bulk", answer, status=303).follow()
    assert "3 discounts were changed" in page
    assert owner.get("/console/discounts?state=off").text.count("data-row") == 3


def test_the_calculator_answers_with_the_rules_of_the_shop(owner, app, shop):
    make_discount(owner, automatic=True)
    page = owner.get("/console/discounts/try?lines=MUG-1+2&country=GB&codes=WHAT")
    assert 'value="2322"' in page
    assert "do not know the code WHAT" in page
    assert quote(app, shop).total_minor == 2322
    page = owner.get("/console/discounts/try", {"lines": "NOPE 1"}, status=422)
    assert "no product with the SKU NOPE" in page
    for hostile in ("MUG-1 -1", "MUG-1 0", "MUG-1 1e400", "MUG-1 1000", "MUG-1 ９"):
        owner.get("/console/discounts/try", {"lines": hostile}, status=422)


# --- who may ----------------------------------------------------------------------------------------------

PAGES = (
    "/console/tax",
    "/console/shipping",
    "/console/discounts",
    "/console/discounts/new",
    "/console/discounts/try",
)


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_led_to_the_sign_in_and_others_on_the_staff_are_refused(shop, webtest, path):
    assert "/account/login" in webtest.get(path, status=303).location
    sign_in(webtest, HELPER).get(path, status=403)


def test_pages_speak_chinese_and_ask_few_questions(owner, count_queries):
    make_discount(owner)
    for path in PAGES:
        owner.get(path)
        with count_queries() as queries:
            page = owner.get(f"/zh{path}")
        assert 'lang="zh-CN"' in page
        assert len(queries) <= 15, f"{path}: {queries}"


def test_a_thing_that_is_not_there_is_404(owner):
    for path in (
        "/console/tax/99",
        "/console/shipping/zones/99",
        "/console/shipping/methods/x",
        "/console/discounts/x",
    ):
        owner.get(path, status=404)
