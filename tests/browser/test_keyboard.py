"""Everything can be done from the keyboard, and one always sees where one is."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Served


def focused(page: Page, expression: str) -> Any:
    return page.evaluate(f"(e => {expression})(document.activeElement)")


def test_the_first_tab_offers_to_skip_to_the_main_part(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url)
    page.keyboard.press("Tab")
    assert focused(page, "e.getAttribute('href')") == "#main"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert focused(page, "e.id") == "main"


def test_every_stop_of_the_tab_key_is_visible_and_marked(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf")
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = focused(
            page,
            """(() => { const r = e.getBoundingClientRect(), s = getComputedStyle(e), a = getComputedStyle(e, '::after');
                const marked = s.outlineStyle !== 'none' || a.outlineStyle !== 'none';
                const inside = r.bottom > 0 && r.top < innerHeight;
                return [marked, inside, e.outerHTML.slice(0, 120)]; })()""",
        )
        assert seen[0] and seen[1], seen[2]


def test_focus_is_never_hidden_under_the_header_when_walking_back(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf")
    page.evaluate("document.querySelector('.pages a').focus()")
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        covered = focused(
            page,
            """(() => { const h = document.querySelector('[data-top]').getBoundingClientRect(), r = e.getBoundingClientRect();
                return !e.closest('[data-top]') && r.bottom <= h.bottom && h.bottom > 0; })()""",
        )
        assert not covered


def test_menus_close_on_escape_and_give_the_focus_back(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url)
    page.focus(".mega > summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, "!!e.closest('.mega-in')")
    page.keyboard.press("Escape")
    assert focused(page, "e.matches('.mega > summary')")
    assert page.locator(".mega[open]").count() == 0


def test_suggestions_are_walked_with_arrows_and_followed_with_enter(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url)
    page.type("#q", "ringed")
    page.wait_for_selector(".suggest a")
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#q", "aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    assert page.get_attribute("#q", "aria-expanded") == "true"
    address = page.get_attribute(f"#{chosen}", "href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_escape_closes_suggestions_and_keeps_the_words(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url)
    page.type("#q", "thing")
    page.wait_for_selector(".suggest a")
    page.keyboard.press("Escape")
    assert not page.locator(".suggest").is_visible()
    assert page.input_value("#q") == "thing"


def test_facet_sheet_takes_focus_hides_what_is_under_it_and_gives_back(shop: Served, open_page: Any) -> None:
    page = open_page(f"{shop.url}/c/books-shelf", width=390)
    page.click(".narrow")
    assert focused(page, "!!e.closest('#narrow')")
    assert page.locator(".plp-main[inert]").count() == 1
    page.keyboard.press("Escape")
    # A closed dialog gives the focus back in a task of its own, after the key.
    page.wait_for_function("document.activeElement.matches('.narrow')")
    assert page.locator("[inert]").count() == 0
