"""What scripts add: lists and variants change in place, pictures move, the header steps aside."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Served


def test_a_tick_changes_the_list_in_place_and_back_undoes_it(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf")
    page.evaluate("window.same = true")
    before = page.locator("[data-count]").inner_text()
    page.locator("#facets input[type=checkbox]").first.check()
    page.wait_for_selector(".chip")
    assert page.evaluate("window.same") is True
    assert page.locator("[data-count]").inner_text() != before
    assert page.locator("[data-listing-status]").inner_text() != ""
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.go_back()
    page.wait_for_selector(".chip", state="detached")
    assert page.locator("[data-count]").inner_text() == before


def test_another_variant_comes_in_place_with_its_price_and_address(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/p/choices")
    page.evaluate("window.same = true")
    before, address = page.get_attribute("data.price", "value"), page.url
    page.click(".option >> nth=0 >> a:not([aria-current])")
    page.wait_for_selector(f"[data-product] data.price:not([value='{before}'])")
    assert page.evaluate("window.same") is True
    assert page.url != address


def test_small_pictures_and_buttons_move_the_gallery(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/p/many-pictures")
    page.click(".gallery-on")
    page.wait_for_selector(".thumbs li:nth-child(2) a[aria-current]")
    page.click(".thumbs a >> nth=3")
    page.wait_for_selector(".thumbs li:nth-child(4) a[aria-current]")
    assert page.url.endswith("/p/many-pictures")
    page.click(".gallery-zoom")
    assert page.locator("dialog.zoom").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.zoom", state="detached")


def test_the_header_steps_aside_on_the_way_down_and_returns_on_the_way_up(
    shop: Served, open_page: Any
) -> None:
    page = open_page(f"{shop.url}/c/books-shelf", width=390)
    page.mouse.move(200, 600)
    page.mouse.wheel(0, 900)
    page.wait_for_selector("[data-top][data-away]")
    page.mouse.wheel(0, -200)
    page.wait_for_selector("[data-top]:not([data-away])")
    assert page.locator(".logo").bounding_box()["y"] >= 0


def test_suggestions_come_while_writing_and_say_so(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/zh/")
    page.type("#q", "瓶子")
    page.wait_for_selector(".suggest a")
    assert page.locator("[data-suggest-status]").inner_text() != ""
    assert page.locator(".suggest [role=option]").first.get_attribute("href").startswith("/zh/")


def test_the_heart_says_its_state_and_the_menu_of_a_phone_counts_along(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/p/row-3", width=320)
    heart = page.locator(".heart-words")
    assert heart.inner_text().startswith("Put on my wish list")
    heart.click()
    expect(heart).to_contain_text("On my wish list", use_inner_text=True)
    assert page.url == f"{shop.url}/p/row-3"
    page.click(".menu > summary")
    expect(page.locator(".menu-wish")).to_have_text(re.compile(r"Wish list\s+1"))
    page.keyboard.press("Escape")
    page.reload()
    assert heart.inner_text().startswith("On my wish list")
    heart.click()
    expect(heart).to_contain_text("Put on my wish list", use_inner_text=True)
    page.click(".menu > summary")
    page.click(".menu-wish")
    page.wait_for_url(f"{shop.url}/wishlist")
