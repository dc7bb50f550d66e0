"""Pages fit a 320 px screen, keep the security policy, and stay within their weight."""

from __future__ import annotations

import gzip
from importlib.resources import files
from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.places import FILLED, LANGUAGES

CSS_KB, JS_KB = 20, 60


@pytest.mark.parametrize("language", LANGUAGES, ids=("en", "zh"))
@pytest.mark.parametrize("name", FILLED)
def test_nothing_sticks_out_at_320_px(shop: Served, open_page: Any, name: str, language: str) -> None:
    page = open_page(shop.url + language + FILLED[name], width=320)
    wide = page.evaluate(
        """() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *, footer *')]
            .filter(e => !e.closest('.strip, .track, .thumbs, .sr, svg') && e.getBoundingClientRect().right > 321)
            .map(e => e.className || e.tagName)]"""
    )
    assert wide == [320]


@pytest.mark.parametrize("name", FILLED)
def test_the_policy_holds_and_nothing_is_missing(shop: Served, open_page: Any, name: str) -> None:
    page = open_page()
    troubles: list[str] = []
    expected = 404 if name == "not found" else 200
    page.on("console", lambda message: message.type in {"error", "warning"} and troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status} {answer.url}")
    )
    answer = page.goto(shop.url + FILLED[name], wait_until="networkidle")
    assert answer.status == expected
    assert [trouble for trouble in troubles if expected == 200 or "404" not in trouble] == []
    assert page.evaluate("document.querySelectorAll('[style]').length") == 0
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    assert page.evaluate(handlers) == []


@pytest.mark.parametrize("name", FILLED)
def test_each_page_has_its_mark_one_heading_and_sized_pictures(
    shop: Served, open_page: Any, name: str
) -> None:
    page = open_page(shop.url + FILLED[name])
    assert page.locator("body[data-page]").count() == 1
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    assert (
        page.evaluate(
            "[...document.images].filter(i => !i.hasAttribute('width') || !i.hasAttribute('alt')).length"
        )
        == 0
    )
    assert (
        page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size")
        == page.locator("[id]").count()
    )


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


def test_styles_and_scripts_stay_light() -> None:
    static = files("storefront") / "static"
    for folder, limit in (("css", CSS_KB), ("js", JS_KB)):
        sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in (static / folder).iterdir()}
        assert sum(sizes.values()) <= limit * 1000, sizes


def test_printed_page_leaves_out_what_paper_cannot_do(shop: Served, open_page: Any) -> None:
    page = open_page(shop.url + FILLED["product"])
    page.emulate_media(media="print")
    assert not page.locator("#q").is_visible()
    assert not page.locator("footer").is_visible()
    assert page.locator("h1").is_visible()
