"""Buying over HTTP: the steps and their refusals, and that one form makes one order."""

from __future__ import annotations

import re
import threading
from collections import Counter
from contextvars import Context

import pytest

from storefront.catalog import service as catalog
from storefront.core.store import store_values
from storefront.core.versions import raise_version
from storefront.customers.rules.addresses import Address
from storefront.customers.service import give_account, hash_password, save_address
from storefront.inventory import service as inventory
from tests import factories as make
from tests.pages.test_cart import FOREIGN
from tests.selling import ADDRESS, OWN, Shopper, open_for_sale

EMAIL, PASSWORD = "member@example.test", "a-long-enough-password"
HASH = hash_password(PASSWORD)


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        make.product(t, "cup", title="Cup", price=1290, sku="CUP", stock=1000)
        make.product(t, "pot", title="Pot", price=3000, sku="POT", stock=3)
        make.product(t, "gin", title="Gin", price=2500, sku="GIN", age_limit=18)
        make.product(t, "unrelated", sku="OTHER")
        give_account(t, email=EMAIL, password_hash=HASH, name="Mem Ber")
        give_account(t, email="other@example.test", password_hash=HASH, name="Other")
    return app


@pytest.fixture
def ada(shop):
    return Shopper(shop)


def orders(rows):
    return rows("SELECT * FROM orders WHERE origin = 'shop' ORDER BY id")


def text(answer):
    return answer.get_data(as_text=True)


# --- the way through ---------------------------------------------------------------------------------------


def test_a_guest_buys(ada, rows):
    ada.add("CUP", 2)
    assert ada.get("/checkout").headers["Location"].endswith("/checkout/contact")
    assert ada.contact().headers["Location"] == "/checkout/shipping"
    assert ada.shipping().headers["Location"] == "/checkout/payment"
    answer = ada.place(**ada.payment_form())
    assert answer.status_code == 303
    [order] = orders(rows)
    assert order.total_minor == 2 * 1290 + 390
    assert answer.headers["Location"] == f"/checkout/done/{order.public_token}"
    page = text(ada.get(answer.headers["Location"]))
    assert 'data-page="checkout-done"' in page and order.number in page and "ada@example.test" in page
    assert ada.cart() == {}


@pytest.mark.parametrize("step", ["shipping", "payment"])
def test_no_step_is_skipped(ada, rows, step):
    ada.add("CUP")
    for answer in (ada.get(f"/checkout/{step}"), ada.post(f"/checkout/{step}", **ADDRESS)):
        assert answer.status_code in {302, 303} and answer.headers["Location"] == "/checkout/contact"
    assert orders(rows) == []


@pytest.mark.parametrize("path", ["", "/contact", "/shipping", "/payment"])
def test_without_anything_to_buy_there_is_only_the_cart(ada, path):
    answer = ada.get(f"/checkout{path}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/cart")


@pytest.mark.parametrize(
    "email", ["", "x", "a@b@c.test", "a@b", "x" * 400 + "@b.test", "a\r\nBcc: x@y.test@z.test"]
)
def test_a_wrong_address_of_mail_is_refused_beside_its_field(ada, email):
    ada.add("CUP")
    answer = ada.contact(email)
    assert answer.status_code == 422
    assert 'id="wrong"' in text(answer) and 'aria-describedby="email-wrong"' in text(answer)


def test_nothing_is_said_about_who_has_an_account(ada, shop):
    eve = Shopper(shop)
    ada.add("CUP")
    eve.add("CUP")
    known, unknown = ada.contact(EMAIL), eve.contact("nobody@example.test")
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    pages = [text(one.get("/checkout/shipping")) for one in (ada, eve)]
    assert len(pages[0]) == pytest.approx(len(pages[1]), abs=64)


def test_what_is_wrong_in_an_address_stands_beside_it_and_nothing_typed_is_lost(ada):
    ada.add("CUP")
    ada.contact()
    answer = ada.shipping(postcode="nonsense", line1="", city="Bath")
    page = text(answer)
    assert answer.status_code == 422 and "That did not work" in page
    assert 'href="#line1"' in page and 'href="#postcode"' in page
    for again in (page, text(ada.get("/checkout/shipping"))):
        assert 'value="nonsense"' in again and 'value="Bath"' in again and 'value="Ada Byron"' in again


