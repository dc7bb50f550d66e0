"""What the shop concludes about somebody: where it shows, what they can say to it, and what that changes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from storefront.core import clock
from storefront.customers.service import PURPOSES, give_account, hash_password, record_consent
from storefront.personalization.models import FactRejection
from storefront.personalization.service.training import train_shop
from tests import factories as make

PASSWORD = "three wooden spoons"
HASH = hash_password(PASSWORD)
PERSON = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Accept": "text/html"}
SHELVES = ("sound", "cameras", "screens", "watches", "lenses", "bread")

DEAR = {f"{shelf}-{step}" for shelf in SHELVES[1:5] for step in (6, 7)}


@dataclass
class Chained:
    """A shop in which dear sound leads to other dear things."""

    sound: int  # id of the category
    me: int


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine of this module's shop is kept: the same orders need no second training."""
    return tmp_path_factory.mktemp("chained") / "models"


@pytest.fixture
def chained(app: Flask, tx: Any, trained: Path) -> Chained:
    """Sixty people; every third buys dear things on each shelf. `me` bought two dear sets of headphones."""
    with tx() as t:
        shelves = {name: make.category(t, name, title=name.title()) for name in SHELVES}
        things = {
            name: [
                make.product(
                    t,
                    f"{name}-{step}",
                    category=shelf,
                    price=1000 * (step + 1),
                    sku=f"{name}-{step}",
                    title=f"{name}-{step}",
                )
                for step in range(8)
            ]
            for name, shelf in shelves.items()
        }
        when = clock.now() - timedelta(days=200)
        for number in range(60):
            person, rich = make.customer(t), number % 3 == 0
            for day, name in enumerate(SHELVES):
                steps = (6, 7) if rich and name != "bread" else (number % 4, (number + 1) % 4)
                lines = [(things[name][step], 1) for step in steps]
                make.order(t, *lines, customer=person, placed_at=when + timedelta(days=30 * day))
        for name in SHELVES:
            for thing in things[name]:
                make.order(t, (thing, 1), customer=make.customer(t), placed_at=when)
        me = t.get(make.Customer, give_account(t, email="wei@shop.example", password_hash=HASH, name="Wei"))
        for purpose in PURPOSES:
            record_consent(t, me.id, purpose, given=True, source="test")
        for step in (5, 6):
            make.order(t, (things["sound"][step], 1), customer=me, placed_at=when + timedelta(days=step))
        made = Chained(shelves["sound"].id, me.id)
    models = Path(app.instance_path) / "models"
    if trained.exists():
        shutil.copytree(trained, models)
    else:
        with app.app_context():
            train_shop()
        shutil.copytree(models, trained)
    return made


@pytest.fixture
def signed_in(app: Flask, client: FlaskClient, chained: Chained) -> FlaskClient:
    sign_in(client, "wei@shop.example")
    return client


