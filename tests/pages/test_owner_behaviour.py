"""The owner's page of what people do: groups of five and more, and of people who did not agree only numbers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from storefront.core import clock as shop_clock
from storefront.core.database import JOURNAL, snapshot, write_engine
from storefront.journal.models import JournalCount, JournalEvent, JournalSummary
from storefront.journal.service import summing
from storefront.personalization.service.feed import leave_out_rushes
from tests import factories
from tests.pages.staff import StaffBrowser

PAGE = "/console/behaviour"
EVENT = JournalEvent.__table__


def table(html: str, name: str) -> list[list[str]]:
    """The rows of one table, cell by cell."""
    found = BeautifulSoup(html, "html.parser").find("section", attrs={"aria-labelledby": f"{name}-h"})
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in found.select("tbody tr")
    ]


def write(app, count, *pages, customer=None, prefix="v", days_ago=0, **more):
    """`count` people who opened these pages, each within a visit."""
    rows = []
    with app.app_context():
        at = shop_clock.now() - timedelta(days=days_ago)
        for number in range(count):
            for place, page in enumerate(pages):
                row = dict.fromkeys(EVENT.c.keys())
                row.pop("id")
                row |= {
                    "event_id": f"{prefix}-{number}-{place}-{days_ago}",
                    "name": "page_view",
                    "at": at,
                    "page": page,
                    "visitor": f"{prefix}{number}",
                    "session": f"{prefix}{number}",
                    "customer_id": customer,
                }
                rows.append({**row, **more})
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(sa.insert(EVENT), rows)


@pytest.mark.both
def test_the_page_says_what_groups_do_and_nothing_of_a_few(app, owner):
    write(app, 6, "home", "category", "product")
    write(app, 4, "wishlist", prefix="few")
    write(app, 5, "search", prefix="s", name="search", query="kettle", hits=2)
    write(app, 5, "search", prefix="m", name="search", query="zebra", hits=0)
    write(app, 1, "search", prefix="n", name="search", query="my secret name", hits=0)
    write(app, 5, None, prefix="x", name="view_item_list", list_name="home-viewed", surface="because", hits=2)
    write(app, 1, None, prefix="x", days_ago=1, name="select_item", list_name="home-viewed", position=2)
    html = owner.get(PAGE).get_data(as_text=True)
    assert "26 people" in html
    assert [row[0] for row in table(html, "pages")] == ["Search", "Shelf", "First page", "Product"]
    assert table(html, "steps") == [
        ["Shelf", "Product", "6", "6"],
        ["First page", "Shelf", "6", "6"],
    ]
    assert table(html, "paths") == [["First page → Shelf → Product", "6", "6"]]
    assert table(html, "found") == [["kettle", "5", "5"]]
    assert table(html, "missed") == [["zebra", "5", "5"]]
    assert table(html, "strips") == [["home-viewed because", "5", "1", "5", "1: 0 · 2: 200"]]
    assert "my secret name" not in html and "Wish list" not in html


def test_only_visitors_unless_everybody_is_asked_for_and_only_of_the_period(app, owner):
    write(app, 6, "home")
    write(app, 5, "cart", prefix="c", customer=7)
    write(app, 7, "page", prefix="old", days_ago=10)
    kinds = [row[0] for row in table(owner.get(PAGE).get_data(as_text=True), "pages")]
    assert kinds == ["First page"]
    everybody = owner.get(f"{PAGE}?whom=everybody&days=28").get_data(as_text=True)
    assert [row[0] for row in table(everybody, "pages")] == ["Content page", "First page"], (
        "one customer is one"
    )
    for wrong in ("days=x", "days=99999999999", "whom=eve", "days=&whom="):
        assert owner.get(f"{PAGE}?{wrong}").status_code == 200


def test_of_people_who_did_not_agree_there_are_numbers(app, owner):
    with app.app_context():
        today = shop_clock.now().date()
        rows = [
            {"day": today, "kind": "page", "name": "product", "times": 41},
            {"day": today - timedelta(days=20), "kind": "page", "name": "product", "times": 500},
            {"day": today, "kind": "robot", "name": "headers", "times": 12},
        ]
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(sa.insert(JournalCount.__table__), rows)
    html = owner.get(PAGE).get_data(as_text=True)
    assert table(html, "others") == [["Product", "41"]]
    assert table(html, "robots") == [["by asking as no browser does", "12"]]
    chart = BeautifulSoup(html, "html.parser").select("figure.chart svg")
    assert len(chart) == 2 and all(svg["aria-hidden"] == "true" for svg in chart)


def test_of_much_behaviour_the_job_says_what_there_is(app, owner, monkeypatch):
    monkeypatch.setattr(summing, "AT_ONCE", 10)
    write(app, 20, "home")
    assert "The worker is at it" in owner.get(PAGE).get_data(as_text=True)
    with app.app_context():
        app.extensions["regulars_jobs"].by_name[summing.JOB].run()
        with snapshot(JOURNAL) as session:
            assert session.execute(sa.select(sa.func.count()).select_from(JournalSummary)).scalar_one() == 4
    write(app, 9, "cart", prefix="later")
    assert table(owner.get(PAGE).get_data(as_text=True), "pages")[0][:2] == ["First page", "20"]


def test_a_page_of_the_console_costs_few_queries(app, owner, count_queries):
    write(app, 6, "home", "product")
    owner.get(PAGE)
    with count_queries() as queries:
        assert owner.get(PAGE).status_code == 200
    assert len(queries) <= 11, queries


def test_behaviour_goes_when_its_time_is_over(app, tx):
    write(app, 3, "home", days_ago=400)
    write(app, 2, "home", days_ago=390, prefix="kept")
    with app.app_context():
        with write_engine(JOURNAL).connect() as connection:
            row = {"day": date(2020, 1, 1), "kind": "page", "name": "home", "times": 1}
            connection.execute(sa.insert(JournalCount.__table__), [row])
        app.extensions["regulars_jobs"].by_name["journal.forget"].run()
        with snapshot(JOURNAL) as session:
            assert session.execute(sa.select(sa.func.count()).select_from(EVENT)).scalar_one() == 2
            assert session.execute(sa.select(JournalCount)).first() is None


@pytest.fixture
def owner(app, tx, clock):
    with tx() as t:
        factories.product(t, "kettle", title="Kettle")
    return StaffBrowser(app, "owner")


def test_rushes_are_listed_and_counted_again_by_whoever_may_change_products(app, owner, tx, rows):
    with tx() as t:
        mug = factories.product(t, title="Fine mug").id
    write(app, 60, "product", prefix="bot", name="view_item", product_id=mug)
    with app.app_context():
        leave_out_rushes()
    html = owner.get(PAGE).get_data(as_text=True)
    ((title, _day, visits, usual, looks, now, _change),) = table(html, "rushes")
    assert (title, visits, usual, looks, now) == ("Fine mug", "60", "0", "60", "left out")
    assert owner.post(f"{PAGE}/rush", {"rush": "1", "counted": "1"}).status_code == 303
    assert table(owner.get(PAGE).get_data(as_text=True), "rushes")[0][5] == "counted again"
    ((name, action),) = rows("SELECT actor_name, action FROM audit_entry WHERE subject = 'rush'")
    assert name and action == "rush.count"
    for wrong in ("", "x", "99", "9" * 40, "²"):
        assert owner.post(f"{PAGE}/rush", {"rush": wrong}).status_code == 404
