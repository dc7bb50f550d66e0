"""The inspector: the very lists that somebody is shown, with the account behind them; pages of the past."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from storefront.catalog.models import Product
from storefront.core.database import JOURNAL, transaction
from storefront.core.store import store_values
from storefront.core.versions import raise_version
from storefront.customers.models import Customer
from storefront.inventory.models import Stock
from storefront.personalization.service.engine import holder, models_folder
from storefront.personalization.service.training import train_shop
from storefront.treatments.models import TreatmentExposure
from tests import factories as make
from tests.pages.test_not_for_me import press
from tests.pages.test_strips_on_pages import PERSON, get, sign_in, skus, stocked, trained

__all__ = ["sign_in", "stocked", "trained"]
EXPOSURE = TreatmentExposure.__table__
EMAIL = "ann@example.test"


@pytest.fixture
def desk(tx, sign_in):
    """The browser of the owner."""
    browser = sign_in("olga@example.test")
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email == "olga@example.test").values(role="owner"))
    return browser


def look(desk: Any, status: int = 200, **asked: str) -> BeautifulSoup:
    answer = desk.get("/console/inspector", query_string=asked, headers=PERSON)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def shown(page: BeautifulSoup) -> list[list[str]]:
    """SKUs in their places, of every strip that is shown."""
    strips = []
    for card in page.select("section[id^=strip-]"):
        rows = [row.select("td") for row in card.select("tbody tr")]
        strips.append([row[1].select_one(".sub").get_text() for row in rows if row[0].get_text() != "–"])
    return [strip for strip in strips if strip]


def on_page(browser: Any, path: str) -> list[list[str]]:
    page = BeautifulSoup(get(browser, path), "html.parser")
    return [[card["data-sku"] for card in strip.select("article")] for strip in page.select("[data-strip]")]


def test_it_shows_what_the_person_sees_with_source_score_and_why(stocked, sign_in, desk, rows):
    ann = sign_in(EMAIL, bought=(stocked.bottle_id,))
    theirs = {"home": on_page(ann, "/"), "product": on_page(ann, stocked.bottle)}
    before = rows(sa.select(sa.func.count()).select_from(EXPOSURE), bind=JOURNAL)[0][0]
    assert shown(look(desk, who=EMAIL, page="product", skus="BOTTLE")) == theirs["product"]
    page = look(desk, who=EMAIL, page="home")
    text = page.get_text(" ")
    assert "the row was full" in text and "popular" in text and re.search(r"\d\.\d{4}", text)
    assert '"kind": "popular"' in page.select_one("code").get_text()
    after = rows(sa.select(sa.func.count()).select_from(EXPOSURE), bind=JOURNAL)[0][0]
    assert before == after, "nothing was shown to anybody"


def test_it_says_what_the_engine_in_use_learned_from_and_gives_to_new_products(stocked, desk, app):
    facts = look(desk).select_one("section#learned dl")
    told = {term.get_text(): term.find_next("dd").get_text() for term in facts.select("dt")}
    with app.app_context():
        report = holder().current().report
    assert (told["Customers"], told["Products"]) == (str(report.customers), str(report.products))
    measured = report.exploration
    assert told["New products"] == str(measured["new_products"])
    assert told["Places for them"].startswith(f"{measured['places']} of {measured['of']} (")


def test_somebody_new_sees_what_a_stranger_sees(client, stocked, desk):
    assert shown(look(desk, page="home")) == on_page(client, "/")
    assert shown(look(desk, page="search")) == on_page(client, "/search?q=nothing-like-it")


def test_what_was_refused_is_not_used_and_a_no_is_honoured(stocked, sign_in, desk):
    ann = sign_in(EMAIL, bought=(stocked.bottle_id,), consents=())
    press(ann, "BRUSH", stocked.bottle)
    page = look(desk, who=EMAIL, page="product", skus="BOTTLE", viewed="BRUSH")
    text = page.get_text(" ")
    assert "A personal shop was not agreed to" in text
    assert "they said that it is not for them" in text and "Long brush" in text
    assert shown(page) == on_page(ann, stocked.bottle)
    assert "because_you_viewed" not in text


def test_who_is_held_back_is_shown_held_back(app, stocked, sign_in, desk):
    ann = sign_in(EMAIL)
    with app.app_context(), transaction() as tx:
        store_values(tx, {"holdout_pages": 50})
    theirs = on_page(ann, stocked.bottle)
    assert shown(look(desk, who=EMAIL, page="product", skus="BOTTLE")) == theirs


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"who": "nobody@example.test", "page": "home"}, "who"),
        ({"page": "product"}, "skus"),
        ({"page": "product", "skus": "NO-SUCH"}, "skus"),
        ({"page": "cart", "skus": ",".join(["BRUSH"] * 21)}, "skus"),
        ({"page": "home", "viewed": "x" * 500}, "viewed"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(stocked, desk, asked, field):
    assert look(desk, 422, **asked).select_one(f"#w-{field}")


@pytest.mark.parametrize("role", ["customer", "warehouse", "moderator"])
def test_it_is_for_those_who_may_see_customers(stocked, sign_in, tx, role):
    browser = sign_in("max@example.test")
    with tx() as t:
        t.execute(sa.update(Customer).where(Customer.email == "max@example.test").values(role=role))
    for query in ("", "?page=home", "?seen=abc"):
        assert browser.get("/console/inspector" + query, headers=PERSON).status_code in (403, 404)


# --- pages of the past ------------------------------------------------------------------------------------


def past(desk: Any) -> list[str]:
    return [link["href"] for link in look(desk, who=EMAIL).select("#past a")]


def test_a_page_of_the_past_is_the_record_and_the_artifact_gives_the_same(stocked, sign_in, desk, app):
    ann = sign_in(EMAIL, bought=(stocked.bottle_id,))
    with app.app_context():
        train_shop()
    for path in (stocked.bottle, "/", "/no-such-page"):
        ann.get(path, headers=PERSON)
    theirs = on_page(ann, "/")
    first = past(desk)[0]
    with app.app_context():
        train_shop()
    page = BeautifulSoup(get(desk, first), "html.parser")
    lists = [
        [line.get_text().split(" · ")[0] for line in half.select(".what > span")]
        for half in page.select(".halves > div")
    ]
    assert lists[0::2] == theirs, "as it was"
    assert lists[1::2] == theirs, "computed again by the engine of that day"
    badges = [badge.get_text() for badge in page.select(".halves .badge")]
    assert set(badges) == {"record", "equal"}
    for link in past(desk):
        text = get(desk, link)
        assert "differs" not in text and "equal" in text


def test_another_variant_of_the_same_product_is_no_difference(stocked, sign_in, desk, tx):
    """The card names the variant that can be had: a second, cheaper one was added, and the first sold out."""
    ann = sign_in(EMAIL)
    with tx() as t:
        brush = t.get(Product, stocked.brush_id)
        make.add_variant(t, brush, sku="BRUSH-2", stock=5)
        first = make.variant_of(t, brush)
        t.execute(sa.update(Stock).where(Stock.variant_id == first.id).values(available=0))
        raise_version(t, "catalog")
    assert skus(get(ann, stocked.bottle), "goes_with")[0] == "BRUSH-2"
    text = get(desk, past(desk)[0])
    assert "differs" not in text and "equal" in text and "BRUSH-2" in text


def test_when_the_engine_is_gone_the_record_stays_and_says_so(stocked, sign_in, desk, app):
    ann = sign_in(EMAIL)
    theirs = skus(get(ann, "/"), "popular")
    link = past(desk)[0]
    with app.app_context():
        with transaction() as tx:
            tx.execute(sa.text("SELECT 1"))
        old = {path.name for path in models_folder().iterdir() if path.is_dir()}
        train_shop()
        for name in old:
            (models_folder() / name).rename(models_folder() / f".gone-{name}")
    page = BeautifulSoup(get(desk, link), "html.parser")
    text = page.get_text(" ")
    assert "not kept any more" in text and "The engine of that day is gone." in text
    assert all(sku in text for sku in theirs)


def test_a_page_that_never_was_is_not_found(stocked, desk):
    for key in ("abc", "x" * 100, "%", "a.b", "..", "0" * 20):
        assert desk.get("/console/inspector", query_string={"seen": key}, headers=PERSON).status_code == 404


def test_from_the_customers_page_one_comes_here(stocked, sign_in, desk, rows):
    sign_in(EMAIL)
    key = rows(sa.select(Customer.public_id).where(Customer.email == EMAIL))[0][0]
    page = BeautifulSoup(get(desk, f"/console/customers/{key}"), "html.parser")
    links = [link["href"] for link in page.select("#shown a")]
    assert f"/console/inspector?who={key}&page=home" in links
    assert BeautifulSoup(get(desk, links[0]), "html.parser").select_one("#may")
