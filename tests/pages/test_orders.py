"""Orders as their buyers see them: by link, in the account; what they can do there; who sees nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.catalog.models import Variant
from storefront.core.store import store_values
from storefront.ordering import service
from storefront.ordering.models import Order
from storefront.ordering.service.links import renew_link
from tests.conftest import Browser
from tests.pages.sold import open_shop, sign_in, token_of
from tests.pages.walking import OWN
from tests.services import selling

CANARY = "Canary Lane 77"
ADDRESS = {**selling.ADDRESS, "line1": CANARY}


# --- looking ----------------------------------------------------------------------------------------------


def test_a_guest_reads_by_the_link_where_the_order_stands(shop, webtest):
    order = shop.paid(shipping_address=ADDRESS)
    page = webtest.get(f"/orders/{order.public_token}")
    assert page.html.body["data-page"] == "order"
    assert order.number in page and "We are getting it ready" in page and CANARY in page
    assert [li["data-sku"] for li in page.html.select("li.line")] == ["SKU-LAMP", "SKU-CUP"]
    total = page.html.select_one("dd.total data.price")
    assert (total["value"], total["data-currency"]) == (str(order.total_minor), "GBP")
    assert "Tax of £" in page and "Arrives" in page
    assert page.headers["Cache-Control"].replace(" ", "") == "private,no-store"


def test_the_page_speaks_chinese(shop, webtest):
    page = webtest.get(f"/zh/orders/{shop.sent().public_token}")
    assert page.html.html["lang"] == "zh-CN"
    assert "Swift Post" in page


@pytest.mark.parametrize(
    ("outcome", "words", "can_pay"),
    [
        ("decline", "The payment did not go through", True),
        ("timeout", "Your payment is being confirmed", False),
        ("authorize", "We are getting it ready", False),
    ],
)
def test_each_state_of_a_payment_is_said_in_words(shop, webtest, outcome, words, can_pay):
    order = shop.place()
    shop.do(selling.pay, order.id, outcome, webhooks=False)
    page = webtest.get(f"/orders/{order.public_token}")
    assert words in page
    assert bool(page.html.select('a[href*="/checkout/pay/"]')) == can_pay


def test_while_nobody_knows_of_the_payment_nothing_can_be_paid_or_cancelled(shop, webtest):
    order = shop.place()
    shop.do(selling.pay, order.id, "timeout", webhooks=False)
    page = webtest.get(f"/orders/{order.public_token}")
    assert "do not pay again" in page
    assert not page.html.select('form[action$="/cancel"]')


def test_a_transfer_shows_the_account_and_the_reference_until_it_came(shop, webtest):
    order = shop.place(gateway="transfer")
    page = webtest.get(f"/orders/{order.public_token}")
    assert "GB00TEST00000000000000" in page and "We look out for your transfer" in page
    shop.do(service.mark_paid, order.id, "Olga")
    page = webtest.get(f"/orders/{order.public_token}")
    assert "GB00TEST00000000000000" not in page and "Olga" not in page


def test_parcels_are_listed_with_their_contents_and_can_be_followed(shop, webtest):
    page = webtest.get(f"/orders/{shop.sent().public_token}")
    link = page.html.find("a", string=lambda text: text and "Follow" in text) or page.html.select_one(
        'a[href="https://swift.test/SP42"]'
    )
    assert link["href"] == "https://swift.test/SP42"
    assert "2 × Fine cup" in page.html.get_text() and "It is on its way" in page


def test_what_only_the_shop_cares_about_is_not_told(shop, webtest, tx):
    order = shop.paid()
    shop.do(service.refund_order, order.id, 100, key="k1", reason="secret grumble", who="Olga Owner")
    page = webtest.get(f"/orders/{order.public_token}")
    assert "We gave £1.00 back" in page
    assert "secret grumble" not in page and "Olga" not in page


@pytest.mark.parametrize("way", ["link", "account"])
def test_the_buyer_says_that_it_arrived_and_reads_it_from_then_on(shop, app, way):
    ann = shop.person("ann@example.test")
    order = shop.sent(customer_id=ann, email="ann@example.test")
    client = sign_in(app, "ann@example.test") if way == "account" else Browser(app)
    path = f"/account/orders/{order.number}" if way == "account" else f"/orders/{order.public_token}"
    assert "I have received it" in client.get(path, base_url=OWN).text
    answer = client.post(f"{path}/arrived", data={"csrf_token": token_of(client, path)}, base_url=OWN)
    assert answer.status_code == 303
    page = client.get(path, base_url=OWN).text
    assert (
        "Arrived on" in page and "You said that it arrived" in page and f'action="{path}/arrived"' not in page
    )
    assert 'data-state="now"' not in page and "Arrives" not in page


def test_an_order_that_arrived_says_so_in_the_list(shop, app):
    ann = shop.person("ann@example.test")
    order = shop.sent(customer_id=ann)
    client = sign_in(app, "ann@example.test")
    assert "On its way" in client.get("/account/orders", base_url=OWN).text
    shop.do(service.mark_delivered, order.id, who="Olga")
    listed = client.get("/account/orders", base_url=OWN).text
    assert "Delivered" in listed and "On its way" not in listed


def test_the_first_page_of_the_account_shows_the_newest_order(shop, app):
    ann = shop.person("ann@example.test")
    client = sign_in(app, "ann@example.test")
    assert "Your latest order" not in client.get("/account", base_url=OWN).text
    older, newest = shop.sent(customer_id=ann), shop.paid(customer_id=ann, lines=[("rug", 1)])
    page = client.get("/account", base_url=OWN).text
    assert newest.number in page and older.number not in page and "Being made ready" in page


def test_nothing_arrives_that_was_not_sent(shop, app):
    order, client = shop.paid(), Browser(app)
    path = f"/orders/{order.public_token}"
    answer = client.post(f"{path}/arrived", data={"csrf_token": token_of(client, path)}, base_url=OWN)
    assert answer.status_code == 409 and "Nothing of this order is on its way." in answer.text


def test_who_collects_reads_of_collecting_and_not_of_parcels(shop, webtest, tx):
    order = shop.paid()
    with tx() as t:
        row = t.get(Order, order.id)
        note = {"shipping_kind": "pickup", "shipping_note": "Mon to Sat, 9 to 18"}
        row.pricing = {**row.pricing, **note}
    page = webtest.get(f"/orders/{order.public_token}")
    assert "Arrives" not in page
    shop.do(service.ship, order.id)
    page = webtest.get(f"/orders/{order.public_token}")
    assert "It can be collected" in page and "Mon to Sat, 9 to 18" in page and "On its way" not in page
    shop.do(service.mark_delivered, order.id)
    assert "You have collected it" in webtest.get(f"/orders/{order.public_token}")


def test_what_needs_no_parcel_is_done_and_never_on_its_way(shop, webtest, tx):
    order = shop.paid()
    with tx() as t:
        row = t.get(Order, order.id)
        row.pricing = {**row.pricing, "shipping_kind": "none"}
    shop.do(service.ship, order.id)
    page = webtest.get(f"/orders/{order.public_token}")
    assert "This order is done" in page and "n its way" not in page
    assert not page.html.select('form[action$="/arrived"]')


# --- the account ------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_account_lists_orders_and_finds_them_by_product_and_number(shop, app):
    ann = shop.person("ann@example.test")
    first = shop.paid(customer_id=ann, lines=[("lamp", 1)])
    second = shop.paid(customer_id=ann, lines=[("cup", 3)])
    client = sign_in(app, "ann@example.test")

    def listed(query=""):
        page = client.get(f"/account/orders{query}", base_url=OWN)
        assert 'data-page="account-orders"' in page.text
        return [one.number for one in (second, first) if one.number in page.text]

    assert listed() == [second.number, first.number]
    assert listed("?q=LAMP") == [first.number]
    assert listed(f"?q={second.number.lower()}") == [second.number]
    assert listed("?q=%25") == []
    page = client.get(f"/account/orders/{first.number}", base_url=OWN)
    assert 'data-page="account-order"' in page.text and "Fine lamp" in page.text


def test_an_order_of_things_that_the_shop_knows_no_more_is_listed(shop, app, tx):
    ann = shop.person("ann@example.test")
    order = shop.paid(customer_id=ann, lines=[("lamp", 1)])
    with tx() as t:
        t.execute(sa.delete(Variant).where(Variant.sku == "SKU-LAMP"))
    page = sign_in(app, "ann@example.test").get("/account/orders", base_url=OWN)
    assert page.status_code == 200 and "Fine lamp" in page.text and order.number in page.text


@pytest.mark.parametrize("page", ["0", "-1", "999999999999", "x", "%E0%B2%A0", "", "1e9"])
def test_pages_that_there_are_not_are_the_nearest(shop, app, page):
    ann = shop.person("ann@example.test")
    shop.paid(customer_id=ann)
    client = sign_in(app, "ann@example.test")
    assert client.get(f"/account/orders?page={page}", base_url=OWN).status_code == 200


def test_ten_orders_make_a_page(shop, app, tx):
    from tests import factories

    ann = shop.person("ann@example.test")
    with tx() as t:
        from storefront.customers.models import Customer

        for _number in range(12):
            factories.order(t, customer=t.get(Customer, ann))
    client = sign_in(app, "ann@example.test")
    pages = [
        client.get(f"/account/orders?page={n}", base_url=OWN).text.count('class="own-order"') for n in (1, 2)
    ]
    assert pages == [10, 2]


def test_an_order_from_an_imported_history_has_its_page_too(shop, app, tx):
    from storefront.catalog.models import Variant
    from storefront.customers.models import Customer
    from tests import factories

    ann = shop.person("ann@example.test")
    with tx() as t:
        product = t.get(Variant, shop.things["lamp"])
        from storefront.catalog.models import Product

        row = factories.order(t, (t.get(Product, product.product_id), 2), customer=t.get(Customer, ann))
        number = row.number
    client = sign_in(app, "ann@example.test")
    page = client.get(f"/account/orders/{number}", base_url=OWN)
    assert page.status_code == 200 and "£99.80" in page.text
    assert client.get(f"/account/orders/{number}/invoice", base_url=OWN).status_code == 404


# --- doing ------------------------------------------------------------------------------------------------


def test_an_order_is_cancelled_by_its_buyer_and_the_money_goes_back(shop, webtest):
    order = shop.paid()
    page = webtest.get(f"/orders/{order.public_token}")
    form = next(f for f in page.forms.values() if f.action.endswith("/cancel"))
    answer = form.submit()
    assert answer.status_int == 303
    page = answer.follow()
    assert "You cancelled it." in page
    assert shop.now(order).status == "cancelled" and shop.now(order).payment_state == "refunded"


def test_what_was_sent_cannot_be_cancelled(shop, app):
    order = shop.sent()
    client = Browser(app)
    token = token_of(client)
    answer = client.post(f"/orders/{order.public_token}/cancel", data={"csrf_token": token}, base_url=OWN)
    assert answer.status_code == 409
    assert 'id="wrong"' in answer.text and "cannot be cancelled any more" in answer.text
    assert shop.now(order).status == "completed"


@pytest.mark.both
def test_pieces_are_sent_back_after_asking(shop, webtest):
    order = shop.sent()
    page = webtest.get(f"/orders/{order.public_token}").click("Send something back")
    form = next(f for f in page.forms.values() if "reason" in f.fields)
    form["pieces-1"], form["reason"] = "2", "too small"
    answer = form.submit()
    assert answer.status_int == 303
    page = answer.follow()
    assert "You asked to send something back" in page and "2 × Fine cup" in page.html.get_text()
    asked = shop.now(order).returns[0]
    assert (asked.state, asked.reason, asked.lines) == ("requested", "too small", ((order.lines[1].id, 2),))
    again = webtest.get(f"/orders/{order.public_token}/return")
    assert "Fine lamp" in again and "pieces-1" not in again


@pytest.mark.parametrize("typed", ["-1", "3", "99", "1.5", "x", "１", "9" * 50, "1_0"])
def test_a_return_of_anything_else_than_what_was_sent_is_refused_at_the_form(shop, app, typed):
    order = shop.sent()
    client = Browser(app)
    data = {"csrf_token": token_of(client), "pieces-1": typed, "reason": "kept words"}
    answer = client.post(f"/orders/{order.public_token}/return", data=data, base_url=OWN)
    assert answer.status_code == 422
    assert 'id="wrong"' in answer.text and "kept words" in answer.text
    assert shop.now(order).returns == ()


def test_nothing_chosen_is_said(shop, app):
    order = shop.sent()
    client = Browser(app)
    answer = client.post(
        f"/orders/{order.public_token}/return", data={"csrf_token": token_of(client)}, base_url=OWN
    )
    assert answer.status_code == 422 and "Please choose what and how many." in answer.text


def test_the_days_for_sending_back_end(shop, app, tx, clock):
    with app.app_context():
        from storefront.core.store import store_settings

        store_settings()
    with tx() as t:
        store_values(t, {"returns_days": 14})
    order = shop.sent()
    late = order.delivery_latest - clock.now().date() + timedelta(days=14)
    clock.shift(late)
    client = Browser(app)
    assert "Send something back" in client.get(f"/orders/{order.public_token}", base_url=OWN).text
    clock.shift(timedelta(days=1))
    assert "Send something back" not in client.get(f"/orders/{order.public_token}", base_url=OWN).text
    data = {"csrf_token": token_of(client), "pieces-0": "1"}
    answer = client.post(f"/orders/{order.public_token}/return", data=data, base_url=OWN)
    assert answer.status_code == 422 and shop.now(order).returns == ()


def test_ordering_again_fills_the_cart_and_says_what_is_gone(shop, webtest, tx):
    from storefront.catalog.models import Product

    order = shop.sent()
    with tx() as t:
        t.query(Product).filter_by(slug="lamp").one().status = "archived"
    page = webtest.get(f"/orders/{order.public_token}")
    form = next(f for f in page.forms.values() if f.action.endswith("/reorder"))
    page = form.submit().follow()
    assert page.html.body["data-page"] == "cart"
    assert "2 things are in your cart." in page and "Fine lamp" in page
    assert [li["data-sku"] for li in page.html.select("li.line")] == ["SKU-CUP"]


def test_ordering_again_takes_no_more_than_there_is(shop, webtest, tx):
    import sqlalchemy as sa

    from storefront.inventory.models import Stock

    order = shop.sent(lines=[("cup", 3)])
    with tx() as t:
        t.execute(sa.update(Stock).where(Stock.variant_id == shop.things["cup"]).values(available=1))
    page = webtest.get(f"/orders/{order.public_token}")
    form = next(f for f in page.forms.values() if f.action.endswith("/reorder"))
    assert "There were fewer left of: Fine cup." in form.submit().follow()


# --- the invoice ------------------------------------------------------------------------------------------


def test_the_invoice_holds_what_an_invoice_must(shop, webtest):
    order = shop.paid(shipping_address=ADDRESS, billing_address={**selling.ADDRESS, "name": "Firm & Sons"})
    page = webtest.get(f"/orders/{order.public_token}/invoice")
    for words in (
        order.invoice_number,
        order.number,
        "Corner Goods Ltd",
        "5 Market Row",
        "GB 123 4567 89",
        "Firm & Sons",
        CANARY,
        "SKU-CUP",
        "Paid on",
    ):
        assert words in page.text.replace("&amp;", "&"), words
    taxes = page.html.select_one("table.taxes tbody tr").get_text(" ", strip=True)
    assert taxes.startswith("VAT 20\xa0%")
    assert shop.do(order.total.format, "en_GB") in page.html.select_one("dd.total").get_text()


@pytest.mark.both
def test_a_refund_is_a_credit_note_with_its_tax(shop, webtest):
    order = shop.sent()
    cup = order.lines[1]
    shop.do(service.refund_order, order.id, 1250, key="k", lines=[(cup.id, 1)], who="Olga")
    page = webtest.get(f"/orders/{order.public_token}/invoice")
    note = page.html.select("article.sheet")[1].get_text(" ", strip=True)
    assert f"{order.invoice_number}-1" in note and "1 × Fine cup" in note and "£12.50" in note
    assert "£10.42" in note and "£2.08" in note


def test_there_is_no_invoice_before_the_order_counts(shop, client):
    order = shop.place()
    assert client.get(f"/orders/{order.public_token}/invoice", base_url=OWN).status_code == 404


# --- whose order it is ------------------------------------------------------------------------------------

PAGES = ["", "/invoice", "/return"]
POSTS = ["/cancel", "/return", "/reorder"]


@pytest.mark.parametrize("page", PAGES)
def test_an_order_of_somebody_else_looks_like_one_that_there_is_not(shop, app, page):
    ann, bob = shop.person("ann@example.test"), shop.person("bob@example.test", name="Bob")
    order = shop.sent(customer_id=ann, shipping_address=ADDRESS)
    assert bob
    client = sign_in(app, "bob@example.test")
    theirs = client.get(f"/account/orders/{order.number}{page}", base_url=OWN)
    missing = client.get(f"/account/orders/R-AAAAAAAA{page}", base_url=OWN)
    assert theirs.status_code == missing.status_code == 404
    assert CANARY not in theirs.text and same(theirs.text) == same(missing.text)
    assert CANARY not in client.get("/account/orders", base_url=OWN).text
    found = client.get(f"/account/orders?q={order.number}", base_url=OWN).text
    assert "0 orders" in found and f"/account/orders/{order.number}" not in found


@pytest.mark.parametrize("act", POSTS)
def test_nobody_does_anything_to_an_order_of_somebody_else(shop, app, act):
    ann, _bob = shop.person("ann@example.test"), shop.person("bob@example.test", name="Bob")
    order = shop.paid(customer_id=ann, shipping_address=ADDRESS)
    before = shop.now(order)
    client = sign_in(app, "bob@example.test")
    data = {"csrf_token": token_of(client, "/account/orders"), "pieces-0": "1"}
    answer = client.post(f"/account/orders/{order.number}{act}", data=data, base_url=OWN)
    assert answer.status_code == 404 and CANARY not in answer.text
    stranger = Browser(app)
    data["csrf_token"] = token_of(stranger)
    answer = stranger.post(f"/account/orders/{order.number}{act}", data=data, base_url=OWN)
    assert answer.status_code in {302, 303} and "/account/login" in answer.headers["Location"]
    assert shop.now(order) == before


@pytest.mark.parametrize("page", PAGES)
def test_links_that_were_never_made_lead_nowhere(shop, app, page):
    order = shop.sent(shipping_address=ADDRESS)
    token = order.public_token
    client = Browser(app)
    guesses = [
        token[:-1], token + "A", token.swapcase(), order.number, str(order.id), "0", "-1", "9" * 400, token + "%00",
        "%2e%2e", "%E2%80%AE" * 8, "[]",
    ]  # fmt: skip
    bodies = set()
    for guess in guesses:
        answer = client.get(f"/orders/{guess}{page}", base_url=OWN)
        assert answer.status_code == 404, guess
        assert CANARY not in answer.text
        bodies.add(same(answer.text).replace(guess, ""))
    assert client.get(f"/orders/{token}{page}", base_url=OWN).status_code == 200


@pytest.mark.parametrize("path", ["{number}", "{number}/invoice", ""])
def test_the_account_asks_strangers_to_sign_in(shop, client, path):
    order = shop.paid(shipping_address=ADDRESS)
    answer = client.get(
        "/account/orders/" + path.format(number=order.number) if path else "/account/orders", base_url=OWN
    )
    assert answer.status_code in {302, 303} and CANARY not in answer.text


def test_a_link_can_be_taken_back(shop, client):
    order = shop.paid()
    new = shop.do(renew_link, order.id, "Olga")
    assert client.get(f"/orders/{order.public_token}", base_url=OWN).status_code == 404
    assert client.get(f"/orders/{new}", base_url=OWN).status_code == 200


@pytest.mark.parametrize("act", POSTS)
def test_forms_need_their_token(shop, client, act):
    order = shop.paid()
    assert client.post(f"/orders/{order.public_token}{act}", base_url=OWN).status_code == 400
    assert client.get(f"/orders/{order.public_token}{act}", base_url=OWN).status_code in {200, 405}
    assert shop.now(order).status == "confirmed"


def test_prices_and_people_in_the_form_change_nothing(shop, app, rows):
    order = shop.sent()
    client = Browser(app)
    data = {
        "csrf_token": token_of(client),
        "pieces-0": "1",
        "total_minor": "1",
        "customer_id": "1",
        "state": "received",
    }
    client.post(f"/orders/{order.public_token}/return", data=data, base_url=OWN)
    after = shop.now(order)
    assert (after.total_minor, after.customer_id) == (order.total_minor, None)
    assert [one.state for one in after.returns] == ["requested"]


def test_words_of_strangers_stay_words(shop, client):
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    order = shop.sent(shipping_address={**ADDRESS, "name": nasty})
    shop.do(service.request_return, order.id, [(order.lines[0].id, 1)], reason=nasty)
    for page in PAGES:
        text = client.get(f"/orders/{order.public_token}{page}", base_url=OWN).text
        assert "<script>alert" not in text and "<img src=x" not in text


# --- how much it costs ------------------------------------------------------------------------------------


def test_pages_of_orders_cost_few_queries(shop, app, count_queries):
    ann = shop.person("ann@example.test")
    order = shop.sent(customer_id=ann)
    client = sign_in(app, "ann@example.test")
    bounds = {
        f"/account/orders/{order.number}": 12,
        f"/orders/{order.public_token}": 12,
        f"/orders/{order.public_token}/invoice": 12,
        "/account/orders": 6,
    }
    for path, bound in bounds.items():
        client.get(path, base_url=OWN)
        with count_queries() as queries:
            assert client.get(path, base_url=OWN).status_code == 200
        asked = [one for one in queries.statements if "journal_event" not in one]
        assert len(asked) <= bound, f"{path}: {len(asked)}\n" + "\n\n".join(asked)


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx, clock):
    return open_shop(app, tx)


def same(body: str) -> str:
    """A body without what differs from one answer to the next: nonces, tokens and the number of the request."""
    import re

    body = re.sub(r'nonce="[^"]*"', "", body)
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", body)
    body = re.sub(r"<code translate=\"no\">[^<]*</code>", "", body)
    return re.sub(r"/(account/)?orders/[^\"' ]*", "", body)
