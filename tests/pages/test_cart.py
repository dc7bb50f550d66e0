"""The cart over HTTP: hostile values, other people's carts, signing in and out, what the pages say."""

from __future__ import annotations

import pytest

from storefront.customers.service import give_account, hash_password
from storefront.inventory import service as inventory
from tests import factories as make
from tests.rules.test_cart_rules import HOSTILE
from tests.selling import OWN, Shopper, open_for_sale

EMAIL, PASSWORD = "member@example.test", "a-long-enough-password"
HASH = hash_password(PASSWORD)
FOREIGN = {
    "price": "1", "price_seen_minor": "1", "total": "1", "discount": "99999", "currency": "USD", "user_id": "1",
    "customer_id": "1", "status": "paid", "paid": "1", "stock": "99", "cart_id": "1", "id": "1", "turn": "9",
    "variant_id": "1", "saved_for_later": "1", "created_at": "2020-01-01", "role": "owner",
}  # fmt: skip


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        shelf = make.category(t, "shelf")
        make.product(t, "cup", title="Cup", price=1290, sku="CUP", stock=10, category=shelf)
        make.product(t, "pot", title="Pot", price=3000, sku="POT", stock=3, category=shelf)
        make.product(t, "gone", title="Gone", sku="GONE", stock=0, category=shelf)
        give_account(t, email=EMAIL, password_hash=HASH, name="Mem Ber")
        give_account(t, email="other@example.test", password_hash=HASH, name="Other")
    return app


@pytest.fixture
def ada(shop):
    return Shopper(shop)


def test_the_buy_box_and_quick_add_put_things_in(ada):
    page = ada.get("/p/cup").get_data(as_text=True)
    assert 'action="/cart/add"' in page and 'name="sku" value="CUP"' in page
    assert 'form="quick-add" name="sku" value="POT"' in ada.get("/c/shelf").get_data(as_text=True)
    answer = ada.add("CUP", 2)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart")
    ada.post("/cart/add", sku="POT")
    assert ada.cart() == {"CUP": 2, "POT": 1}
    assert 'aria-label="Cart, 3 things"' in ada.get("/").get_data(as_text=True)


def test_what_is_sold_out_has_no_buy_box_and_says_so_when_forced(ada):
    assert 'class="buy-form"' not in ada.get("/p/gone").get_data(as_text=True)
    answer = ada.add("GONE")
    assert answer.status_code == 409 and 'id="wrong"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_a_hostile_quantity_gets_a_message_and_changes_nothing(ada, text):
    answer = ada.add("CUP", text)
    assert answer.status_code == 422 and "whole number from 1 to 999" in answer.get_data(as_text=True)
    ada.add("CUP", 2)
    key = ada.key_of("CUP")
    answer = ada.post(f"/cart/lines/{key}/quantity", quantity=text)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and f'href="#quantity-{key}"' in page and 'aria-invalid="true"' in page
    assert ada.cart() == {"CUP": 2}


@pytest.mark.parametrize("sku", ["", "x" * 5000, "\x00", "CUP\x00", "' OR 1=1 --", "cup ", "１", "\ud800"])
def test_a_hostile_sku_is_not_for_sale(ada, sku):
    sent = sku.encode("utf-8", "surrogatepass")
    assert ada.post("/cart/add", sku=sent, quantity="1").status_code == 422


def test_foreign_fields_have_no_effect(ada, rows):
    ada.post("/cart/add", sku="CUP", quantity="1", **FOREIGN)
    key = ada.key_of("CUP")
    ada.post(f"/cart/lines/{key}/quantity", quantity="2", **FOREIGN)
    ada.post("/cart/coupon", code="X", **FOREIGN)
    [line] = rows("SELECT * FROM cart_line")
    [cart] = rows("SELECT * FROM cart")
    assert (line.quantity, line.price_seen_minor, bool(line.saved_for_later)) == (2, 1290, False)
    assert (cart.customer_id, cart.turn, cart.country) == (None, 0, None)
    assert 'value="2970"' in ada.get("/cart").get_data(as_text=True)  # 2 x 12.90 and the cheapest delivery


