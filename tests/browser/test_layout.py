"""Pages fit a 320 px screen, keep the security policy, and stay within their weight."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files
from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.places import FILLED, LANGUAGES

CSS_KB, JS_KB = 20, 60


STICKING_OUT = """() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *, footer *')]
    .filter(e => !e.closest('.strip, .track, .thumbs, .scene, .sr, svg') && e.getBoundingClientRect().right > 321)
    .map(e => e.className || e.tagName)]"""
HANDLERS = """[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())
    .filter(name => name === 'style' || name.startsWith('on'))"""
UNSIZED = "[...document.images].filter(i => !i.hasAttribute('width') || !i.hasAttribute('alt')).length"
SAME_ID = "document.querySelectorAll('[id]').length - new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"


@pytest.mark.parametrize("language", LANGUAGES, ids=("en", "zh"))
@pytest.mark.parametrize("name", FILLED)
def test_page_is_whole_keeps_the_policy_and_fits_320_px(
    shop: Served, open_page: Any, name: str, language: str
) -> None:
    page = open_page()
    troubles: list[str] = []
    expected = 404 if name == "not found" else 200
    page.on("console", lambda message: message.type in {"error", "warning"} and troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status} {answer.url}")
    )
    answer = page.goto(shop.url + language + FILLED[name], wait_until="networkidle")
    assert answer.status == expected
    assert [trouble for trouble in troubles if expected == 200 or "404" not in trouble] == []
    assert page.evaluate(HANDLERS) == []
    assert page.evaluate(UNSIZED) == page.evaluate(SAME_ID) == 0
    for mark in ("body[data-page]", "h1", "main"):
        assert page.locator(mark).count() == 1, mark
    page.set_viewport_size({"width": 320, "height": 844})
    assert page.evaluate(STICKING_OUT) == [320]


def test_pictures_hold_their_place_before_they_arrive(shop: Served, open_page: Any) -> None:
    page = open_page()
    page.goto(shop.url + FILLED["product with pictures"])
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.hadRecentInput ? 0 : e.value))
                .observe({type: 'layout-shift', buffered: true});
            requestAnimationFrame(() => requestAnimationFrame(() => done(sum))); })"""
    )
    assert shift < 0.02


LINKED = re.compile(r'(?:href|src)="/(?:[^"]*/)?static/((?:css|js)/[a-z_]+\.(?:css|js))')


@pytest.mark.parametrize("name", FILLED)
def test_styles_and_scripts_stay_light(shop: Served, open_page: Any, name: str) -> None:
    """What a page links, packed: the budget is one of pages."""
    page = open_page(shop.url + FILLED[name])
    linked = set(LINKED.findall(page.content()))
    for kind, limit in ((".css", CSS_KB), (".js", JS_KB)):
        names = [one for one in linked if one.endswith(kind)]
        assert names
        static = files("storefront") / "static"
        sizes = {one: len(gzip.compress((static / one).read_bytes(), 9)) for one in names}
        assert sum(sizes.values()) <= limit * 1000, sizes


def test_the_console_is_light_as_well() -> None:
    static = files("storefront") / "static" / "css"
    sheets = [(static / name).read_bytes() for name in ("tokens.css", "console.css", "desk.css")]
    assert sum(len(gzip.compress(sheet, 9)) for sheet in sheets) <= CSS_KB * 1000


def test_printed_page_leaves_out_what_paper_cannot_do(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url + FILLED["product"])
    page.emulate_media(media="print")
    assert not page.locator("#q").is_visible()
    assert not page.locator("footer").is_visible()
    assert page.locator("h1").is_visible()
