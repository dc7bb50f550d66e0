"""No product stands twice in the suggestions of a page, on any kind of page, for nobody and for a regular."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from tests.pages.conftest import ORDER_LINK, Site
from tests.pages.walking import OWN as BASE

PEOPLE = ("visitor", "regular")
PUBLIC = {
    "home": "/",
    "product": "/p/row-0",
    "product of the pair": "/p/row-1",
    "product nobody bought": "/p/row-29",
    "product with choices": "/p/choices",
    "sold out": "/p/gone",
    "low stock": "/p/nearly-gone",
    "category": "/c/books-shelf",
    "inner category": "/c/inner",
    "empty category": "/c/nothing-yet",
    "search": "/search?q=thing",
    "search without results": "/search?q=qqqqzzzz",
    "search without words": "/search",
    "cart": "/cart",
    "order": f"/orders/{ORDER_LINK}",
    "list of wishes": "/wishlist/shared-list",
    "content page": "/pages/delivery",
    "not found": "/nowhere",
}
OWN = {
    "account": "/account",
    "orders": "/account/orders",
    "conclusions": "/account/about-me",
    "not for me": "/account/not-for-me",
}
PAGES = [(who, path) for who in PEOPLE for path in PUBLIC.values()] + [
    ("regular", path) for path in OWN.values()
]
WITH_STRIPS = {"/", "/p/row-0", "/p/row-1", "/search?q=qqqqzzzz", "/nowhere"}


@pytest.fixture(scope="module")
def browsers(site: Site) -> Iterator[dict[str, FlaskClient]]:
    """Both have looked at things before; what they do here is undone by nobody."""
    people = {"visitor": site.visitor(), "regular": site.regular()}
    for browser in people.values():
        for number in (2, 4, 6, 8):
            browser.get(f"/p/row-{number}", base_url=BASE)
    yield people


def page_of(browser: FlaskClient, path: str) -> BeautifulSoup:
    answer = browser.get(path, base_url=BASE)
    assert answer.status_code == (404 if path.endswith("/nowhere") else 200), path
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def suggested(page: BeautifulSoup) -> list[str]:
    return [card["data-sku"] for card in page.select("[data-strip] article[data-sku]")]


@pytest.mark.parametrize("prefix", ["", "/zh"])
@pytest.mark.parametrize(("who", "path"), PAGES)
def test_no_product_is_suggested_twice(browsers: dict[str, Any], who: str, path: str, prefix: str) -> None:
    page = page_of(browsers[who], prefix + path)
    found = suggested(page)
    assert sorted(found) == sorted(set(found))
    if path in WITH_STRIPS:
        assert found, "an empty page proves nothing"


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("path", ["/p/row-0", "/p/row-1", "/p/gone", "/p/choices"])
def test_a_product_is_not_suggested_on_its_own_page(browsers: dict[str, Any], who: str, path: str) -> None:
    page = page_of(browsers[who], path)
    own = {card["data-sku"] for card in page.select("main article[data-sku]:not([data-source])")}
    own |= {field["value"] for field in page.select("form[action$='/cart/add'] input[name=sku]")}
    cards = page.select("[data-strip] article[data-sku] a[href]")
    assert not [card for card in cards if card["href"].partition("?")[0] == path]
    assert not own & set(suggested(page))


def test_what_is_in_the_cart_is_not_suggested_beside_it(browsers: dict[str, Any]) -> None:
    page = page_of(browsers["regular"], "/cart")
    lines = {
        link["href"].partition("?")[0]
        for link in page.select("main a[href^='/p/']")
        if not link.find_parent(attrs={"data-strip": True})
    }
    assert lines
    for link in page.select("[data-strip] article a[href^='/p/']"):
        assert link["href"].partition("?")[0] not in lines
