"""R7: two tabs put things into one cart, and somebody signs in twice at once: nothing is lost, nothing doubled."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from flask import Flask, current_app

from storefront.cart import service as carts
from storefront.cart.models import Cart, CartLine
from storefront.cart.service.carts import hash_token
from storefront.cart.service.visiting import COOKIE, _serializer
from storefront.catalog.models import Variant
from storefront.core.database import db, transaction
from storefront.core.models import RateCount
from storefront.customers.service import hash_password
from tests import factories as make
from tests.chaos.crew import Crew
from tests.chaos.drills import Progress, Result, _thing, quiet
from tests.chaos.shoppers import Cookies, ask, browser, cookies_of, field_of
from tests.conftest import new_versions

PASSWORD = "a-long-enough-password"
GUEST, MEMBER = {"one": 2, "two": 1}, {"one": 1}


def adds(
    app: Flask, crew: Crew, *, rounds: int, often: int = 32, control: bool = False, progress: Progress = quiet
) -> Result:
    """So many pieces of two things are put in from two tabs at once, into no cart yet or into one there is."""
    result = Result(f"R7 {often} adds in two tabs" + (", unguarded" if control else ""))
    for number in range(rounds):
        with app.app_context():
            result.note(_unguarded_adds(crew, often) if control else _adds(crew, often, number % 2 == 1))
        result.acts += often
        progress(result.name, number + 1, rounds)
    return result


def _adds(crew: Crew, often: int, begun: bool) -> list[str]:
    things = _things(1000)
    cookies, token = _arrive()
    if begun:
        client = browser(cookies)
        ask(client, "POST", "/cart/add", data={"csrf_token": token, "sku": things[0][1]})
        cookies = cookies_of(client, cookies)
    wanted = [(cookies, token, things[tab % 2][1]) for tab in range(often)]
    done = crew.act("pages:put_in", wanted)
    found = sorted({f"somebody saw {one.error or one.answer}" for one in done if one.answer != 303})
    first, second = (variant_id for variant_id, _sku in things)
    expected = {first: often // 2 + begun, second: often // 2}
    inside = _pieces(list(expected))
    return found if inside == {1: expected} else [*found, f"{inside} instead of {expected} in one cart"]


def _unguarded_adds(crew: Crew, often: int) -> list[str]:
    ((variant_id, _sku), _other), token = _things(None), secrets.token_urlsafe(12)
    carts.add_to_cart(carts.CartRef(None, token=token), variant_id, 1)
    done = crew.act("unguarded_put_in", [(token, variant_id)] * often, "control")
    found = [one.error for one in done if one.error]
    inside = _pieces([variant_id])
    return found if inside == {1: {variant_id: often + 1}} else [*found, f"{inside} after {often} adds"]


def _things(stock: int | None) -> list[tuple[int, str]]:
    ids = [_thing(stock) for _ in range(2)]
    rows = db.session.execute(sa.select(Variant.id, Variant.sku).where(Variant.id.in_(ids)))
    found = [(row.id, row.sku) for row in rows]
    db.session.remove()
    return found


def _arrive() -> tuple[Cookies, str]:
    """A new visitor with a page open: their cookies, and the token of its forms."""
    _forget_tries()
    client = current_app.test_client()
    page = ask(client, "GET", "/account/login").get_data(as_text=True)
    return cookies_of(client, {}), field_of(page, "csrf_token")


def _forget_tries() -> None:
    with transaction() as tx:
        tx.execute(sa.delete(RateCount))


def _pieces(variant_ids: list[int]) -> dict[int, dict[int, int]]:
    """Pieces by variant in each cart that has any of these; carts are counted from one."""
    db.session.remove()
    query = sa.select(CartLine).where(CartLine.variant_id.in_(variant_ids)).order_by(CartLine.cart_id)
    found: dict[int, dict[int, int]] = {}
    for line in db.session.execute(query).scalars():
        found.setdefault(line.cart_id, {})[line.variant_id] = line.quantity
    return dict(enumerate(found.values(), 1))


# --- signing in twice -------------------------------------------------------------------------------------


def double_sign_ins(
    app: Flask, crew: Crew, *, rounds: int, often: int = 4, control: bool = False, progress: Progress = quiet
) -> Result:
    """The same visitor signs in so often at once: the two carts are one, and each piece is in it once."""
    result = Result("R7 double sign-in" + (", unguarded" if control else ""))
    words = hash_password(PASSWORD)
    for number in range(rounds):
        with app.app_context():
            result.note(_sign_in(crew, often, words, control))
        result.acts += often
        progress(result.name, number + 1, rounds)
    return result


def _sign_in(crew: Crew, often: int, words: str, control: bool) -> list[str]:
    ids = dict(zip(("one", "two"), (variant_id for variant_id, _sku in _things(1000)), strict=True))
    email, guest = f"{secrets.token_hex(6)}@example.test", secrets.token_urlsafe(24)
    with transaction() as tx:
        customer = make.customer(tx, email, password_hash=words).id
        new_versions(tx)
    for ref, lines in (
        (carts.CartRef(None, token=guest), GUEST),
        (carts.CartRef(None, customer_id=customer), MEMBER),
    ):
        for name, pieces in lines.items():
            carts.add_to_cart(ref, ids[name], pieces)
    if control:
        done = crew.act("unguarded_merge", [(guest, customer)] * often, "control")
        found = [one.error for one in done if one.error]
    else:
        cookies, token = _arrive()
        cookies[COOKIE] = str(_serializer().dumps([guest, 3]))
        form = {"csrf_token": token, "email": email, "password": PASSWORD}
        done = crew.act("pages:sign_in", [(cookies, form)] * often)
        found = sorted({f"somebody saw {one.error or one.answer}" for one in done if one.answer != 302})
    expected = {ids[name]: GUEST.get(name, 0) + MEMBER.get(name, 0) for name in ids}
    inside = _pieces(list(ids.values()))
    if inside != {1: expected}:
        found.append(f"{inside} instead of {expected} in one cart")
    return found + _carts_of(guest, customer)


def _carts_of(guest: str, customer: int) -> list[str]:
    left = sa.select(Cart.id).where(Cart.token_hash == hash_token(guest))
    mine = sa.select(sa.func.count()).select_from(Cart).where(Cart.customer_id == customer)
    found = [] if db.session.execute(left).first() is None else ["the visitor's cart is still there"]
    return found if db.session.execute(mine).scalar_one() == 1 else [*found, "not exactly one cart"]
