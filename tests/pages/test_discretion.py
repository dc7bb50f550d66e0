"""Sensitive products: suggested on their own pages only, no reason for anything, learned of nobody."""

from __future__ import annotations

import csv
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

from storefront.catalog.models import Category
from storefront.core import clock
from storefront.core.imports.engine import import_file
from storefront.core.imports.exporting import export_file
from storefront.core.versions import raise_version
from storefront.customers.service import PURPOSES, give_account, hash_password, record_consent
from storefront.personalization.service import feed
from storefront.personalization.service.training import train_shop
from tests import factories as make

PASSWORD = "three wooden spoons"
HASH = hash_password(PASSWORD)
PERSON = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Accept": "text/html"}
HUSH = {f"HUSH-{number}" for number in range(6)}


@dataclass
class Shop:
    """A shop with a shelf of health below one for the body; everybody who buys a mug buys from it too."""

    health: int
    body: int
    hush: list[int]
    mugs: list[int]
    ann: int


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("discreet") / "models"


@pytest.fixture
def shop(app: Flask, tx: Any, trained: Path) -> Shop:
    """Ann bought two things for her health, again and again, and a mug. The engine learned it all."""
    with tx() as t:
        body = make.category(t, "body", title="Body")
        health, kitchen = make.category(t, "health", title="Health", parent=body), make.category(t, "kitchen")
        hush = [
            make.product(t, f"hush-{n}", title=f"Hush {n}", category=health, sku=f"HUSH-{n}")
            for n in range(6)
        ]
        mugs = [
            make.product(t, f"mug-{n}", title=f"Mug {n}", category=kitchen, sku=f"MUG-{n}") for n in range(10)
        ]
        start = clock.now() - timedelta(days=120)
        for number in range(48):
            person, when = make.customer(t), start + timedelta(days=number)
            lines = [(hush[number % 6], 1), (hush[(number + 1) % 6], 1), (mugs[number % 6], 1)]
            make.order(t, *lines, customer=person, placed_at=when)
            if number % 2:
                again = [(hush[number % 6], 1), (mugs[number % 4 + 6], 1)]
                make.order(t, *again, customer=person, placed_at=when + timedelta(days=30))
        ann = give_account(t, email="ann@shop.example", password_hash=HASH, name="Ann")
        for purpose in PURPOSES:
            record_consent(t, ann, purpose, given=True, source="test")
        person = t.get(make.Customer, ann)
        for days in (90, 60, 30):
            lines = [(hush[0], 1), (hush[1], 1), (mugs[0], 1)]
            make.order(t, *lines, customer=person, placed_at=clock.now() - timedelta(days=days))
        made = Shop(health.id, body.id, [one.id for one in hush], [one.id for one in mugs], ann)
    models = Path(app.instance_path) / "models"
    if trained.exists():
        shutil.copytree(trained, models)
    else:
        with app.app_context():
            train_shop()
        shutil.copytree(models, trained)
    return made


@pytest.fixture
def mark(tx: Any, shop: Shop) -> Callable[..., None]:
    """Say that the shelf above all the hushed things is sensitive, or is not any more."""

    def write(sensitive: bool = True) -> None:
        with tx() as t:
            t.execute(sa.update(Category).where(Category.id == shop.body).values(sensitive=sensitive))
            raise_version(t, "navigation")

    return write


@pytest.fixture
def ann(app: Flask, shop: Shop) -> FlaskClient:
    browser = app.test_client()
    page = BeautifulSoup(browser.get("/account/login").get_data(as_text=True), "html.parser")
    token = page.select_one("form.sign-form input[name=csrf_token]")["value"]
    form = {"email": "ann@shop.example", "password": PASSWORD, "csrf_token": token}
    assert browser.post("/account/login", data=form).status_code == 302
    return browser


def read(client: FlaskClient, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path, headers=PERSON).get_data(as_text=True), "html.parser")


def shown(page: BeautifulSoup) -> set[str]:
    return {item["data-sku"] for item in page.select("[data-strip] article")}


def reasons(page: BeautifulSoup) -> str:
    return " ".join(item.get_text(" ") for item in page.select("[data-strip]"))


ELSEWHERE = ("/", "/p/mug-0", "/p/mug-7", "/search?q=nothing-like-it", "/no-such-page", "/cart")


def test_without_the_mark_they_are_suggested_like_anything(ann: FlaskClient, client: FlaskClient) -> None:
    assert shown(read(ann, "/")) & HUSH
    assert shown(read(client, "/p/mug-0")) & HUSH


