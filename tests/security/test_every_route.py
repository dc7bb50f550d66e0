"""S0: what the table of routes says of a page is what the page does."""

from __future__ import annotations

import pytest
from flask import g
from flask.signals import request_finished

from storefront.core.routes import FIELDS, classified_routes
from storefront.core.security import limiter, page_limiter

# Their sample names nothing: what they show comes about in a job (a file that was taken in, say).
EMPTY = {"/media/<name>", "/console/imports/<token>/rejects"}
# Steps on a way: who comes from nowhere is led to its beginning, or told what is missing.
ON_THE_WAY = {"/account/second-factor", "/console/products/bulk/category", "/console/products/bulk/price"}

# Said by a page itself as it is left: as often as pages are asked for, and counted as they are.
BY_PROCESS = {"/journal/dwell"}


def test_there_is_a_real_thing_behind_every_address(place):
    """Who adds a page with a parameter says in `building.py` how to make what it shows."""
    routes = [route for route in classified_routes(place.app).routes if place.path(route) is None]
    assert routes == []


def test_a_page_without_a_thing_is_caught(place):
    route = classified_routes(place.app).routes[0]
    planted = type(route)(
        **{**vars(route), "rule": "/gifts/<key>", "owner_rule": "own", "audience": "anyone"}
    )
    assert place.path(planted) is None


def test_every_page_opens_for_whom_it_is_meant(place):
    """The things behind the addresses are real: without that, "not found" would prove nothing below."""
    wrong = []
    for route, path in place.routes():
        if route.method != "GET" or route.rule in EMPTY | ON_THE_WAY:
            continue
        who = place["owner" if route.audience == "owner" else "anna"]
        answer = who.get(path)
        if answer.status_code not in {200, 302, 303}:
            wrong.append(f"{path}: {answer.status}")
        if answer.headers.get("Location", "").startswith("/account/login"):
            wrong.append(f"{path}: asks to sign in")
    assert not wrong, "\n".join(wrong)


def test_what_is_said_to_be_kept_is_kept(place):
    """`public` may be kept by anybody, `private` by the browser, `no` by nobody: word for word."""
    wrong = []
    for route, path in place.routes():
        if route.method != "GET" or route.rule in EMPTY:
            continue
        answer = place["owner" if route.audience == "owner" else "anna"].get(path)
        control = answer.headers.get("Cache-Control", "")
        kept = "no" if "no-store" in control else "private" if "private" in control else "public"
        if answer.status_code == 200 and kept != route.cacheable:
            wrong.append(f"{path}: {route.cacheable} is promised, the answer says {control!r}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def limits(place):
    """What counted the last request: the limits of its view, by the limiter that keeps them."""
    found = []

    def note(_app, response, **_more):
        for one in (limiter, page_limiter):
            found.extend((one, limit) for limit in one.current_limits)
        g.pop("view_rate_limits", None)

    limiter.enabled = page_limiter.enabled = True
    request_finished.connect(note, place.app)
    yield found
    request_finished.disconnect(note, place.app)
    limiter.enabled = page_limiter.enabled = False


def test_a_limit_is_there_where_the_table_says_so_and_nowhere_else(place, limits):
    """Also in which limiter: pages that are only read are counted without a write, all else for all processes."""
    wrong = []
    for route, path in place.routes():
        if route.method == "HEAD" or route.rule in {"/account/logout", "/consent"}:
            continue  # the last two would end what the others need: the session and its token
        limits.clear()
        who = place["owner" if route.audience == "owner" else "bert"]
        who.open(route.method, path, data={"csrf_token": who.token} if route.method == "POST" else None)
        if bool(limits) != (route.rate != "none"):
            wrong.append(f"{route.method} {route.rule}: {route.rate} is promised, {len(limits)} counted")
        if limits and (limits[0][0] is page_limiter) != (route.rate == "search" or route.rule in BY_PROCESS):
            wrong.append(f"{route.method} {route.rule}: counted by the other limiter")
    assert not wrong, "\n".join(wrong)


def test_each_word_of_the_table_is_used(place):
    routes = classified_routes(place.app).routes
    for name, values in FIELDS.items():
        assert {getattr(route, name) for route in routes} == set(values), name
