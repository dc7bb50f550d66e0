"""What is not for somebody goes at once, its place says so with a way back, and only they are meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from storefront.catalog import service as catalog
from storefront.customers import service as customers
from storefront.personalization.service.answer import answer
from storefront.personalization.service.engine import holder
from storefront.personalization.service.replaying import replay
from storefront.personalization.service.training import train_shop
from storefront.treatments.service import pages_seen
from tests.pages.test_strips_on_pages import PASSWORD, PERSON, get, sign_in, skus, stocked, strip, trained

__all__ = ["sign_in", "stocked", "trained"]
SAID = "SELECT product_id, customer_id FROM product_rejection ORDER BY product_id, customer_id"


def token_of(browser: FlaskClient, path: str = "/") -> str:
    page = BeautifulSoup(get(browser, path), "html.parser")
    return page.select_one("form#not-for-me input[name=csrf_token]")["value"]


def press(browser: FlaskClient, sku: str, path: str = "/", action: str = "/not-for-me", **more: Any) -> Any:
    data = {"sku": sku, "next": path, "csrf_token": token_of(browser, path)}
    return browser.post(action, data=data, headers={**PERSON, **more})


def all_skus(browser: FlaskClient, path: str) -> set[str]:
    page = BeautifulSoup(get(browser, path), "html.parser")
    return {card["data-sku"] for card in page.select("[data-strip] article")}


def test_each_suggested_card_has_its_button(client, stocked):
    for path in ("/", stocked.bottle, "/search?q=nothing-like-it"):
        page = BeautifulSoup(get(client, path), "html.parser")
        cards = page.select("[data-strip] article")
        assert cards, path
        for card in cards:
            assert card.select_one("button[form=not-for-me]")["value"] == card["data-sku"]
        assert not page.select("main article:not([data-source]) button[form=not-for-me]")


@pytest.mark.parametrize("member", [True, False])
def test_the_card_goes_its_strip_says_so_and_undo_brings_it_back(client, stocked, sign_in, member):
    browser = sign_in("ann@example.test") if member else client
    before = skus(get(browser, "/"), "popular")
    button = strip(get(browser, "/"), "popular").select_one("button[form=not-for-me]")
    assert button["formaction"] == "/not-for-me?strip=home-popular"
    answer = press(browser, before[0], action=button["formaction"])
    assert (answer.status_code, answer.location) == (303, "/#noted")
    found = strip(get(browser, "/"), "popular")
    line = found.select_one("#noted")
    assert "will not be suggested to you again." in line.get_text()
    undo = line.select_one("button[form=not-for-me]")
    assert (undo["formaction"], undo["value"]) == ("/not-for-me/undo", before[0])
    after = [card["data-sku"] for card in found.select("article")]
    assert before[0] not in after and len(after) == len(before), "the next one stands in its place"
    assert 'id="noted"' not in get(browser, "/")  # said once
    press(browser, before[0], "/", "/not-for-me/undo")
    html = get(browser, "/")
    assert skus(html, "popular") == before
    assert "Undone. It may be suggested again." in html


def test_what_the_engine_learned_as_rejected_is_back_at_once(app, stocked, sign_in):
    ann = sign_in("ann@example.test", bought=(stocked.bottle_id,))
    with app.app_context():
        train_shop()
    wanted = skus(get(ann, "/"), "for_you")[0]
    press(ann, wanted)
    with app.app_context():
        train_shop()
        key = str(customers.find_customer_id("ann@example.test"))
        learned = holder().current().rejected_by(key)
        assert learned == [str(catalog.products_by_sku([wanted])[wanted])]
    assert wanted not in all_skus(ann, "/")
    press(ann, wanted, "/", "/not-for-me/undo")
    assert wanted in skus(get(ann, "/"), "for_you")
    with app.app_context():
        page = pages_seen(int(key))[0]
        assert [one.equal for one in replay(page).strips] == [True] * len(page.strips)
        shown = [item["sku"] for item in answer("for_you", customer="ann@example.test")]
        assert wanted in shown


def test_it_is_gone_from_every_page_at_once(client, stocked):
    assert skus(get(client, stocked.bottle), "goes_with")[0] == "BRUSH"
    press(client, "BRUSH", stocked.bottle)
    for path in ("/", stocked.bottle, "/no-such-page", "/search?q=nothing-like-it"):
        html = client.get(path, headers=PERSON).get_data(as_text=True)
        assert "data-strip" in html and 'data-sku="BRUSH" data-source' not in html, path
    assert 'data-sku="BRUSH"' in get(client, "/c/feeding"), "on its shelf it stays"


def test_where_the_strip_is_gone_the_page_says_it_above(client, stocked):
    press(client, "BRUSH", stocked.bottle)
    told = BeautifulSoup(get(client, stocked.bottle), "html.parser").select_one(".told")
    assert "Noted. Long brush will not be suggested to you again." in told.get_text()
    undo = told.select_one("button[form=not-for-me]")
    assert (undo["formaction"], undo["value"]) == ("/not-for-me/undo", "BRUSH")


def test_a_script_is_answered_with_the_words(client, stocked):
    answer = press(client, "BRUSH", stocked.bottle, **{"X-Quiet": "1"})
    assert answer.get_json() == {"said": "Noted. Long brush will not be suggested to you again."}
    answer = press(client, "BRUSH", stocked.bottle, "/not-for-me/undo", **{"X-Quiet": "1"})
    assert answer.get_json() == {"said": "Undone. It may be suggested again."}


def test_said_twice_it_counts_once_and_is_nobody_elses(stocked, sign_in, rows):
    ann, bob = sign_in("ann@example.test"), sign_in("bob@example.test")
    for _time in range(2):
        assert press(ann, "BRUSH").status_code == 303
    assert [row.product_id for row in rows(SAID)] == [stocked.brush_id]
    assert "BRUSH" in skus(get(bob, stocked.bottle), "goes_with")
    press(bob, "BRUSH", action="/not-for-me/undo")
    assert len(rows(SAID)) == 1, "bob cannot take back what ann said"


@pytest.mark.parametrize("sku", ["", "NO-SUCH", "x" * 500, "a\x00b", "1", "' OR 1=1"])
def test_what_there_is_not_is_not_found(client, stocked, rows, sku):
    assert press(client, sku).status_code == 404
    assert press(client, sku, action="/not-for-me/undo").status_code == 404
    assert client.get_cookie("regulars_rejected") is None
    assert rows(SAID) == []


def test_nothing_happens_without_the_token_and_nobody_is_led_away(client, stocked):
    assert client.post("/not-for-me", data={"sku": "BRUSH"}, headers=PERSON).status_code == 400
    answer = press(client, "BRUSH", "/")
    data = {"sku": "BRUSH", "next": "https://evil.test/", "csrf_token": token_of(client)}
    answer = client.post("/not-for-me", data=data, headers=PERSON)
    assert answer.location == "/#noted"


def test_it_is_limited(client, stocked):
    answers = [press(client, "BRUSH").status_code for _time in range(121)]
    assert answers[:120] == [303] * 120 and answers[120] == 429


# --- visitors ---------------------------------------------------------------------------------------------


def say(browser: FlaskClient, choice: str) -> None:
    page = BeautifulSoup(get(browser, "/"), "html.parser")
    token = page.select_one("input[name=csrf_token]")["value"]
    browser.post("/consent", data={"choice": choice, "csrf_token": token}, headers=PERSON)


def cookie_line(answer: Any) -> str:
    return next(
        line for line in answer.headers.getlist("Set-Cookie") if line.startswith("regulars_rejected=")
    )


def test_without_consent_it_ends_with_the_browser(client, stocked, rows):
    assert "Max-Age" not in cookie_line(press(client, "BRUSH"))
    assert rows(SAID) == []


def test_with_consent_it_is_kept_and_withdrawing_ends_that(client, stocked):
    say(client, "all")
    assert "Max-Age=2592000" in cookie_line(press(client, "BRUSH"))
    assert "BRUSH" not in skus(get(client, stocked.bottle), "goes_with")
    say(client, "none")
    assert "BRUSH" in skus(get(client, stocked.bottle), "goes_with")


def test_a_forged_or_foreign_cookie_says_nothing(client, app, stocked):
    press(client, "BRUSH")
    value = client.get_cookie("regulars_rejected").value
    other = app.test_client()
    other.set_cookie("regulars_rejected", value[:-3] + "abc")
    assert "BRUSH" in skus(get(other, stocked.bottle), "goes_with")


def sign_in_here(browser: FlaskClient, email: str) -> None:
    page = BeautifulSoup(get(browser, "/account/login"), "html.parser")
    token = page.select_one("form.sign-form input[name=csrf_token]")["value"]
    data = {"email": email, "password": PASSWORD, "csrf_token": token}
    assert browser.post("/account/login", data=data, headers=PERSON).status_code == 302


def test_what_was_said_in_this_visit_goes_along_at_sign_in(client, stocked, sign_in, rows, clock):
    sign_in("ann@example.test")
    press(client, "BRUSH")
    clock.shift(timedelta(minutes=20))
    sign_in_here(client, "ann@example.test")
    assert [row.product_id for row in rows(SAID)] == [stocked.brush_id]
    assert client.get_cookie("regulars_rejected") is None
    assert "BRUSH" not in skus(get(client, stocked.bottle), "goes_with")


def test_what_somebody_said_at_this_machine_before_stays_behind(client, stocked, sign_in, rows, clock):
    sign_in("ann@example.test")
    press(client, "BRUSH")
    clock.shift(timedelta(minutes=40))
    sign_in_here(client, "ann@example.test")
    assert rows(SAID) == []
    assert client.get_cookie("regulars_rejected") is None


# --- the account ------------------------------------------------------------------------------------------


def test_the_account_lists_it_with_undo(stocked, sign_in, rows):
    ann = sign_in("ann@example.test")
    assert "Nothing at the moment." in get(ann, "/account/not-for-me")
    press(ann, "BRUSH", stocked.bottle)
    page = BeautifulSoup(get(ann, "/account/not-for-me"), "html.parser")
    line = page.select_one('#rejected [data-sku="BRUSH"]')
    form = line.find("form")
    data = {field["name"]: field["value"] for field in form.select("input")} | {"sku": "BRUSH"}
    answer = ann.post(form["action"], data=data, headers=PERSON)
    assert answer.location == "/account/not-for-me"
    assert rows(SAID) == []


def test_a_stranger_is_led_to_sign_in(client):
    assert "/account/login" in client.get("/account/not-for-me").location


def test_it_is_honoured_without_consent_to_a_personal_shop(stocked, sign_in):
    ann = sign_in("ann@example.test", consents=())
    press(ann, "BRUSH", stocked.bottle)
    assert "BRUSH" not in skus(get(ann, stocked.bottle), "goes_with")


def test_no_page_needs_a_query_more_for_it(stocked, sign_in, count_queries):
    ann = sign_in("ann@example.test", bought=(stocked.bottle_id,))
    press(ann, "BRUSH", stocked.bottle)
    for path in ("/", stocked.bottle):
        get(ann, path)
        with count_queries() as queries:
            get(ann, path)
        assert len(queries) <= 8, f"{path}:\n{queries}"


def test_a_strip_stays_full_when_much_was_rejected(stocked, sign_in, app):
    ann = sign_in("ann@example.test")
    first = skus(get(ann, "/"), "popular")
    for sku in first:
        press(ann, sku)
    after = skus(get(ann, "/"), "popular")
    assert after and not set(after) & set(first)
