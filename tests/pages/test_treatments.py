"""Strips are treatments: some people see what everybody sees, and what was seen is written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from storefront.core.database import JOURNAL, transaction
from storefront.core.store import store_values
from storefront.customers.service import PURPOSES
from storefront.treatments.models import TreatmentExposure
from storefront.treatments.rules import HELD_BACK, TREATED, arm_of
from tests.pages.test_strips_on_pages import PERSON, get, sign_in, stocked, strip, trained

__all__ = ["sign_in", "stocked", "trained"]
EXPOSURE = TreatmentExposure.__table__


@pytest.fixture
def hold_out(app):
    """`hold_out(50)`: of so many in a hundred."""

    def hold(percent: int) -> None:
        with app.app_context(), transaction() as tx:
            store_values(tx, {"holdout_pages": percent})

    return hold


def exposures(rows: Any) -> list[Any]:
    return rows(sa.select(EXPOSURE).order_by(EXPOSURE.c.id), bind=JOURNAL)


def test_what_was_shown_is_written_with_its_reasons(stocked, sign_in, rows):
    ann = sign_in("ann@example.test")
    page = BeautifulSoup(get(ann, stocked.bottle), "html.parser")
    marks = [(s["data-treatment"], s["data-strip"]) for s in page.select("[data-strip]")]
    found = exposures(rows)
    assert [(row.treatment, row.surface) for row in found] == marks and marks
    first = found[0]
    assert (first.arm, first.page, first.visitor) == (TREATED, "product", None)
    assert first.customer_id and first.session and first.artifact
    cards = page.select_one("[data-strip]").select("article")
    assert [(sku, source) for sku, source, _score in first.shown] == [
        (card["data-sku"], card["data-source"]) for card in cards
    ]
    assert all(isinstance(score, float) for _sku, _source, score in first.shown)
    assert first.inputs["products"] == [stocked.bottle_id]
    assert all(len(json.dumps([r.shown, r.filtered, r.inputs])) < 2_200 for r in found)


def test_the_journal_says_that_the_strip_was_shown_and_where_it_was_clicked(stocked, sign_in, rows):
    ann = sign_in("ann@example.test")
    link = strip(get(ann, stocked.bottle), "goes_with").select_one("article a")["href"]
    assert link == "/p/brush?via=product-goes-with.1.bought_together"
    get(ann, link)
    found = rows(
        "SELECT name, list_name, surface, position, source, hits FROM journal_event "
        "WHERE name IN ('view_item_list', 'select_item') AND list_name = 'product-goes-with' ORDER BY id",
        bind=JOURNAL,
    )
    shown = len(strip(get(ann, stocked.bottle), "goes_with").select("article"))
    assert [tuple(row) for row in found][:2] == [
        ("view_item_list", "product-goes-with", "goes_with", None, None, shown),
        ("select_item", "product-goes-with", None, 1, "bought_together", None),
    ]


def test_what_a_robot_saw_is_taken_out_again(stocked, sign_in, rows, clock):
    ann, robot = sign_in("ann@example.test"), sign_in("robot@example.test")
    get(ann, stocked.bottle)
    people = len(exposures(rows))
    for _page in range(62):
        get(robot, stocked.bottle)
    assert len(exposures(rows)) == people


def test_addresses_are_plain_for_everybody_who_is_not_noted(stocked, client):
    assert "via=" not in get(client, stocked.bottle)
    assert "via=" not in client.get(stocked.bottle).get_data(as_text=True)


@pytest.mark.parametrize("consents", [(), ("personalization",)])
def test_without_consent_to_statistics_nothing_is_written_and_nobody_is_held_back(
    stocked, sign_in, rows, hold_out, consents
):
    hold_out(50)
    for number in range(6):
        page = get(sign_in(f"p{number}@example.test", consents=consents), stocked.bottle)
        assert strip(page, "goes_with").find("article")["data-source"] == "bought_together"
    assert exposures(rows) == []


def test_who_is_held_back_sees_what_all_keep_labelled_as_that(app, stocked, sign_in, rows, hold_out):
    hold_out(50)
    arms = {}
    for number in range(12):
        email = f"p{number}@example.test"
        person = sign_in(email)
        shown = strip(get(person, stocked.bottle), "goes_with")
        again = strip(get(person, stocked.bottle), "goes_with")
        cards = shown.find_all("article")
        assert [card["data-sku"] for card in again.find_all("article")] == [
            card["data-sku"] for card in cards
        ]
        arms[email] = {card["data-source"] for card in cards}
        if "bought_together" not in arms[email]:
            assert arms[email] == {"popular"}
            assert "Nothing of yours was used." in cards[0].find(class_="reason").get_text()
            assert shown.find("h2").get_text() == "Much chosen lately"
    ids = {row.email: row.id for row in rows("SELECT id, email FROM customer")}
    expected = {
        email: arm_of("product-goes-with", f"customer:{ids[email]}", "", 50) == HELD_BACK for email in arms
    }
    assert {email: "bought_together" not in sources for email, sources in arms.items()} == expected
    assert len(set(expected.values())) == 2, "both arms are there"
    written = {row.customer_id: row.arm for row in exposures(rows) if row.treatment == "product-goes-with"}
    assert written == {ids[email]: HELD_BACK if held else TREATED for email, held in expected.items()}


def test_a_strip_that_would_not_be_there_is_not_there_for_who_is_held_back(stocked, sign_in, hold_out):
    """Nobody has viewed anything yet, so there is nothing to go on with: in neither arm."""
    hold_out(50)
    for number in range(8):
        assert strip(get(sign_in(f"p{number}@example.test"), "/"), "because_you_viewed") is None


def test_no_product_stands_twice_for_who_is_held_back_either(stocked, sign_in, hold_out):
    hold_out(50)
    for number in range(8):
        page = BeautifulSoup(get(sign_in(f"p{number}@example.test"), stocked.bottle), "html.parser")
        shown = [item["data-sku"] for item in page.select("[data-strip] article")]
        assert len(shown) == len(set(shown)) and "BOTTLE" not in shown


def test_what_everybody_sees_anyway_is_no_hold_out(stocked, sign_in, rows, hold_out):
    hold_out(50)
    for number in range(6):
        get(sign_in(f"p{number}@example.test", consents=PURPOSES), "/")
    popular = [row for row in exposures(rows) if row.surface == "popular"]
    assert popular and {row.arm for row in popular} == {TREATED}


def test_a_page_costs_no_query_more_for_who_is_held_back(stocked, sign_in, hold_out, count_queries):
    hold_out(50)
    counts = set()
    for number in range(8):
        person = sign_in(f"p{number}@example.test")
        for _warm in range(2):
            get(person, stocked.brush)
        with count_queries() as queries:
            person.get(stocked.brush, headers=PERSON)
        counts.add(len([s for s in queries.statements if not s.startswith("INSERT")]))
    assert max(counts) <= 6, counts
