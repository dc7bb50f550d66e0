"""What shoppers see of recommendations: strips with reasons, filtered at this moment, for nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from storefront.catalog.models import Product
from storefront.core.behaviour import Behaviour
from storefront.core.database import JOURNAL
from storefront.core.versions import raise_version
from storefront.customers.service import PURPOSES, give_account, hash_password, record_consent
from storefront.inventory.models import Stock
from storefront.journal.models import JournalEvent
from storefront.journal.service.recording import record
from storefront.personalization.service.training import train_shop
from tests import factories as make

PASSWORD = "three wooden spoons"
HASH = hash_password(PASSWORD)
PERSON = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Accept": "text/html"}


@dataclass
class Stocked:
    """A shop with a pair that belongs together and things that everybody buys."""

    bottle: str
    brush: str
    brush_sku: str
    brush_id: int
    bottle_id: int


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine of this module's shop is kept: the same orders need no second training."""
    return tmp_path_factory.mktemp("trained") / "models"


@pytest.fixture
def stocked(app: Flask, tx: Any, trained: Path) -> Stocked:
    with tx() as t:
        shelf = make.category(t, "feeding")
        bottle = make.product(t, "bottle", title="Blue bottle", zh="蓝瓶", category=shelf, sku="BOTTLE")
        brush = make.product(t, "brush", title="Long brush", zh="长刷", category=shelf, sku="BRUSH")
        others = [make.product(t, category=shelf) for _ in range(8)]
        for number in range(40):
            person = make.customer(t)
            when = make.LONG_AGO + timedelta(days=number)
            if number % 2:
                make.order(t, (bottle, 1), (brush, 1), customer=person, placed_at=when)
            other = others[number % 8]
            make.order(t, (other, 1), (others[(number + 3) % 8], 1), customer=person, placed_at=when)
        ids = Stocked("/p/bottle", "/p/brush", "BRUSH", brush.id, bottle.id)
    models = Path(app.instance_path) / "models"
    if trained.exists():
        shutil.copytree(trained, models)
    else:
        with app.app_context():
            train_shop()
        shutil.copytree(models, trained)
    return ids


def strip(html: str, surface: str) -> Any:
    return BeautifulSoup(html, "html.parser").find(attrs={"data-strip": surface})


def skus(html: str, surface: str) -> list[str]:
    found = strip(html, surface)
    return [item["data-sku"] for item in found.find_all("article")] if found else []


def get(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=PERSON)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def test_a_product_page_says_what_its_buyers_take_with_it(client: FlaskClient, stocked: Stocked) -> None:
    found = strip(get(client, stocked.bottle), "goes_with")
    card = found.find("article")
    assert card["data-sku"] == stocked.brush_sku
    assert card["data-source"] == "bought_together"
    assert card.find(class_="reason").get_text() == "10 in 10 buyers of Blue bottle take this with it."
    assert found["data-treatment"]


def test_the_reason_is_said_in_the_language_of_the_page(client: FlaskClient, stocked: Stocked) -> None:
    reason = strip(get(client, "/zh" + stocked.bottle), "goes_with").find(class_="reason").get_text()
    assert "蓝瓶" in reason
    assert "buyers" not in reason


def test_the_account_behind_it_names_counts(client: FlaskClient, stocked: Stocked) -> None:
    account = strip(get(client, stocked.bottle), "goes_with").find("details").get_text()
    assert "about 20 of about 20 buyers" in account


@pytest.mark.parametrize("change", ["sold out", "draft", "not yet", "no longer", "grown-ups only"])
def test_what_cannot_be_had_is_gone_on_the_next_request(
    client: FlaskClient, tx: Any, stocked: Stocked, change: str
) -> None:
    assert stocked.brush_sku in skus(get(client, stocked.bottle), "goes_with")
    values: dict[str, Any] = {
        "draft": {"status": "draft"},
        "not yet": {"visible_from": make.LONG_AGO + timedelta(days=36_500)},
        "no longer": {"visible_until": make.LONG_AGO},
        "grown-ups only": {"age_limit": 18},
    }.get(change, {})
    with tx() as t:
        if change == "sold out":
            variant = make.variant_of(t, t.get(Product, stocked.brush_id))
            t.execute(sa.update(Stock).where(Stock.variant_id == variant.id).values(available=0))
        else:
            t.execute(sa.update(Product).where(Product.id == stocked.brush_id).values(**values))
        raise_version(t, "catalog")
    for path in (stocked.bottle, "/", "/search?q=nothing-like-it", "/no-such-page"):
        assert f'data-sku="{stocked.brush_sku}"' not in client.get(path, headers=PERSON).get_data(
            as_text=True
        )


