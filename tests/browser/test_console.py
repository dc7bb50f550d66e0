"""The console in a real browser: accessible, at 320 px too, by keyboard, without scripts."""

from __future__ import annotations

import pytest

from storefront.core.console import record_audit
from storefront.customers.service import give_account, hash_password
from tests.browser.conftest import serve
from tests.browser.test_accessible import findings

EMAIL, PASSWORD = "keeper@staff.test", "a-long-enough-password"
PAGES = ("/console", "/console/audit", "/console/staff", "/console/settings/business", "/console/system")
HASH = hash_password(PASSWORD)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_findings(keeper, path):
    """Wide and narrow, light and dark."""
    page = keeper(bypass_csp=True)
    page.goto(page.base + path)
    assert findings(page) == []


@pytest.mark.parametrize("language", ["", "/zh"])
def test_nothing_stands_out_at_320_px(keeper, language):
    page = keeper(320)
    for path in PAGES:
        page.goto(page.base + language + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_the_keyboard_leads_to_search_pages_and_rows(keeper):
    page = keeper()
    page.goto(page.base + "/console")
    page.keyboard.press("Control+k")
    page.locator("#finder input").wait_for(state="visible")
    page.keyboard.type("log")
    page.locator("#finder a", has_text="Log of changes").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/audit")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/console/settings")
    page.goto(page.base + "/console/staff")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.className") == "row-link"
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/staff/*")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_letters_typed_into_a_field_are_letters(keeper):
    page = keeper()
    page.goto(page.base + "/console/settings/business")
    field = page.locator("[name=business_name]")
    field.fill("")
    field.press_sequentially("g s / ? j")
    assert field.input_value() == "g s / ? j"
    assert page.url.endswith("/console/settings/business")


def test_the_bar_that_saves_comes_with_the_first_change(keeper):
    page = keeper()
    page.goto(page.base + "/console/settings/business")
    bar = page.locator(".savebar")
    assert not bar.is_visible()
    page.fill("[name=business_name]", "Corner & Co")
    assert bar.is_visible()
    bar.locator("button").click()
    page.locator(".told", has_text="Saved").wait_for()
    assert page.input_value("[name=business_name]") == "Corner & Co"


def test_without_scripts_everything_can_be_reached(keeper):
    page = keeper(java_script_enabled=False)
    page.goto(page.base + "/console/audit")
    page.click("summary:has-text('Filter')")
    page.check("label:has-text('Product') input")
    page.click("button:has-text('Apply')")
    page.wait_for_url("**subject=product*")
    page.click("a[aria-label='Remove filter: On what']")
    page.fill(".tools input[name=q]", "thing.7")
    page.press(".tools input[name=q]", "Enter")
    page.locator("text=1 to 1 of 1").first.wait_for()
    page.goto(page.base + "/console/settings/returns")
    assert page.locator(".savebar button").is_visible()


def test_on_a_phone_the_menu_opens_and_closes(keeper):
    page = keeper(320)
    page.goto(page.base + "/console")
    menu = page.locator("#nav")
    assert not menu.is_visible()
    page.click(".menu-btn")
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()


# --- a shop with somebody who keeps it -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory, sqlite_template):
    with serve(tmp_path_factory.mktemp("kept"), sqlite_template, _fill) as served:
        yield served


def _fill(tx):
    give_account(tx, email=EMAIL, password_hash=HASH, name="Kay Keeper", role="owner")
    for number in range(30):
        record_audit(tx, f"thing.{number}", "product", str(number), {"x": number}, {"x": "long words " * 20})


@pytest.fixture
def keeper(kept, open_page):
    """`keeper(width)`: a page of a browser in which the owner is signed in."""

    def signed_in(width=1280, **more):
        page = open_page(kept.url + "/account/login", width, **more)
        page.base = kept.url
        page.fill("main [name=email]", EMAIL)
        page.fill("main [name=password]", PASSWORD)
        page.press("main [name=password]", "Enter")
        page.wait_for_url(lambda url: "/account/login" not in url)
        return page

    return signed_in