def sign_in(client: FlaskClient, email: str) -> None:
    page = BeautifulSoup(client.get("/account/login", headers=PERSON).text, "html.parser")
    token = page.select_one("form.sign-form input[name=csrf_token]")["value"]
    form = {"email": email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/account/login", data=form, headers=PERSON).status_code == 302


def soup(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path, headers=PERSON)
    assert answer.status_code == 200, path
    return BeautifulSoup(answer.text, "html.parser")


def strips(client: FlaskClient, path: str = "/") -> dict[str, list[str]]:
    found = soup(client, path).find_all(attrs={"data-treatment": True})
    return {
        one["data-treatment"]: [card["data-sku"] for card in one.find_all(attrs={"data-sku": True})]
        for one in found
    }


def say(client: FlaskClient, what: str, category: int) -> Any:
    page = soup(client, "/account/about-me")
    token = page.find("input", {"name": "csrf_token"})["value"]
    data = {"csrf_token": token, "category": category}
    return client.post(f"/account/about-me/{what}", data=data, headers=PERSON)


def test_the_strip_names_both_hops(signed_in: FlaskClient) -> None:
    strip = soup(signed_in, "/").find(attrs={"data-treatment": "home-step-up"})
    assert strip["data-strip"] == "one_step_up"
    cards = strip.find_all(attrs={"data-sku": True})
    assert {card["data-sku"] for card in cards} < DEAR
    assert {card["data-source"] for card in cards} == {"one_step_up"}
    reason = cards[0].find(class_="reason").text
    assert reason.startswith("Because you chose sound-6 and sound-5 from the upper end of Sound: ")
    assert reason.endswith("in 10 who do so take this.")
    why = cards[0].find(class_="why-body").text
    assert "You choose from the upper end of Sound." in why and "Not true?" in why
    assert cards[0].find(class_="why-body").find("a")["href"] == "/account/about-me"


def test_the_page_shows_what_it_rests_on_how_sure_and_until_when(signed_in: FlaskClient) -> None:
    page = soup(signed_in, "/account/about-me")
    assert page.body["data-page"] == "account-about-me"
    (one,) = page.find_all(class_="conclusion")
    words = " ".join(one.text.split())
    assert "You choose from the upper end of Sound." in words
    assert "sound-6, sound-5" in words and "rather sure" in words and "Until" in words


def test_an_untrue_conclusion_takes_away_what_follows_from_it_and_nothing_else(
    signed_in: FlaskClient, chained: Chained
) -> None:
    before = strips(signed_in)
    answer = say(signed_in, "not-true", chained.sound)
    assert (answer.status_code, answer.location) == (303, "/account/about-me#conclusions")
    page = soup(signed_in, "/account/about-me")
    assert "It is not used." in page.find(class_="conclusion-untrue").text and "Noted." in page.text
    after = strips(signed_in)
    assert before.pop("home-step-up") and before and before == after


def test_undo_brings_it_back(signed_in: FlaskClient, chained: Chained) -> None:
    before = strips(signed_in)
    say(signed_in, "not-true", chained.sound)
    assert strips(signed_in) != before
    say(signed_in, "undo", chained.sound)
    assert strips(signed_in) == before


def test_the_word_stays_when_the_engine_is_trained_anew(
    app: Flask, signed_in: FlaskClient, chained: Chained
) -> None:
    say(signed_in, "not-true", chained.sound)
    with app.app_context():
        train_shop()
    assert "home-step-up" not in strips(signed_in)
    assert len(soup(signed_in, "/account/about-me").find_all(class_="conclusion-untrue")) == 1


def test_without_consent_nothing_is_concluded_or_shown(
    app: Flask, signed_in: FlaskClient, chained: Chained, tx: Any
) -> None:
    with tx() as t:
        record_consent(t, chained.me, "personalization", given=False, source="test")
    assert "home-step-up" not in strips(signed_in)
    page = soup(signed_in, "/account/about-me")
    assert not page.find(class_="conclusion") and "nothing is concluded" in page.text
    data = {"csrf_token": page.find("input", {"name": "csrf_token"})["value"], "category": chained.sound}
    assert signed_in.post("/account/about-me/not-true", data=data, headers=PERSON).status_code == 404


def test_only_what_is_concluded_can_be_denied(app: Flask, signed_in: FlaskClient, chained: Chained) -> None:
    for category in (chained.sound + 1, 10**8, "x", "", "٣", "-1", "9" * 30):
        assert say(signed_in, "not-true", category).status_code == 404
    for category in ("x", "", "9" * 30):
        assert say(signed_in, "undo", category).status_code == 404
    assert said(app) == 0


def said(app: Flask) -> int:
    from storefront.core.database import db

    with app.app_context():
        return db.session.execute(sa.select(sa.func.count()).select_from(FactRejection)).scalar_one()


def test_twice_is_once_and_of_others_nothing_is_touched(
    app: Flask, signed_in: FlaskClient, chained: Chained, tx: Any
) -> None:
    with tx() as t:
        other = make.customer(t)
        row = {"customer_id": other.id, "kind": "premium", "category_id": chained.sound}
        t.add(FactRejection(**row, said_at=clock.now()))
    for _ in range(2):
        say(signed_in, "not-true", chained.sound)
    assert said(app) == 2
    say(signed_in, "undo", chained.sound)
    assert said(app) == 1


def test_strangers_are_led_to_sign_in_and_nobody_acts_for_others(
    client: FlaskClient, chained: Chained
) -> None:
    assert client.get("/account/about-me", headers=PERSON).status_code == 302
    assert "home-step-up" not in strips(client)


def test_a_dear_thing_leads_to_other_shelves_for_everybody(client: FlaskClient, chained: Chained) -> None:
    strip = soup(client, "/p/sound-7").find(attrs={"data-treatment": "product-step-up"})
    assert {card["data-sku"] for card in strip.find_all(attrs={"data-sku": True})} < DEAR
    assert "Because of sound-7" in strip.text
    assert "product-step-up" not in strips(client, "/p/sound-1")


def test_on_a_product_page_the_persons_own_purchases_speak(signed_in: FlaskClient) -> None:
    strip = soup(signed_in, "/p/sound-1").find(attrs={"data-treatment": "product-step-up"})
    assert "Because you chose sound-6 and sound-5" in strip.text
    assert "product-step-up" not in strips(signed_in, "/p/screens-1")


def test_the_page_is_private(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/account/about-me", headers=PERSON)
    assert "no-store" in answer.headers["Cache-Control"]


def test_in_chinese(signed_in: FlaskClient) -> None:
    assert signed_in.get("/zh/account/about-me", headers=PERSON).status_code == 200
