"""The bank's page, the way back, and messages from gateways: over HTTP, as they come from outside."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from storefront.core.database import db, transaction
from storefront.ordering import service
from storefront.ordering.rules import fake_cards
from storefront.ordering.service.gateways.fake import fake_party
from storefront.ordering.service.gateways.fake_party import SIGNATURE, FakeParty
from tests.services import selling

CARD = {outcome: number for number, outcome in fake_cards.CARDS.items()}


def test_a_card_is_paid_at_the_bank_and_the_order_counts(order, webtest, rows):
    page = webtest.get(order.path)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "16.85" in page.text and "4242 4242 4242 4242" in page.text
    form = card_form(page)
    form["card"] = fake_cards.spaced(CARD["approve"])
    answer = form.submit()
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == f"/payments/back/{order.token}"
    assert rows("SELECT status, payment_state FROM orders") == [("confirmed", "captured")]
    assert webtest.get(urlsplit(answer.location).path).status_code == 303


@pytest.mark.parametrize(
    ("card", "state"),
    [("decline", "failed"), ("late", "pending"), ("storm", "captured"), ("timeout", "unknown")],
)
def test_what_each_card_does(order, webtest, rows, card, state):
    form = card_form(webtest.get(order.path))
    form["card"] = CARD[card]
    webtest.get(urlsplit(form.submit().location).path)
    assert rows("SELECT payment_state FROM orders") == [(state,)]


@pytest.mark.parametrize(("answer", "state"), [("approve", "captured"), ("refuse", "failed")])
def test_the_bank_asks_whether_it_is_you(order, webtest, rows, answer, state):
    form = card_form(webtest.get(order.path))
    form["card"] = CARD["challenge"]
    asked = form.submit().follow()
    question = card_form(asked)
    question.submit("answer", value=answer)
    assert rows("SELECT payment_state FROM orders") == [(state,)]


def test_going_back_without_paying_may_be_tried_again(order, webtest, rows):
    card_form(webtest.get(order.path)).submit("back", value="1")
    assert rows("SELECT status, payment_state FROM orders") == [("pending", "cancelled")]


def test_a_card_of_no_bank_is_refused_and_never_kept(order, webtest, app, caplog, rows):
    canaries = ["4111111111111111", "5500 0055 5555 5559", "378282246310005", CARD["approve"]]
    for canary in canaries[:-1]:
        form = card_form(webtest.get(order.path))
        form["card"] = canary
        answer = form.submit(status=422)
        assert canary not in answer.text and 'role="alert"' in answer.text
    form = card_form(webtest.get(order.path))
    form["card"] = canaries[-1]
    form.submit()
    folder = fake_party_folder(app)
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for canary in canaries:
        assert canary.encode() not in kept and canary.replace(" ", "").encode() not in kept
        assert canary not in caplog.text
    assert rows("SELECT payment_state FROM orders") == [("captured",)]


def test_the_banks_pages_are_not_there_in_production(make_shop):
    shop = make_shop(mode="production", base_url="https://shop.test", mail_url="smtp://127.0.0.1:2525")
    client = shop.test_client()
    more = {"base_url": "https://shop.test"}
    # As if the shop had been a demo before.
    FakeParty(Path(shop.instance_path), b"secret").open_payment("known", "R-1", 100, "GBP", "/")
    assert client.get("/payments/fake/pay/known", **more).status_code == 404
    assert client.post("/payments/fake/webhook", data=b"{}", **more).status_code == 404
    with shop.app_context():
        facts = service.PaymentFacts("GB", 1000, "GBP")
        assert service.offered_gateways(facts) == []
        assert "fake" not in shop.extensions["regulars_gateways"]


# --- messages ---------------------------------------------------------------------------------------------


def test_a_message_needs_no_cookie_and_no_token_but_a_signature(order, client, app, rows):
    with app.app_context():
        party = fake_party()
        party.pay(order.key, "approve")
        (body,) = party.take_messages()
        good = {SIGNATURE: party.sign(body)}
    for headers, content in (({}, body), (good, body + b" "), (good, json.dumps(json.loads(body), indent=1))):
        answer = client.post("/payments/fake/webhook", data=content, headers=headers)
        assert answer.status_code == 400
    assert rows("SELECT count(*) FROM payment_event") == [(0,)]
    answer = client.post("/payments/fake/webhook", data=body, headers=good)
    assert (answer.status_code, answer.text) == (200, "applied\n")
    assert "Set-Cookie" not in answer.headers
    assert rows("SELECT status FROM orders") == [("confirmed",)]


def test_a_message_of_five_megabytes_or_to_nobody_is_refused(order, client):
    assert client.post("/payments/fake/webhook", data=b"x" * 5_000_000).status_code in {400, 413}
    assert client.post("/payments/gold/webhook", data=b"{}").status_code == 404
    assert client.get("/payments/fake/webhook").status_code == 405


def test_strange_links_lead_nowhere(client):
    for path in ("/payments/back/x", "/payments/back/" + "x" * 3000, "/payments/fake/pay/' OR 1=1"):
        assert client.get(path).status_code == 404


# --- fixtures ---------------------------------------------------------------------------------------------


class Started:
    """An order of one lamp whose shopper is at the bank."""

    def __init__(self, path: str, token: str, key: str) -> None:
        self.path, self.token, self.key = path, token, key


@pytest.fixture
def order(app) -> Started:
    with app.app_context():
        with transaction() as tx:
            ready = selling.stock_up(tx)
        placed = selling.place([(ready.one, 1)])
        step = service.start_payment(placed.order_id)
        key = selling.payment_of(placed.order_id).idempotency_key
        db.session.remove()
    return Started(urlsplit(step.url).path, placed.public_token, key)


def card_form(page):
    """The form of the bank, not that of the shop's frame."""
    return next(form for form in page.forms.values() if "card" in form.fields or "answer" in form.fields)


def fake_party_folder(app):
    with app.app_context():
        return fake_party().path.parent