def test_going_back_finds_everything_as_it_was(ada):
    ada.add("CUP")
    ada.to_payment()
    assert 'value="ada@example.test"' in text(ada.get("/checkout/contact"))
    page = text(ada.get("/checkout/shipping"))
    assert 'value="12 Analytical Row"' in page and 'value="standard" checked' in page


def test_another_country_asks_for_its_own_parts_and_ways(ada):
    ada.add("CUP")
    ada.contact()
    answer = ada.post("/checkout/shipping", **{**ADDRESS, "country": "DE", "change_country": "1"})
    assert answer.headers["Location"] == "/checkout/shipping"
    page = text(ada.get("/checkout/shipping"))
    assert 'value="europe"' in page and 'value="express"' not in page and 'value="Ada Byron"' in page
    refused = ada.shipping(country="FR", postcode="75001")
    assert refused.status_code == 422, "nothing is delivered there"
    forged = ada.shipping(country="DE", postcode="10115", city="Berlin", shipping_method="express")
    assert forged.status_code == 303, "the one way there is"
    assert "£12.90" in text(ada.get("/checkout/payment"))


def test_the_bill_may_go_elsewhere(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    wrong = ada.place(**ada.payment_form(same="", billing_country="GB", billing_name="Firm"))
    assert wrong.status_code == 422 and 'href="#billing_line1"' in text(wrong)
    bill = {f"billing_{part}": value for part, value in {**ADDRESS, "name": "The Firm"}.items()}
    assert ada.place(**ada.payment_form(same="", **bill)).status_code == 303
    [order] = orders(rows)
    assert "The Firm" in str(order.billing_address) and "Ada Byron" in str(order.shipping_address)


def test_what_only_grown_ups_may_buy_asks_for_their_word(ada, rows):
    ada.add("GIN")
    ada.to_payment()
    answer = ada.place(**ada.payment_form())
    assert answer.status_code == 422 and "18 or older" in text(answer) and orders(rows) == []
    assert ada.place(**ada.payment_form(age="yes")).status_code == 303


def test_consent_to_mails_is_not_given_by_buying(ada):
    ada.add("CUP")
    assert "checked" not in text(ada.get("/checkout/contact")).split('name="marketing"')[1].split(">")[0]


# --- one form, one order -----------------------------------------------------------------------------------


def test_the_same_form_again_is_the_same_order(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    answers = {ada.place(**form).headers["Location"] for _ in range(5)}
    assert len(answers) == 1 and len(orders(rows)) == 1


def test_back_and_again_after_putting_more_in_is_still_that_order(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    first = ada.place(**form)
    ada.add("CUP", 3)
    assert ada.place(**form).headers["Location"] == first.headers["Location"]
    assert len(orders(rows)) == 1 and ada.cart() == {"CUP": 3}
    assert ada.place(**ada.payment_form()).status_code == 303
    assert [order.total_minor for order in orders(rows)] == [1290 + 390, 3 * 1290 + 390]


def test_two_tabs_make_one_order(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    one, other = ada.payment_form(), ada.payment_form()
    assert ada.place(**one).headers["Location"] == ada.place(**other).headers["Location"]
    assert len(orders(rows)) == 1


@pytest.mark.both
@pytest.mark.parametrize("times", [2, 5, 50])
def test_the_same_form_many_times_at_once_is_one_order(shop, ada, rows, times):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    clients = [_twin(shop, ada) for _ in range(times)]
    together, answers = threading.Barrier(times), []

    def send(client):
        together.wait(60)
        sent = Context().run(client.post, "/checkout/payment", data=form, base_url=OWN)
        answers.append((sent.status_code, sent.headers.get("Location")))

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [order] = orders(rows)
    assert Counter(answers) == {(303, f"/checkout/done/{order.public_token}"): times}
    assert len(rows("SELECT id FROM payment")) == 1
    assert [row.quantity for row in rows("SELECT quantity FROM order_line")] == [1]


def _twin(shop, ada):
    """The same browser once more."""
    twin = Shopper(shop).client
    for name in ("regulars", "regulars_cart"):
        twin.set_cookie(name, ada.client.get_cookie(name, domain="127.0.0.1").value, domain="127.0.0.1")
    return twin


def test_a_form_of_somebody_else_shows_nothing_of_theirs(shop, ada, rows):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    placed = ada.place(**form)
    eve = Shopper(shop)
    eve.add("POT")
    eve.to_payment("eve@example.test")
    answer = eve.place(**{**eve.payment_form(), "seen": form["seen"]})
    assert answer.status_code == 409
    assert "ada@example.test" not in text(answer) and placed.headers["Location"] not in text(answer)
    assert len(orders(rows)) == 1


@pytest.mark.parametrize("seen", ["", "x", "e30.abc", "x" * 50_000])
def test_a_form_that_we_did_not_write_orders_nothing(ada, rows, seen):
    ada.add("CUP")
    ada.to_payment()
    assert ada.place(**ada.payment_form(seen=seen)).status_code == 409
    assert orders(rows) == []


# --- what changes while somebody pays ----------------------------------------------------------------------


def test_a_cart_that_was_edited_while_paying_is_shown_again_before_it_is_ordered(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    ada.add("POT", 2)
    answer = ada.place(**form)
    page = text(answer)
    assert answer.status_code == 409 and "Pot was added to your order." in page and orders(rows) == []
    assert "The total is now" in page
    assert ada.place(**ada.payment_form()).status_code == 303
    [order] = orders(rows)
    assert order.total_minor == 1290 + 2 * 3000
    lines = rows("SELECT total_minor FROM order_line")
    assert sum(line.total_minor for line in lines) + order.charges_minor == order.total_minor


def test_a_price_that_changed_is_said(ada, rows, tx):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    with tx() as t:
        catalog.set_price(t, _id(t, "CUP"), 1990)
    answer = ada.place(**form)
    assert answer.status_code == 409
    assert "Cup now costs £19.90, it was £12.90." in text(answer)
    assert orders(rows) == [] and ada.cart() == {"CUP": 1}


def _id(t, sku):
    from storefront.catalog.models import Variant

    return t.query(Variant).filter_by(sku=sku).one().id


def test_pieces_are_set_aside_while_somebody_pays(shop, ada, rows):
    ada.add("POT", 3)
    ada.to_payment()
    assert "Set aside for you until" in text(ada.get("/checkout/payment"))
    eve = Shopper(shop)
    assert eve.add("POT").status_code == 409
    assert ada.place(**ada.payment_form()).status_code == 303
    assert rows("SELECT * FROM stock_hold") == []


def test_more_time_is_given_once_and_over_is_over(ada, clock, rows):
    from datetime import timedelta

    ada.add("POT", 3)
    ada.to_payment()
    [first] = rows("SELECT expires_at, extended FROM stock_hold")
    clock.shift(timedelta(minutes=5))
    ada.post("/checkout/hold")
    [second] = rows("SELECT expires_at, extended FROM stock_hold")
    assert second.expires_at > first.expires_at and second.extended
    ada.post("/checkout/hold")
    assert rows("SELECT expires_at FROM stock_hold") == [(second.expires_at,)]
    clock.shift(timedelta(minutes=11))
    assert "not set aside any more" in text(ada.get("/checkout/payment"))
    ada.post("/checkout/hold")
    assert "Set aside for you until" in text(ada.get("/checkout/payment"))


def test_who_comes_too_late_is_told_and_keeps_the_cart(shop, ada, rows, tx):
    ada.add("CUP", 1)
    ada.add("POT", 3)
    ada.contact()
    with tx() as t:
        inventory.take(t, {_id(t, "POT"): 3})
    assert ada.shipping().status_code == 303  # what is sold out is not part of the order, the page says so
    page = text(ada.get("/cart"))
    assert "Sold out at the moment" in page and 'data-sku="CUP"' in page


def test_sold_out_between_the_last_look_and_the_order_leads_to_the_cart(shop, ada, rows, tx):
    ada.add("POT", 3)
    ada.to_payment()
    form = ada.payment_form()
    with tx() as t:
        inventory.release_hold(t, rows("SELECT holder FROM stock_hold")[0].holder)
        inventory.take(t, {_id(t, "POT"): 2})
    answer = ada.place(**form)
    assert answer.status_code in {303, 409} and orders(rows) == []
    assert "Only 1 is left." in text(ada.get("/cart"))


def accepted(ada):
    """What stands under the button: the words, and where they lead."""
    page = text(ada.get("/checkout/payment")).split('<div class="place">')[1].split("</form>")[0]
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', page), "you accept" in page


def test_the_button_names_the_pages_that_an_order_accepts(ada, tx, count_queries):
    ada.add("CUP")
    ada.to_payment()
    assert accepted(ada) == ([], False), "no such page exists"
    with tx() as t:
        for slug in ("questions", "returns", "privacy"):
            make.page(t, slug, title=slug.title())
        make.menu_item(t, "footer-help", "pages/questions", title="Questions")
        raise_version(t, "navigation")
    both = [("/pages/privacy", "Privacy"), ("/pages/returns", "Returns")]
    assert accepted(ada) == (both, True)
    with count_queries() as queries:
        accepted(ada)
    assert not [one for one in queries.statements if "page_text" in one]
    with tx() as t:
        store_values(t, {"terms_pages": " /pages/questions ,nowhere,, questions"})
    assert accepted(ada) == ([("/pages/questions", "Questions")], True)
    with tx() as t:
        store_values(t, {"terms_pages": ""})
    assert accepted(ada) == ([], False)


# --- members -----------------------------------------------------------------------------------------------


def member(shop, email=EMAIL):
    shopper = Shopper(shop)
    shopper.sign_in(email, PASSWORD)
    return shopper


def test_a_member_picks_from_the_address_book(shop, app, rows):
    ada = member(shop)
    with app.app_context():
        mine = save_address(
            rows("SELECT id FROM customer WHERE email_key = :e", e=EMAIL)[0].id, _address("Mine")
        )
        [theirs] = rows("SELECT id FROM customer WHERE email_key = 'other@example.test'")
        canary = save_address(theirs.id, _address("Canary Other"))
    ada.add("CUP")
    assert ada.post("/checkout/contact").headers["Location"] == "/checkout/shipping"
    page = text(ada.get("/checkout/shipping"))
    assert f'value="{mine}" checked' in page and "Canary" not in page
    for address in (canary, "0", "-1", "9" * 400, "' OR 1=1 --"):
        answer = ada.post("/checkout/shipping", address=address, shipping_method="standard")
        assert answer.status_code == 422 and "Canary" not in text(answer)
        assert 'href="#address-1"' in text(answer)
    picked = ada.post("/checkout/shipping", address=mine, shipping_method="standard")
    assert picked.headers["Location"] == "/checkout/payment"
    ada.place(**ada.payment_form())
    [order] = orders(rows)
    assert "Mine" in str(order.shipping_address) and "Canary" not in str(order.shipping_address)
    assert order.email == EMAIL


def _address(name):
    return Address(name=name, line1="1 High Street", city="London", country="GB", postcode="SW1A 1AA")


def test_a_guest_has_no_address_book(ada, shop, app, rows):
    with app.app_context():
        theirs = save_address(
            rows("SELECT id FROM customer WHERE email_key = :e", e=EMAIL)[0].id, _address("Canary")
        )
    ada.add("CUP")
    ada.contact()
    answer = ada.post("/checkout/shipping", address=theirs, shipping_method="standard")
    assert answer.status_code == 422 and "Canary" not in text(answer)


def test_signing_in_on_the_way_keeps_everything(ada, rows):
    ada.add("POT", 2)
    ada.to_payment("guest@example.test")
    answer = ada.post("/account/login", email=EMAIL, password=PASSWORD, next="/checkout")
    assert answer.headers["Location"] == "/checkout"
    assert ada.get("/checkout").headers["Location"].endswith("/checkout/payment")
    page = text(ada.get("/checkout/payment"))
    assert EMAIL in page and "12 Analytical Row" in page and "Set aside for you until" in page
    assert ada.place(**ada.payment_form()).status_code == 303
    [order] = orders(rows)
    assert (order.email, order.customer_id is not None) == (EMAIL, True)


# --- mass assignment ---------------------------------------------------------------------------------------


def test_foreign_fields_have_no_effect_on_any_step(ada, rows):
    more = {
        **FOREIGN,
        "shipping_minor": "0",
        "public_token": "x",
        "number": "R-HACK",
        "email_key": "x",
        "token": "x",
    }
    ada.add("CUP", 2)
    ada.contact(**more)
    ada.shipping(**more)
    ada.post("/checkout/hold", **more)
    answer = ada.place(**ada.payment_form(**more))
    assert answer.status_code == 303
    [order] = orders(rows)
    assert order.total_minor == 2 * 1290 + 390 and order.currency == "GBP" and order.customer_id is None
    assert order.number != "R-HACK" and order.payment_state == "pending" and order.email == "ada@example.test"
    [line] = rows("SELECT * FROM order_line")
    assert (line.unit_price_minor, line.quantity) == (1290, 2)
    assert str(order.placed_at) > "2026"


@pytest.mark.parametrize(
    "field", ["email", "name", "line1", "city", "postcode", "phone", "shipping_method", "country"]
)
@pytest.mark.parametrize(
    "value", ["\x00", "\u202e", "x" * 20_000, "{{7*191}}", "<script>", "'; DROP TABLE orders"]
)
def test_no_typed_value_breaks_a_step(ada, field, value):
    ada.add("CUP")
    assert ada.contact(**({"email": value} if field == "email" else {})).status_code in {303, 422}
    answer = ada.shipping(**{field: value}) if field != "email" else ada.get("/checkout/shipping")
    assert answer.status_code in {200, 302, 303, 422}
    assert "1337" not in text(ada.get("/checkout/shipping")) and "<script>" not in text(answer)


# --- paying ------------------------------------------------------------------------------------------------


def test_a_tab_that_died_on_the_way_to_the_bank_is_remembered(ada, rows):
    ada.add("CUP")
    answer = ada.buy(gateway="fake")
    assert "/payments/fake/" in answer.headers["Location"]
    [order] = orders(rows)
    page = text(ada.get("/cart"))
    assert f"Your order {order.number} is being confirmed" in page and "do not pay again" in page
    done = text(ada.get(f"/checkout/done/{order.public_token}"))
    assert "is being confirmed" in done and "Order and pay" not in done
    asked = ada.get(f"/checkout/pay/{order.public_token}")
    assert asked.status_code == 302, "nobody who may have paid is asked to pay again"


def test_an_order_behind_a_link_that_was_never_made_is_not_there(ada):
    for path in ("/checkout/done/", "/checkout/pay/"):
        assert ada.get(path + "x" * 32).status_code == 404
        assert ada.get(path + "1").status_code == 404


# --- limits and costs --------------------------------------------------------------------------------------


def test_placing_over_and_over_is_slowed_down_but_the_same_form_is_not(ada, rows):
    ada.add("CUP")
    ada.to_payment()
    form = ada.payment_form()
    assert {ada.place(**form).status_code for _ in range(15)} == {303}
    ada.add("CUP")
    statuses = [ada.place(**ada.payment_form(seen="forged")).status_code for _ in range(12)]
    assert 429 in statuses and statuses[0] == 409
    assert len(orders(rows)) == 1


# Statements of one page of a visitor: versions, cart, what was typed, lines, words and stock, four of the quote;
# payment asks how long things are set aside. A member's person and address book are one more each.
STEPS = {"contact": 9, "shipping": 9, "payment": 10}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", ["visitor", "member"])
def test_a_step_sends_few_statements(shop, count_queries, step, who):
    shopper = member(shop) if who == "member" else Shopper(shop)
    for sku in ("CUP", "POT", "OTHER"):
        shopper.add(sku)
    shopper.to_payment()
    shopper.get(f"/checkout/{step}")
    with count_queries() as queries:
        assert shopper.get(f"/checkout/{step}").status_code == 200
    assert len(queries) <= STEPS[step] + (who == "member"), str(queries)
