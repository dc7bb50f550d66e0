"""What each of the many does on the shop's pages. As in `acts.py`; the answers are what a browser would see."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import damage
from tests.chaos.shoppers import AtTheEnd, Cookies, ask, browser, field_of, form_of, stand_at_the_end
from tests.selling import ADDRESS

Ready = Callable[[], None]
SORRY = ("sold out", "somebody was faster", "Sold out", "Only ", "no longer part of your order")


@dataclass(frozen=True)
class Seen:
    """An answer: where it led, how long it took; for who was refused, what the page after it says."""

    status: int
    location: str
    seconds: float
    page_status: int = 0
    told: bool = False
    kept: bool = False
    form: dict[str, str] | None = None

    @property
    def ordered(self) -> bool:
        return self.status == 303 and not self.location.startswith(("/cart", "/checkout/"))


def look(cookies: Cookies, ready: Ready) -> AtTheEnd | None:
    """The last page; None for whoever is led elsewhere."""
    ready()
    try:
        return stand_at_the_end(cookies)
    except LookupError:
        return None


def press(wanted: tuple[AtTheEnd, str], ready: Ready) -> Seen:
    """The button of the last page; whoever is refused looks at the page they get, for the `sku` they wanted."""
    end, sku = wanted
    client = browser(end.cookies)
    ready()
    began = time.perf_counter()
    answer = ask(client, "POST", "/checkout/payment", data=end.form)
    seconds = time.perf_counter() - began
    location = answer.headers.get("Location", "")
    seen = Seen(answer.status_code, location, seconds)
    if seen.ordered:
        return seen
    page = ask(client, "GET", location) if location.startswith("/cart") else answer
    text = page.get_data(as_text=True)
    again = form_of(text) if 'name="seen"' in text else None
    cart = ask(client, "GET", "/cart").get_data(as_text=True)
    told, kept = any(words in text for words in SORRY), f'data-sku="{sku}"' in cart
    return Seen(answer.status_code, location, seconds, page.status_code, told, kept, again)


@damage.damaged(damage.stock_read_before)
def unguarded_press(wanted: tuple[AtTheEnd, str], ready: Ready) -> Seen:
    """The same in a shop that reads what is left before it takes it."""
    return press(wanted, ready)


@damage.damaged(damage.forms_forgotten)
def forgetful_press(wanted: tuple[AtTheEnd, str], ready: Ready) -> Seen:
    """The same in a shop that does not know a form again."""
    return press(wanted, ready)


@damage.damaged(damage.quotes_not_compared)
def blind_press(wanted: tuple[AtTheEnd, str], ready: Ready) -> Seen:
    """The same in a shop that orders whatever is in the cart by now."""
    return press(wanted, ready)


def enter(cookies: Cookies, ready: Ready) -> Seen:
    """The step before the last: where it goes; pieces are set aside for whoever gets through."""
    client = browser(cookies)
    token = field_of(ask(client, "GET", "/checkout/shipping").get_data(as_text=True), "csrf_token")
    form = {**ADDRESS, "shipping_method": "post", "csrf_token": token}
    ready()
    began = time.perf_counter()
    answer = ask(client, "POST", "/checkout/shipping", data=form)
    seconds = time.perf_counter() - began
    location = answer.headers.get("Location", "")
    if answer.status_code == 303 and location.startswith("/cart"):
        page = ask(client, "GET", location)
        text = page.get_data(as_text=True)
        told = any(words in text for words in SORRY)
        return Seen(answer.status_code, location, seconds, page.status_code, told, "data-sku=" in text)
    return Seen(answer.status_code, location, seconds)


def put_in(wanted: tuple[Cookies, str, str], ready: Ready) -> int:
    """One more piece of a SKU, by the form of a product's page: (cookies, its token, SKU)."""
    cookies, token, sku = wanted
    client = browser(cookies)
    ready()
    return ask(client, "POST", "/cart/add", data={"csrf_token": token, "sku": sku}).status_code


def press_or_put_in(wanted: tuple[str, tuple], ready: Ready) -> Seen | int:
    """One tab orders while the other puts something in."""
    what, more = wanted
    return press(more, ready) if what == "press" else put_in(more, ready)


def sign_in(wanted: tuple[Cookies, dict[str, str]], ready: Ready) -> int:
    """The sign-in form of a browser, sent."""
    cookies, form = wanted
    client = browser(cookies)
    ready()
    return ask(client, "POST", "/account/login", data=form).status_code
