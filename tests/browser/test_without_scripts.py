"""With scripts switched off every link, menu and form still works."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import Served
from tests.browser.stock_room import EMAIL, PASSWORD


def test_a_visitor_finds_narrows_down_and_opens_a_product(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url, java_script_enabled=False)
    page.fill("#q", "thing")
    page.press("#q", "Enter")
    assert "q=thing" in page.url
    assert page.locator("article.card").count() > 0
    page.goto(f"{shop.url}/c/books-shelf")
    before = page.locator("[data-count]").inner_text()
    page.check("#facets input[type=checkbox] >> nth=0")
    page.click(".facets-go button")
    assert "?" in page.url
    assert page.locator("[data-count]").inner_text() != before
    page.click("article.card a >> nth=0")
    assert page.locator("body[data-page=product]").count() == 1


def test_sorting_has_a_button_of_its_own(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf", java_script_enabled=False)
    values = page.locator("#sort option").evaluate_all("options => options.map(o => o.value)")
    page.select_option("#sort", values[-1])
    page.click(".sort button")
    assert f"sort={values[-1]}" in page.url


def test_a_variant_is_a_link(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/p/choices", java_script_enabled=False)
    before = page.get_attribute("data.price", "value")
    page.click(".option >> nth=0 >> a:not([aria-current])")
    assert page.get_attribute("data.price", "value") != before


def test_phone_menu_and_facet_sheet_open(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf", width=390, java_script_enabled=False)
    page.click(".menu > summary")
    assert page.locator(".menu nav a").first.is_visible()
    page.click(".menu > summary")
    page.click(".narrow")
    assert page.locator(".facets-go button").is_visible()


def test_signing_in_and_out(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/account/login", java_script_enabled=False)
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form.panel button")
    page.click(".me > summary")
    page.click(".me-in button")
    assert page.locator(".tools a[href$='/account/login']").count() == 1


def test_the_appearance_is_remembered(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url, java_script_enabled=False)
    page.click(".seg button[value=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.click(".seg button[value=auto]")
    assert page.get_attribute("html", "data-theme") is None


def test_the_language_is_that_of_this_very_page(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/p/choices", java_script_enabled=False)
    page.click(".foot-langs a[hreflang=zh-CN]")
    assert page.url == f"{shop.url}/zh/p/choices"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.locator("h1").inner_text() == "带环的瓶子"
