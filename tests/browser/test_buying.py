"""Buying with a browser: as a guest, as a member, in Chinese, on a small phone, without scripts, by keyboard."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from storefront.hookspecs import hookimpl
from storefront.ordering.rules.payments import Started
from storefront.ordering.service.gateways.transfer import ByHand
from tests.browser import stock_room
from tests.browser.conftest import Served, serve
from tests.browser.stock_room import EMAIL, PASSWORD
from tests.browser.test_accessible import findings
from tests.pages.accounts import work
from tests.selling import open_for_sale

TYPED = {"name": "Ada Byron", "line1": "12 Analytical Row", "city": "London", "postcode": "SW1A 1AA"}


def fill(tx: Any) -> None:
    stock_room.fill(tx)
    open_for_sale(tx)


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """A shop that brings and sells, of its own: these tests buy."""
    with serve(tmp_path_factory.mktemp("selling"), sqlite_template, fill) as served:
        yield served


def put_in(page: Page, shop: Served, slug: str = "row-3", language: str = "") -> None:
    page.goto(f"{shop.url}{language}/p/{slug}")
    page.click(".buy-form .btn-l")


def to_shipping(page: Page, shop: Served, language: str = "", email: str = "ada@example.test") -> None:
    page.goto(f"{shop.url}{language}/checkout")
    if email:
        page.fill("#email", email)
    page.click(".check-form > .btn-l")
    page.wait_for_selector("[data-page=checkout-shipping]")


def to_payment(page: Page) -> None:
    for name, value in TYPED.items():
        page.fill(f"#{name}", value)
    page.check("input[value=standard]")
    page.click(".check-form > .btn-l")
    page.wait_for_selector("[data-page=checkout-payment]")


def pay(page: Page) -> None:
    page.check("input[value=transfer]")
    page.click(".place .btn-l")
    page.wait_for_selector("[data-page=checkout-done]")


def in_bounds(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_guest_buys_with_scripts(selling: Served, open_page: Any) -> None:
    page = open_page()
    put_in(page, selling)
    expect(page.locator("[data-toast]")).to_contain_text("is in your cart")
    expect(page.locator(".tool-cart .tool-count")).to_have_text("1")
    page.goto(f"{selling.url}/cart")
    page.click(".stepper [value=more]")
    expect(page.locator(".stepper input")).to_have_value("2")
    expect(page.locator("[data-cart-says]")).to_contain_text("2 things")
    page.click("text=Go to checkout")
    to_shipping(page, selling)
    to_payment(page)
    total = page.locator(".order-sum .total .price").get_attribute("value")
    pay(page)
    assert page.locator(".order-sum .total .price").get_attribute("value") == total
    assert "Thank you, Ada" in page.locator("h1").inner_text()


def test_quick_add_and_undo_stay_on_their_page(selling: Served, open_page: Any) -> None:
    page = open_page(f"{selling.url}/c/books-shelf")
    page.click(".quick >> nth=0")
    expect(page.locator("[data-toast]")).to_contain_text("is in your cart")
    assert page.url == f"{selling.url}/c/books-shelf"
    page.goto(f"{selling.url}/cart")
    page.click(".line-acts .quiet[formaction$=remove]")
    expect(page.locator(".told-undo")).to_be_visible()
    page.click(".told-undo button")
    expect(page.locator("li.line")).to_have_count(1)


@pytest.mark.parametrize(
    ("language", "width", "row"), [("", 1280, 10), ("", 320, 11), ("/zh", 390, 12), ("/zh", 320, 13)]
)
def test_a_guest_buys_without_scripts(
    selling: Served, open_page: Any, language: str, width: int, row: int
) -> None:
    page = open_page(width=width, java_script_enabled=False)
    put_in(page, selling, f"row-{row}", language)
    assert page.url == f"{selling.url}{language}/cart"
    page.click(".stepper [value=more]")
    expect(page.locator(".stepper input")).to_have_value("2")
    page.fill(".stepper input", "3")
    page.press(".stepper input", "Enter")
    expect(page.locator(".total .price")).to_have_attribute("value", str(3 * (300 + 70 * row) + 390))
    expect(page.locator(".stepper input")).to_have_value("3")
    to_shipping(page, selling, language)
    page.select_option("#country", "DE")
    page.click("[data-change-country]")
    page.wait_for_selector("input[value=europe]")
    page.select_option("#country", "GB")
    page.click("[data-change-country]")
    to_payment(page)
    pay(page)
    assert page.get_attribute("html", "lang") == ("zh-CN" if language else "en")


@pytest.mark.parametrize("language", ["", "/zh"])
def test_no_step_is_wider_than_a_small_phone(selling: Served, open_page: Any, language: str) -> None:
    page = open_page(width=320)
    for slug in ("long-name", "choices", "nearly-gone"):
        put_in(page, selling, slug, language)
        page.wait_for_selector("[data-toast] p")
    for path in ("/cart", "/checkout/contact"):
        page.goto(f"{selling.url}{language}{path}")
        assert in_bounds(page), path
    to_shipping(page, selling, language)
    assert in_bounds(page)
    page.click(".check-form > .btn-l")
    page.wait_for_selector("#wrong")
    assert in_bounds(page)
    to_payment(page)
    assert in_bounds(page)
    page.click(".order-sum > summary")
    assert in_bounds(page)
    pay(page)
    assert in_bounds(page)


def test_everything_can_be_bought_by_keyboard(selling: Served, open_page: Any) -> None:
    page = open_page(f"{selling.url}/p/row-4")
    tab_to(page, ".buy-form .btn-l")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-toast] p")
    page.goto(f"{selling.url}/cart")
    tab_to(page, ".stepper [value=more]")
    page.keyboard.press("Enter")
    expect(page.locator(".stepper input")).to_have_value("2")
    assert page.evaluate("document.activeElement.value") == "more", "focus stays where it was"
    tab_to(page, "a[href$='/checkout'].btn-l")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=checkout-contact]")
    tab_to(page, "#email")
    page.keyboard.type("ada@example.test")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=checkout-shipping]")
    for name, value in TYPED.items():
        tab_to(page, f"#{name}")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=checkout-payment]")
    tab_to(page, "input[name=gateway]")
    page.keyboard.press("ArrowDown")
    tab_to(page, ".place .btn-l")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=checkout-done]")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has focus, as somebody without a mouse does."""
    for _ in range(120):
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_a_refused_form_shows_where_and_takes_the_focus(selling: Served, open_page: Any) -> None:
    page = open_page()
    put_in(page, selling)
    page.wait_for_selector("[data-toast] p")
    to_shipping(page, selling)
    page.fill("#city", "Bath")
    page.click(".check-form > .btn-l")
    page.wait_for_selector("#wrong")
    assert page.evaluate("document.activeElement.id") == "wrong"
    page.click("#wrong a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "name"
    assert page.input_value("#city") == "Bath"


def test_a_member_signs_in_on_the_way_and_buys(selling: Served, open_page: Any) -> None:
    page = open_page()
    put_in(page, selling)
    page.wait_for_selector("[data-toast] p")
    page.goto(f"{selling.url}/checkout/contact")
    page.click(".have > summary")
    page.click(".have-in a")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("[data-page=checkout-shipping]")  # their address of mail is known
    page.click(".steps a >> nth=0")
    assert EMAIL in page.locator(".known").inner_text()
    page.click(".check-form > .btn-l")
    page.wait_for_selector("[data-page=checkout-shipping]")
    to_payment(page)
    page.go_back()
    page.wait_for_selector("[data-page=checkout-shipping]")
    assert page.input_value("#line1") == TYPED["line1"] or page.locator(".pick input:checked").count()
    page.go_forward()
    page.wait_for_selector("[data-page=checkout-payment]")
    pay(page)


def test_a_declined_card_may_be_tried_again(selling: Served, open_page: Any) -> None:
    page = open_page()
    put_in(page, selling)
    page.wait_for_selector("[data-toast] p")
    to_shipping(page, selling)
    to_payment(page)
    page.check("input[value=fake]")
    page.click(".place .btn-l")
    page.wait_for_url(re.compile("/payments/fake/"))
    declined = page.locator("tr, li, dt").filter(has_text=re.compile("declin", re.I)).first.inner_text()
    number = re.sub(r"\D", "", re.search(r"(\d[\d ]{11,22}\d)", declined)[1])  # type: ignore[index]
    page.fill("input[name=card]", number)
    page.locator("input[name=card]").press("Enter")
    page.wait_for_selector("[data-page=checkout-pay]")
    page.check("input[value=transfer]")
    page.click(".place .btn-l")
    page.wait_for_selector("[data-page=checkout-done]")
    assert "Thank you" in page.locator("h1").inner_text()


@pytest.mark.parametrize("language", ["", "/zh"])
def test_axe_finds_nothing_from_the_cart_to_the_last_page(
    selling: Served, open_page: Any, language: str
) -> None:
    page = open_page(bypass_csp=True)
    page.goto(f"{selling.url}{language}/cart")
    found = {"empty cart": findings(page)}
    for slug in ("long-name", "grown-ups", "choices"):
        put_in(page, selling, slug, language)
        page.wait_for_selector("[data-toast] p")
    found["toast"] = findings(page)
    page.goto(f"{selling.url}{language}/cart")
    page.click(".line-acts .quiet[formaction$=save] >> nth=0")
    page.wait_for_selector("#saved")
    page.click(".why > summary >> nth=0")
    found["cart"] = findings(page)
    page.goto(f"{selling.url}{language}/checkout")
    found["contact"] = findings(page)
    page.click(".check-form > .btn-l")
    page.wait_for_selector("#wrong")
    found["contact, refused"] = findings(page)
    to_shipping(page, selling, language)
    found["shipping"] = findings(page)
    page.click(".check-form > .btn-l")
    page.wait_for_selector("#wrong")
    found["shipping, refused"] = findings(page)
    to_payment(page)
    page.uncheck("#same")
    found["payment"] = findings(page)
    page.click(".place .btn-l")
    page.wait_for_selector("#wrong")
    found["payment, refused"] = findings(page)
    page.check("#same")
    page.check("#age")
    pay(page)
    found["done"] = findings(page)
    assert {name: what for name, what in found.items() if what} == {}


# --- a gateway on another host -----------------------------------------------------------------------------


class Abroad(ByHand):
    """A gateway whose page is served by somebody else."""

    key, label, description = "abroad", "Abroad", ""
    settles_later = by_hand = False
    url = ""

    def available(self, facts: Any) -> bool:
        return True

    def expires_after(self) -> None:
        return None

    def start(self, attempt: Any) -> Started:
        return Started("redirect", self.url)


@pytest.fixture
def abroad(selling: Served) -> Iterator[Abroad]:
    gateway, app = Abroad(), selling.app
    party = make_server("127.0.0.1", 0, lambda *_: iter(()), threaded=True)
    party.app = Response("the bank", mimetype="text/html")
    gateway.url = f"http://127.0.0.1:{party.server_port}/pay"
    threading.Thread(target=party.serve_forever, daemon=True).start()
    plugin = SimpleNamespace(register_payment_gateways=hookimpl(lambda: [gateway]))
    app.extensions["regulars_plugins"].register(plugin)
    app.extensions.pop("regulars_gateways", None)
    yield gateway
    app.extensions["regulars_plugins"].unregister(plugin)
    app.extensions.pop("regulars_gateways", None)
    party.shutdown()
    party.server_close()


@pytest.mark.parametrize("told", [True, False])
def test_a_browser_goes_to_the_gateways_host_only_when_it_is_named(
    selling: Served, open_page: Any, abroad: Abroad, told: bool
) -> None:
    """Without `origins` Chromium stops the redirect: the control that the header matters."""
    abroad.origins = (abroad.url.removesuffix("/pay"),) if told else ()
    page = open_page()
    put_in(page, selling, "row-7")
    page.wait_for_selector("[data-toast] p")
    to_shipping(page, selling)
    to_payment(page)
    page.check("input[value=abroad]")
    with page.expect_event(
        "console" if not told else "response", lambda one: stopped_or_arrived(one, abroad)
    ):
        page.click(".place .btn-l", no_wait_after=True)


def stopped_or_arrived(seen: Any, abroad: Abroad) -> bool:
    """The bank answered, or Chromium says why it did not get there."""
    text = getattr(seen, "text", "")
    return seen.url == abroad.url if not isinstance(text, str) else "form-action" in text


# --- an account on the way ---------------------------------------------------------------------------------

NEW_PASSWORD = "three green kettles"


def confirm_by_mail(page: Page, shop: Served, email: str) -> None:
    """What the worker does, then the link in the mail to `email`, and its button."""
    work(shop.app)
    folder = Path(shop.app.instance_path) / "mail"
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    own = [mail for mail in mails if mail["To"] == email]
    texts = [mail.get_body(("plain",)).get_content() for mail in own]
    [link] = {found for text in texts for found in re.findall(r"http://\S+/account/confirm/\S+", text)}
    page.goto(link)
    page.click(".sign-form .btn-l")


def register(page: Page) -> None:
    page.fill("#password", NEW_PASSWORD)
    page.click(".sign-form .btn-l")
    page.wait_for_selector("text=Look into your mail")


def own_orders(page: Page, shop: Served) -> str:
    page.goto(f"{shop.url}/account/orders")
    return page.locator("main").inner_text()


def test_who_registers_while_shopping_buys_as_a_member(selling: Served, open_page: Any) -> None:
    page = open_page()
    put_in(page, selling, "row-5")
    page.wait_for_selector("[data-toast] p")
    page.goto(f"{selling.url}/account/login")
    page.click("main a[href*='/account/register']")
    page.fill("#email", "nora@example.test")
    register(page)
    confirm_by_mail(page, selling, "nora@example.test")
    expect(page.locator(".tool-cart .tool-count")).to_have_text("1")
    to_shipping(page, selling, email="")
    to_payment(page)
    assert "nora@example.test" in page.locator(".facts").inner_text()
    pay(page)
    number = page.locator("#ordered [translate=no]").inner_text()
    assert number in own_orders(page, selling)
    page.goto(f"{selling.url}/account/addresses")
    assert "12 Analytical Row" in page.locator(".address-book").inner_text()


def test_a_guest_who_registers_afterwards_finds_the_order(selling: Served, open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    put_in(page, selling, "row-6")
    to_shipping(page, selling, email="gus@example.test")
    to_payment(page)
    pay(page)
    number = page.locator("#ordered [translate=no]").inner_text()
    page.click(".open-account .btn-line")
    assert page.input_value("#email") == "gus@example.test" and "gus@" not in page.url
    register(page)
    confirm_by_mail(page, selling, "gus@example.test")
    page.wait_for_selector("[data-page=checkout-done]")
    page.click("text=Keep it in my address book")
    assert "12 Analytical Row" in page.locator(".address-book").inner_text()
    assert number in own_orders(page, selling)
