"""People with browsers, made quickly: their carts and sign-ins are rows, their cookies are written as the shop would.

What is at the last page is plain data, so that any process can go on as the same browser.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.cart.models import Cart, CartLine
from storefront.cart.service.carts import hash_token
from storefront.cart.service.visiting import COOKIE, _serializer
from storefront.checkout.service.state import Typed, as_stored, keep
from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.models import RateCount
from storefront.customers.service.sign_ins import add_sign_in
from storefront.inventory.models import StockHold
from storefront.inventory.service.holds import expire_holds
from tests import factories as make
from tests.services import selling

HOST = "127.0.0.1:5000"
OWN = f"http://{HOST}"
Cookies = dict[str, str]


@dataclass(frozen=True)
class Shopper:
    """A cart, ready to be paid, and the cookies that lead to it."""

    cart_id: int
    cookies: Cookies
    customer_id: int | None = None


@dataclass(frozen=True)
class AtTheEnd:
    """The last page of somebody's checkout: their cookies by then, and the form as it stands there."""

    cookies: Cookies
    form: dict[str, str]


def gather(app: Flask, number: int) -> list[Shopper]:
    """So many people who said where it goes, every other one a member who is signed in."""
    with app.app_context(), transaction() as tx:
        return [_member(tx) if place % 2 else _guest(tx) for place in range(number)]


def guest(app: Flask) -> Shopper:
    """One visitor."""
    with app.app_context(), transaction() as tx:
        return _guest(tx)


def _guest(tx: Tx) -> Shopper:
    token = secrets.token_urlsafe(24)
    cart_id = _cart(tx, token_hash=hash_token(token))
    _checkout(tx, cart_id, f"{secrets.token_hex(6)}@example.test")
    return Shopper(cart_id, {COOKIE: str(_serializer().dumps([token, 1]))})


def _member(tx: Tx) -> Shopper:
    person = make.customer(tx, f"{secrets.token_hex(6)}@example.test")
    cart_id = _cart(tx, customer_id=person.id)
    _checkout(tx, cart_id, person.email or "")
    session = {"_user_id": add_sign_in(tx, person.id), "_fresh": True}
    app = current_app
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return Shopper(cart_id, {app.config["SESSION_COOKIE_NAME"]: signer.dumps(session)}, person.id)


def _cart(tx: Tx, **owner: Any) -> int:
    row = Cart(coupons=[], note="", turn=0, created_at=clock.now(), updated_at=clock.now(), **owner)
    tx.add(row)
    tx.flush()
    return row.id


def _checkout(tx: Tx, cart_id: int, email: str) -> None:
    address = as_stored(Typed(selling.ADDRESS, complete=True))
    keep(tx, cart_id, email=email, shipping=address, shipping_method="post", gateway="fake")


def fill(tx: Tx, shoppers: Iterable[Shopper], variant_id: int, *, saved: bool = False) -> None:
    """One piece in each cart and nothing else; with `saved` one more that is saved for later."""
    ids = [one.cart_id for one in shoppers]
    tx.execute(sa.delete(CartLine).where(CartLine.cart_id.in_(ids)))
    row = {"variant_id": variant_id, "quantity": 1, "price_seen_minor": 1290, "added_at": clock.now()}
    later = (False, True) if saved else (False,)
    rows = [
        {**row, "key": secrets.token_hex(8), "cart_id": cart_id, "saved_for_later": one}
        for cart_id in ids
        for one in later
    ]
    tx.execute(sa.insert(CartLine), rows)
    # Tries of rounds before are no tries of this one, and what was set aside in them is over.
    tx.execute(sa.delete(RateCount))
    tx.execute(sa.update(StockHold).values(expires_at=clock.now()))
    while expire_holds(tx):
        pass


def left_in_cart(cart_id: int) -> dict[int, int]:
    """Pieces by variant that are to be bought now."""
    db.session.remove()
    query = sa.select(CartLine.variant_id, CartLine.quantity).where(
        CartLine.cart_id == cart_id, CartLine.saved_for_later.is_(False)
    )
    return {row.variant_id: row.quantity for row in db.session.execute(query)}


# --- browsers ---------------------------------------------------------------------------------------------


def browser(cookies: Cookies) -> FlaskClient:
    """A browser with these cookies."""
    client = current_app.test_client()
    for name, value in cookies.items():
        client.set_cookie(name, value, domain="127.0.0.1")
    return client


def ask(client: FlaskClient, method: str, path: str, **more: Any) -> TestResponse:
    """One request, in a context of its own as the server's would be; the answer is read to its end."""
    values = {"method": method, "base_url": OWN, "buffered": True, **more}
    return Context().run(client.open, path, **values)


def cookies_of(client: FlaskClient, cookies: Cookies) -> Cookies:
    """What the browser keeps by now."""
    names = {*cookies, COOKIE, current_app.config["SESSION_COOKIE_NAME"]}
    found = {name: client.get_cookie(name, domain="127.0.0.1") for name in names}
    return {name: cookie.value for name, cookie in found.items() if cookie is not None}


def field_of(page: str, name: str) -> str:
    """The value of a hidden field. Raises LookupError where there is none."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise LookupError(f"no {name} on the page")
    return found[1]


def form_of(page: str) -> dict[str, str]:
    """The last form as this page gives it, paid at the fake bank."""
    values = {name: field_of(page, name) for name in ("csrf_token", "seen")}
    return {**values, "gateway": "fake", "same": "yes"}


def stand_at_the_end(cookies: Cookies) -> AtTheEnd:
    """Look at the last page. Raises LookupError for whoever is led elsewhere."""
    client = browser(cookies)
    answer = ask(client, "GET", "/checkout/payment")
    if answer.status_code != 200:
        raise LookupError(f"led to {answer.headers.get('Location')} ({answer.status_code})")
    return AtTheEnd(cookies_of(client, cookies), form_of(answer.get_data(as_text=True)))


def stand_all_at_the_end(shoppers: Sequence[Shopper]) -> list[AtTheEnd]:
    """The same for many, one after the other."""
    return [stand_at_the_end(one.cookies) for one in shoppers]
