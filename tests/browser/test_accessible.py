"""axe finds nothing: every page, both languages, wide and narrow, light and dark, filled and empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Served
from tests.browser.places import EMPTY, FILLED, LANGUAGES
from tests.browser.stock_room import EMAIL, PASSWORD


@pytest.mark.parametrize("language", LANGUAGES, ids=("en", "zh"))
@pytest.mark.parametrize("name", FILLED)
def test_no_page_has_findings(shop: Served, open_page: Any, name: str, language: str) -> None:
    page = open_page(shop.url + language + FILLED[name], bypass_csp=True)
    assert findings(page) == []


@pytest.mark.parametrize("language", LANGUAGES, ids=("en", "zh"))
@pytest.mark.parametrize("name", EMPTY)
def test_no_page_of_an_empty_shop_has_findings(
    empty_shop: Served, open_page: Any, name: str, language: str
) -> None:
    page = open_page(empty_shop.url + language + EMPTY[name], bypass_csp=True)
    assert findings(page) == []


def sign_in(page: Page, shop: Served, password: str) -> None:
    page.goto(f"{shop.url}/account/login")
    page.fill("#email", EMAIL)
    page.fill("#password", password)
    page.press("#password", "Enter")


STATES: dict[str, tuple[str, tuple[int, ...], Callable[[Page], Any]]] = {
    "phone menu": ("/", (320,), lambda page: page.click(".menu > summary")),
    "all departments": ("/", (1280,), lambda page: page.click(".mega > summary")),
    "facet sheet": ("/c/books-shelf", (320,), lambda page: page.click(".narrow")),
    "suggestions": (
        "/",
        (320, 1280),
        lambda page: (page.type("#q", "thing"), page.wait_for_selector(".suggest a")),
    ),
    "enlarged picture": ("/p/many-pictures", (320, 1280), lambda page: page.click(".gallery-zoom")),
}


@pytest.mark.parametrize(("name", "width"), [(name, width) for name in STATES for width in STATES[name][1]])
def test_no_opened_part_has_findings(shop: Served, open_page: Any, name: str, width: int) -> None:
    path, _widths, act = STATES[name]
    page = open_page(shop.url + path, width=width, bypass_csp=True)
    act(page)
    assert findings(page, widths=(width,)) == []


def test_refused_sign_in_names_what_is_wrong_and_has_no_findings(shop: Served, open_page: Any) -> None:
    page = open_page(bypass_csp=True)
    sign_in(page, shop, "not-the-password")
    assert page.locator("#wrong").is_visible()
    assert page.evaluate("document.activeElement.id") == "wrong"
    assert findings(page) == []


def test_signed_in_page_has_no_findings(shop: Served, open_page: Any) -> None:
    page = open_page(bypass_csp=True)
    sign_in(page, shop, PASSWORD)
    page.click(".me > summary")
    assert page.locator(".me-in button").is_visible()
    assert findings(page) == []


def findings(page: Page, widths: tuple[int, ...] = (1280, 320)) -> list[str]:
    """What axe says about the page as it is now: at each width, light and dark."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, rules in (
            ("light", None),
            ("dark", ["color-contrast"]),
        ):  # only colours differ in the dark
            page.emulate_media(color_scheme=scheme)
            options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
            for rule in Axe().run(page, options=options).response["violations"]:
                places = [str(node["target"]) for node in rule["nodes"]]
                found.append(f"{rule['id']} at {width} px, {scheme}: {', '.join(places[:4])}")
    return found