def test_another_visitors_lines_are_out_of_reach(shop, ada, rows):
    ada.add("CUP", 2)
    key, eve = ada.key_of("CUP"), Shopper(shop)
    eve.add("POT")
    for act in ("quantity", "remove", "save", "back"):
        answer = eve.post(f"/cart/lines/{key}/{act}", quantity="9", step="more")
        missing = eve.post(f"/cart/lines/{'0' * 16}/{act}", quantity="9", step="more")
        assert (answer.status_code, answer.data) == (missing.status_code, missing.data)
    assert ada.cart() == {"CUP": 2} and eve.cart() == {"POT": 1}


@pytest.mark.parametrize("value", ["", "x", "WyJhIiwxXQ.abc", "a" * 4000, "..", "%00"])
def test_a_cookie_that_we_did_not_write_is_no_cart(shop, ada, value):
    ada.add("CUP")
    eve = Shopper(shop)
    eve.client.set_cookie("regulars_cart", value, domain="127.0.0.1")
    assert eve.get("/cart").status_code == 200 and eve.cart() == {}


def test_looking_at_a_cart_makes_none(ada, rows):
    ada.get("/cart")
    assert rows("SELECT * FROM cart") == []
    assert not [c for c in ada.get("/").headers.getlist("Set-Cookie") if c.startswith("regulars_cart")]


# --- lines -------------------------------------------------------------------------------------------------


def test_steppers_work_without_a_script(ada):
    ada.add("CUP", 2)
    key = ada.key_of("CUP")
    ada.post(f"/cart/lines/{key}/quantity", quantity="2", step="more")
    assert ada.cart() == {"CUP": 3}
    ada.post(f"/cart/lines/{key}/quantity", quantity="3", step="less")
    ada.post(f"/cart/lines/{key}/quantity", quantity="7")
    assert ada.cart() == {"CUP": 7}


def test_more_than_there_are_is_said(ada):
    ada.add("POT", 2)
    key = ada.key_of("POT")
    ada.post(f"/cart/lines/{key}/quantity", quantity="8")
    assert "There are only 3 of it" in ada.get("/cart").get_data(as_text=True)
    answer = ada.post(f"/cart/lines/{key}/quantity", step="more", quantity="3")
    assert answer.status_code == 409 and "You have all 3 in your cart already" in answer.get_data(
        as_text=True
    )


def test_removing_offers_to_put_back(ada):
    ada.add("CUP", 4)
    answer = ada.post(f"/cart/lines/{ada.key_of('CUP')}/remove")
    page = ada.get(answer.headers["Location"]).get_data(as_text=True)
    sealed = page.split('name="undo" value="')[1].split('"')[0]
    assert ada.cart() == {}
    ada.post("/cart/undo", undo=sealed[:-2] + "xx")
    assert ada.cart() == {}
    ada.post("/cart/undo", undo=sealed)
    ada.post("/cart/undo", undo=sealed)
    assert ada.cart() == {"CUP": 4}


def test_stock_that_shrank_is_said_and_can_be_taken(ada, tx):
    ada.add("POT", 3)
    with tx() as t:
        inventory.take(t, {_id(t, "POT"): 2})
    page = ada.get("/cart").get_data(as_text=True)
    assert "Only 1 is left." in page and "Take the one that is left" in page
    ada.post(f"/cart/lines/{ada.key_of('POT')}/quantity", quantity="1")
    assert ada.cart() == {"POT": 1}


def _id(t, sku):
    from storefront.catalog.models import Variant

    return t.query(Variant).filter_by(sku=sku).one().id


def test_a_code_that_does_not_count_is_refused_with_the_reason(ada, rows):
    ada.add("CUP")
    answer = ada.post("/cart/coupon", code="nothing")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "We do not know the code NOTHING." in page and 'href="#code"' in page
    assert "[]" in str(rows("SELECT coupons FROM cart"))


def test_the_free_delivery_bar_counts(ada):
    ada.add("CUP")
    assert "£37.10</b> more, and delivery is free." in ada.get("/cart").get_data(as_text=True)
    ada.add("POT", 2)
    assert "Delivery is free." in ada.get("/cart").get_data(as_text=True)


# --- people ------------------------------------------------------------------------------------------------


def test_signing_in_joins_both_carts_and_signing_out_leaves_nothing(shop, ada):
    elsewhere = Shopper(shop)
    elsewhere.sign_in(EMAIL, PASSWORD)
    elsewhere.add("POT", 2)
    ada.add("CUP", 2)
    ada.add("POT", 2)
    answer = ada.sign_in(EMAIL, PASSWORD)
    assert any(c.startswith("regulars_cart=;") for c in answer.headers.getlist("Set-Cookie"))
    assert ada.cart() == {"CUP": 2, "POT": 3} == elsewhere.cart()
    assert 'aria-label="Cart, 5 things"' in ada.get("/").get_data(as_text=True)
    ada.post("/account/logout")
    assert ada.cart() == {} and 'aria-label="Cart, empty"' in ada.get("/").get_data(as_text=True)
    assert not ada.client.get_cookie("regulars_cart", domain="127.0.0.1")
    assert elsewhere.cart() == {"CUP": 2, "POT": 3}