@pytest.mark.parametrize("anew", [False, True], ids=["engine of before", "trained anew"])
def test_marked_they_stand_nowhere_but_at_home(
    app: Flask, ann: FlaskClient, client: FlaskClient, mark: Any, anew: bool
) -> None:
    for path in ("/p/hush-0", "/p/hush-4", "/p/mug-0"):
        read(ann, path)
    mark()
    if anew:
        with app.app_context():
            train_shop(force=True)
    for browser in (ann, client):
        for path in ELSEWHERE:
            page = read(browser, path)
            assert not shown(page) & HUSH, path
            assert "Hush" not in reasons(page), path
    assert shown(read(ann, "/"))
    at_home = read(client, "/p/hush-0")
    assert shown(at_home) & HUSH
    mark(sensitive=False)
    if not anew:
        assert shown(read(ann, "/")) & HUSH


def test_on_their_own_pages_nothing_is_personal(ann: FlaskClient, mark: Any) -> None:
    mark()
    read(ann, "/p/mug-3")
    page = read(ann, "/p/hush-0")
    for strip in page.select("[data-strip]"):
        if {item["data-sku"] for item in strip.select("article")} & HUSH:
            assert strip["data-strip"] in {"goes_with", "instead_of", "popular"}
    assert "you bought" not in reasons(page)


def test_about_me_shows_them_to_the_customer_and_says_that_nothing_is_made_of_it(
    ann: FlaskClient, mark: Any
) -> None:
    assert "Sensitive things" not in ann.get("/account/about-me").get_data(as_text=True)
    mark()
    panel = read(ann, "/account/about-me").select_one("section[aria-labelledby=kept-out-h]")
    assert [item.get_text() for item in panel.select("li")] == ["Hush 0", "Hush 1"]
    assert "Because" not in panel.get_text()


def test_pages_pay_no_query_for_it(ann: FlaskClient, mark: Any, count_queries: Any) -> None:
    counts = []
    for change in (lambda: None, mark):
        change()
        read(ann, "/p/mug-0")
        with count_queries() as queries:
            read(ann, "/p/mug-0")
        counts.append(len(queries))
    assert counts[1] <= counts[0]


@pytest.mark.both
def test_the_engine_learns_of_no_person_and_links_it_with_nothing_else(
    app_context: Any, shop: Shop, mark: Any
) -> None:
    mark()
    hush, orders_of = {str(one) for one in shop.hush}, dict[str, set[bool]]()
    rows = [
        dict(zip(chunk, values, strict=True))
        for chunk in feed.interactions()
        for values in zip(*chunk.values(), strict=True)
    ]
    told = [row for row in rows if row["product"] in hush]
    assert told
    assert {row["customer"] for row in told} == {""}
    for row in rows:
        if row["order"]:
            orders_of.setdefault(row["order"], set()).add(row["product"] in hush)
    assert all(len(kinds) == 1 for kinds in orders_of.values())
    assert sum(row["kind"] == "purchase" for row in told) == 48 * 2 + 24 + 6


def test_the_mark_travels_with_the_catalogue(
    app: Flask, shop: Shop, mark: Any, rows: Any, tmp_path: Path
) -> None:
    mark()
    with app.app_context():
        export_file("catalog", tmp_path / "all.csv")
        mark(sensitive=False)
        report = import_file("catalog", tmp_path / "all.csv")
        assert report.changed == 1
        assert import_file("catalog", tmp_path / "all.csv").changed == 0
    assert rows("SELECT slug FROM category WHERE sensitive") == [("body",)]
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = {row["handle"]: row["sensitive"] for row in csv.DictReader(file) if row["kind"] == "category"}
    assert cells == {"body": "yes", "health": "", "kitchen": ""}
    (tmp_path / "old.csv").write_text("kind,handle,title@en\ncategory,body,Body\n", encoding="utf-8")
    with app.app_context():
        import_file("catalog", tmp_path / "old.csv")
    assert rows("SELECT slug FROM category WHERE sensitive") == [("body",)]


def test_a_cell_that_says_neither_is_refused_with_line_and_column(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("kind,handle,sensitive,title@en\ncategory,body,perhaps,Body\n", encoding="utf-8")
    with app.app_context():
        report = import_file("catalog", file, keep_good=True)
    assert report.rejected == 1
    assert str(report.problems[0]) == "Row 2, column sensitive: “perhaps” is neither yes nor no."