def test_no_product_stands_twice_on_a_page(client: FlaskClient, stocked: Stocked) -> None:
    page = BeautifulSoup(get(client, stocked.bottle), "html.parser")
    shown = [item["data-sku"] for item in page.select("[data-strip] article")]
    assert len(shown) == len(set(shown))
    assert "BOTTLE" not in shown


def test_a_stranger_is_shown_what_all_keep_and_told_so(client: FlaskClient, stocked: Stocked) -> None:
    reasons = [item.get_text() for item in strip(get(client, "/"), "popular").find_all(class_="reason")]
    assert reasons
    assert all("Nothing of yours was used." in reason for reason in reasons)


def test_without_an_engine_the_shop_still_shows_its_things(client: FlaskClient, tx: Any) -> None:
    with tx() as t:
        make.product(t, title="Lonely lamp", sku="LAMP")
    html = get(client, "/")
    assert "data-strip" not in html
    assert 'data-sku="LAMP"' in html


# --- a person ---------------------------------------------------------------------------------------------


@pytest.fixture
def sign_in(app: Flask, tx: Any) -> Callable[..., FlaskClient]:
    """`sign_in("ann@example.test", bought=[ids])`: a browser of a person with an account and consents."""

    def make_person(
        email: str, *, bought: tuple[int, ...] = (), consents: tuple[str, ...] = PURPOSES
    ) -> FlaskClient:
        with tx() as t:
            person_id = give_account(t, email=email, password_hash=HASH, name=email.partition("@")[0].title())
            for purpose in consents:
                record_consent(t, person_id, purpose, given=True, source="test")
            person = t.get(make.Customer, person_id)
            for product in bought:
                make.order(t, (t.get(Product, product), 1), customer=person)
        browser = app.test_client()
        page = BeautifulSoup(browser.get("/account/login").get_data(as_text=True), "html.parser")
        token = page.select_one("form.sign-form input[name=csrf_token]")["value"]
        answer = browser.post(
            "/account/login", data={"email": email, "password": PASSWORD, "csrf_token": token}
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)[:500]
        return browser

    return make_person


def test_a_person_gets_a_list_of_their_own(app: Flask, stocked: Stocked, sign_in: Any) -> None:
    ann = sign_in("ann@example.test", bought=(stocked.bottle_id,))
    with app.app_context():
        train_shop()
    found = strip(get(ann, "/"), "for_you")
    assert found is not None
    assert "Ann" in get(ann, "/")
    assert "BOTTLE" not in [item["data-sku"] for item in found.find_all("article")]


def test_the_last_click_changes_the_very_next_page(stocked: Stocked, sign_in: Any) -> None:
    ann = sign_in("ann@example.test")
    assert strip(get(ann, "/"), "because_you_viewed") is None
    get(ann, stocked.bottle)
    assert strip(get(ann, "/"), "because_you_viewed") is not None


def test_what_one_person_looked_at_is_not_shown_to_the_next_in_the_same_browser(
    stocked: Stocked, sign_in: Any
) -> None:
    """A host that signs people in may change the person between two requests, without our sign-out."""
    ann, bob = sign_in("ann@example.test"), sign_in("bob@example.test")
    get(ann, stocked.bottle)
    cookie = ann.get_cookie("regulars_viewed", domain="localhost")
    bob.set_cookie("regulars_viewed", cookie.value, domain="localhost")
    assert strip(get(ann, "/"), "because_you_viewed") is not None
    assert strip(get(bob, "/"), "because_you_viewed") is None


def test_who_asks_for_a_script_is_not_looked_up(stocked: Stocked, sign_in: Any, count_queries: Any) -> None:
    ann = sign_in("ann@example.test")
    get(ann, stocked.bottle)
    with count_queries() as queries:
        assert ann.get("/static/js/frame.js").status_code == 200
    assert len(queries) == 0, queries


