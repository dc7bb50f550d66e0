"""S9: many people behind one proxy that keeps what it may. Nobody is shown a word of anybody else."""

from __future__ import annotations

import random
import re

import pytest

from storefront.core.routes import classified_routes
from storefront.customers.service import give_account
from tests import factories as make
from tests.conftest import Browser
from tests.pages.walking import filled
from tests.security.amount import EVERYTHING
from tests.security.shared_cache import OWN, SharedCache
from tests.security.town import HASH, PASSWORD
from tests.selling import Shopper, open_for_sale

PEOPLE, ROUNDS = (50, 5) if EVERYTHING else (5, 1)
TEN_MINUTES = 600
CANARY = re.compile(rb"qanary\d+x", re.IGNORECASE)
# Steps that end what others of the walk need, and what only the machine may read.
NOT_ASKED = {"/metrics"}


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        shelf = make.category(t, "shelf", title="Shelf")
        for name, stock in (("cup", 500), ("lamp", 500), ("gone", 0)):
            make.product(
                t, name, title=name.title(), sku=name.upper(), price=1290, stock=stock, category=shelf
            )
        for number in range(PEOPLE):
            email = f"{word(number)}@example.test"
            give_account(t, email=email, password_hash=HASH, name=f"{word(number).title()} Other")
    return app


def word(number):
    return f"qanary{number}x"


def moved_in(shop, number):
    """Somebody signed in, with a cart, a wish, an order and an address that say who they are."""
    person = Shopper(shop)
    assert person.sign_in(f"{word(number)}@example.test", PASSWORD).status_code == 302
    person.add("CUP")
    answer = person.buy()
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    person.done = answer.headers["Location"].removeprefix(OWN)
    person.add("LAMP", 2)
    person.post("/cart/note", note=f"a note of {word(number)}")
    person.post("/wishes/toggle", add="LAMP")
    person.contact(f"{word(number)}@example.test")
    return person


def paths(shop):
    """Every page that people ask for by itself, what they look at, and what is not there."""
    found = [
        "/p/cup",
        "/p/gone",
        "/c/shelf",
        "/search?q=cup",
        "/zh/",
        "/zh/p/cup",
        "/nowhere",
        "/p/nowhere",
        "/static/css/shop.css",
    ]
    for route in classified_routes(shop).routes:
        if route.method == "GET" and route.audience != "owner" and route.rule not in NOT_ASKED:
            found.append(filled(route.rule, route.sample))
    return list(dict.fromkeys(found))


def walk(shop, cache, rounds=ROUNDS):
    """Everybody asks for everything, mixed, while ten minutes pass; (path, who asked, whose word was read)."""
    people = [moved_in(shop, number) for number in range(PEOPLE)]
    todo = [
        (path, number)
        for number, person in enumerate(people)
        for path in (*paths(shop), person.done)
        for _round in range(rounds)
    ]
    random.Random(7).shuffle(todo)
    leaked, own = [], 0
    for path, number in todo:
        cache.now += TEN_MINUTES / len(todo)
        _status, said = cache.get(people[number].client, path)
        words = {found.lower().decode() for found in CANARY.findall(said)}
        own += word(number) in words
        leaked += [(path, number, other) for other in words - {word(number)}]
    return leaked, own, len(todo)


def test_nobody_behind_a_proxy_is_shown_anybody_else(shop):
    cache = SharedCache()
    leaked, own, asked = walk(shop, cache)
    assert leaked == []
    assert own > asked / 8, "people do see what is their own"
    assert cache.handed_on > PEOPLE, "and the proxy does hand on what it may"


def test_whoever_has_no_account_is_shown_nobody_either(shop):
    """The proxy is warm with what a member looked at; then comes somebody without a cookie."""
    cache, member, visitor = SharedCache(), moved_in(shop, 0), Browser(shop)
    for path in (*paths(shop), member.done):
        cache.get(member.client, path)
        if path != member.done:
            assert CANARY.findall(cache.get(visitor, path)[1]) == [], path


def test_a_page_that_may_be_kept_would_be_noticed(shop, monkeypatch):
    """The control: the same proxy, and a shop that calls its pages public."""

    def careless(response):
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "public, max-age=30"
        return response

    # Called last, so that it has the last word.
    shop.after_request_funcs[None].insert(0, careless)
    try:
        leaked, _own, _asked = walk(shop, SharedCache(), rounds=1)
    finally:
        shop.after_request_funcs[None].remove(careless)
    assert len({path for path, _number, _word in leaked}) > 5


@pytest.mark.parametrize(
    ("headers", "handed_on"),
    [
        ({"Cache-Control": "no-store"}, False),
        ({"Cache-Control": "private, max-age=60"}, False),
        ({"Cache-Control": "max-age=60"}, True),
        ({"Cache-Control": "max-age=5"}, False),
        ({"Cache-Control": "s-maxage=60, max-age=0"}, True),
        ({"Cache-Control": "max-age=60", "Vary": "*"}, False),
        ({"Cache-Control": "max-age=60", "Vary": "X-Who"}, False),
        ({"Cache-Control": "no-cache"}, False),
        ({}, True),
    ],
)
def test_the_proxy_keeps_what_the_standard_lets_it(headers, handed_on):
    from flask import Flask, request

    origin = Flask("origin")
    origin.add_url_rule("/", "x", lambda: (request.headers["X-Who"], 200, headers))
    cache, browser = SharedCache(), Browser(origin)
    assert b"ann" in cache.get(browser, "/", {"X-Who": "ann"})[1]
    cache.now = 10
    assert (b"ann" in cache.get(browser, "/", {"X-Who": "bob"})[1]) is handed_on