def test_what_a_merge_held_back_is_said(shop, ada):
    elsewhere = Shopper(shop)
    elsewhere.sign_in(EMAIL, PASSWORD)
    elsewhere.add("POT", 2)
    ada.add("POT", 2)
    ada.sign_in(EMAIL, PASSWORD)
    assert "Pot: together both carts had 4, there are 3." in ada.get("/cart").get_data(as_text=True)


def test_the_next_person_at_the_machine_gets_a_cart_of_their_own(shop, ada):
    ada.sign_in(EMAIL, PASSWORD)
    ada.add("CUP", 2)
    ada.post("/account/logout")
    ada.add("POT")
    ada.sign_in("other@example.test", PASSWORD)
    assert ada.cart() == {"POT": 1}
    ada.post("/account/logout")
    ada.sign_in(EMAIL, PASSWORD)
    assert ada.cart() == {"CUP": 2}


def test_an_old_cookie_of_a_merged_cart_is_worth_nothing(shop, ada):
    ada.add("CUP", 2)
    cookie = ada.client.get_cookie("regulars_cart", domain="127.0.0.1").value
    ada.sign_in(EMAIL, PASSWORD)
    eve = Shopper(shop)
    eve.client.set_cookie("regulars_cart", cookie, domain="127.0.0.1")
    assert eve.cart() == {}
    eve.sign_in("other@example.test", PASSWORD)
    assert eve.cart() == {} and ada.cart() == {"CUP": 2}


def test_two_tabs_of_a_new_visitor_fill_one_cart(shop, rows):
    tab = Shopper(shop)
    token = tab.token()
    twin = Shopper(shop)
    session = tab.client.get_cookie("regulars", domain="127.0.0.1").value
    twin.client.set_cookie("regulars", session, domain="127.0.0.1")
    for one in (tab, twin):  # neither knows of the other's cart yet
        one.client.post("/cart/add", data={"csrf_token": token, "sku": "CUP"}, base_url=OWN)
    assert [row.quantity for row in rows("SELECT quantity FROM cart_line")] == [2]
    assert tab.cart() == twin.cart() == {"CUP": 2}


def test_cart_cookies_are_closed_and_bound_to_the_mount(ada):
    [cookie] = [c for c in ada.add("CUP").headers.getlist("Set-Cookie") if c.startswith("regulars_cart")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


def test_the_cart_speaks_chinese(shop):
    li = Shopper(shop, prefix="/zh")
    assert li.add("CUP").headers["Location"] == "/zh/cart"
    page = li.get("/cart").get_data(as_text=True)
    assert 'lang="zh-CN"' in page and 'href="/zh/p/cup"' in page


# --- costs -------------------------------------------------------------------------------------------------

# Statements of one warm page, however many lines: versions or person, cart, lines, their words and stock, the four
# of the quote, what was said at the checkout, orders that wait for their payment.
CART_PAGE = 11


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_a_cart_page_sends_few_statements(shop, ada, tx, count_queries, who):
    with tx() as t:
        for number in range(20):
            make.product(t, f"more-{number}", sku=f"MORE-{number}")
    if who == "member":
        ada.sign_in(EMAIL, PASSWORD)
    counts = []
    for skus in (["CUP"], [f"MORE-{number}" for number in range(20)]):
        for sku in skus:
            ada.add(sku)
        ada.get("/cart")
        with count_queries() as queries:
            assert ada.get("/cart").status_code == 200
        counts.append(len([s for s in queries.statements if "journal_event" not in s]))
    assert counts[0] == counts[1] <= CART_PAGE, str(queries)


def test_the_number_beside_the_bag_costs_nobody_a_query(shop, ada, count_queries):
    ada.get("/p/cup")
    with count_queries() as before:
        ada.get("/p/cup")
    ada.add("CUP")
    ada.get("/p/cup")  # says what was added
    with count_queries() as after:
        ada.get("/p/cup")
    assert len(after) == len(before), str(after)
