""" "Not for me" and the way back, by keyboard alone: in the page with scripts, through a page without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from storefront.catalog.models import Product
from storefront.personalization.service.training import train_shop
from tests import factories
from tests.browser import stock_room
from tests.browser.conftest import Served, serve
from tests.browser.test_keyboard import focused

MOST_STOPS = 120


def fill(tx: Any) -> None:
    """The stock room with enough orders to learn from."""
    stock_room.fill(tx)
    things = tx.query(Product).filter(Product.slug.like("row-%")).order_by(Product.id).all()
    for number in range(40):
        lines = [(things[number % 6 * 2], 1), (things[number % 6 * 2 + 1], 1), (things[12 + number % 9], 1)]
        when = factories.LONG_AGO + timedelta(days=number)
        factories.order(tx, *lines, customer=factories.customer(tx), placed_at=when)


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("advised"), sqlite_template, fill) as served:
        with served.app.app_context():
            train_shop()
        yield served


def tab_to(page: Page, selector: str) -> None:
    """Walk with the Tab key until what matches has the focus."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if focused(page, f"e.matches({selector!r})"):
            return
    raise AssertionError(f"the Tab key does not lead to {selector}")


def skus(page: Page) -> list[str]:
    return page.locator("[data-strip] article").evaluate_all("cards => cards.map(card => card.dataset.sku)")


BUTTON = "[data-strip] article button[form=not-for-me]"


def test_with_scripts_the_note_takes_the_place_and_undo_has_the_focus(
    advised: Served, open_page: Any
) -> None:
    page = open_page(advised.url)
    before, address = skus(page), page.url
    tab_to(page, BUTTON)
    sku = focused(page, "e.value")
    page.keyboard.press("Enter")
    note = page.locator("[data-strip] .noted-card")
    expect(note).to_have_count(1)
    expect(note).to_contain_text("will not be suggested to you again.")
    expect(page.locator("[data-noted-said]")).to_contain_text("will not be suggested to you again.")
    assert focused(page, "e.closest('.noted-card') !== null && e.tagName === 'BUTTON'")
    assert sku not in skus(page) and page.url == address
    page.keyboard.press("Enter")
    expect(note).to_have_count(0)
    assert skus(page) == before
    assert focused(page, "e.form?.id === 'not-for-me' && e.value") == sku
    page.reload()
    assert skus(page) == before


def test_with_scripts_it_stays_gone_on_the_next_page(advised: Served, open_page: Any) -> None:
    page = open_page(advised.url)
    tab_to(page, BUTTON)
    sku = focused(page, "e.value")
    page.keyboard.press("Space")
    expect(page.locator("[data-strip] .noted-card")).to_have_count(1)
    page.goto(f"{advised.url}/nowhere")
    assert skus(page) and sku not in skus(page)


def test_without_scripts_a_page_says_so_with_a_way_back(advised: Served, open_page: Any) -> None:
    page = open_page(advised.url, java_script_enabled=False)
    before = skus(page)
    first = page.locator(BUTTON).first
    sku = first.get_attribute("value")
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/#noted")
    note = page.locator("#noted")
    expect(note).to_contain_text("will not be suggested to you again.")
    assert sku not in skus(page)
    note.locator("button[form=not-for-me]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#noted")).to_have_count(0)
    expect(page.get_by_text("Undone. It may be suggested again.")).to_be_visible()
    assert skus(page) == before