def test_behaviour_that_cannot_be_written_is_counted_where_the_numbers_are(app: Flask) -> None:
    with app.app_context():
        gone = sa.create_engine("sqlite:////no/such/folder/journal.db")
        kept = app.extensions["regulars_write"][JOURNAL]
        app.extensions["regulars_write"][JOURNAL] = gone
        try:
            assert record([Behaviour("view_item", {"product_id": 1})], customer_id=1) == 0
        finally:
            app.extensions["regulars_write"][JOURNAL] = kept
    numbers = app.test_client().get("/metrics").text
    assert 'regulars_journal_dropped_total{reason="OperationalError"} 1.0' in numbers


def test_nothing_is_remembered_without_consent(stocked: Stocked, sign_in: Any, rows: Any) -> None:
    ann = sign_in("ann@example.test", consents=())
    answer = ann.get(stocked.bottle, headers=PERSON)
    assert "regulars_viewed" not in str(answer.headers.getlist("Set-Cookie"))
    assert strip(get(ann, "/"), "because_you_viewed") is None
    assert rows(sa.select(sa.func.count()).select_from(JournalEvent), bind="journal")[0][0] == 0


def test_consented_views_are_written_down_once(stocked: Stocked, sign_in: Any, rows: Any) -> None:
    ann = sign_in("ann@example.test")
    get(ann, stocked.bottle)
    seen = rows(
        "SELECT name, product_id, customer_id FROM journal_event WHERE name = 'view_item'", bind="journal"
    )
    assert [(row.name, row.product_id) for row in seen] == [("view_item", stocked.bottle_id)]
    assert seen[0].customer_id is not None


@pytest.mark.parametrize("header", [{"User-Agent": "Googlebot/2.1"}, {"Sec-GPC": "1"}, {"DNT": "1"}])
def test_robots_and_refusing_browsers_leave_no_trace(
    stocked: Stocked, sign_in: Any, rows: Any, header: dict[str, str]
) -> None:
    ann = sign_in("ann@example.test")
    ann.get(stocked.bottle, headers={**PERSON, **header})
    assert rows("SELECT COUNT(*) FROM journal_event", bind="journal")[0][0] == 0


def test_signing_out_takes_the_list_off_the_browser(stocked: Stocked, sign_in: Any) -> None:
    ann = sign_in("ann@example.test")
    get(ann, stocked.bottle)
    page = BeautifulSoup(get(ann, "/"), "html.parser")
    token = page.select_one("form[action='/account/logout'] input[name=csrf_token]")["value"]
    ann.post("/account/logout", data={"csrf_token": token})
    html = get(ann, "/")
    assert strip(html, "because_you_viewed") is None
    assert strip(html, "for_you") is None
    assert "Ann" not in html


def test_no_byte_of_one_persons_page_reaches_another(app: Flask, stocked: Stocked, sign_in: Any) -> None:
    browsers = {name: sign_in(f"canary-{name}@example.test") for name in ("ann", "bob", "eve")}
    for _round in range(3):
        for name, browser in browsers.items():
            get(browser, stocked.bottle if name == "ann" else stocked.brush)
            html = get(browser, "/")
            assert f"Canary-{name.title()}" in html or f"Canary-{name}" in html
            assert not any(f"Canary-{other}".lower() in html.lower() for other in browsers if other != name)
    stranger = app.test_client().get("/", headers=PERSON)
    assert "canary" not in stranger.get_data(as_text=True).lower()
    assert stranger.headers["Cache-Control"] == "private, no-store"


# --- bounds -----------------------------------------------------------------------------------------------


def test_queries_of_the_first_page_and_a_product_page(
    stocked: Stocked, sign_in: Any, count_queries: Any, client: FlaskClient
) -> None:
    ann = sign_in("ann@example.test", bought=(stocked.bottle_id,))
    for browser in (ann, client):
        for path in ("/", stocked.bottle):
            get(browser, path)  # what a process remembers is remembered now
            with count_queries() as queries:
                get(browser, path)
            assert len(queries) <= 8, f"{path}:\n{queries}"
