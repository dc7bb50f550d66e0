"""Orders in the console: what the staff see and do, what is refused, who may not."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from webtest import TestApp

from storefront.inventory.models import Stock
from storefront.ordering import service
from storefront.ordering.models import Attention
from tests.conftest import Browser
from tests.pages.sold import PASSWORD, open_shop, sign_in, token_of
from tests.pages.walking import OWN
from tests.services import selling

OWNER = "olga@example.test"


# --- the list ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_saved_views_show_what_waits_for_somebody(shop, desk):
    paid, transfer = shop.paid(), shop.place(gateway="transfer")
    sent = shop.sent()
    shop.do(service.request_return, sent.id, [(sent.lines[0].id, 1)])
    unpaid = shop.place()
    odd = shop.paid()
    shop.do(call, odd)
    views = {
        "": [odd, unpaid, sent, transfer, paid],
        "?todo=ship": [odd, paid],
        "?todo=unpaid": [unpaid, transfer],
        "?todo=attention": [odd],
        "?todo=returns": [sent],
    }
    for query, expected in views.items():
        page = desk.get(f"/console/orders{query}")
        assert page.html.body["data-page"] == "console-orders"
        found = {a.get_text(strip=True) for a in page.html.select("a.row-link")}
        assert found == {order.number for order in expected}, query


@pytest.mark.both
@pytest.mark.parametrize("words", ["number", "email", "sku", "name", "invoice"])
def test_orders_are_found_by_number_email_sku_and_name(shop, desk, words):
    order = shop.paid(
        email="carla@example.test",
        shipping_address={**selling.ADDRESS, "name": "Carla Count"},
        lines=[("rug", 1)],
    )
    shop.paid()
    asked = {
        "number": order.number.lower(),
        "email": "carla@",
        "sku": "sku-rug",
        "name": "carla c",
        "invoice": order.invoice_number,
    }[words]
    page = desk.get("/console/orders", {"q": asked})
    assert [a.get_text(strip=True) for a in page.html.select("a.row-link")] == [order.number]


@pytest.mark.parametrize(
    "query", ["q=%25", "q=%00", "todo=x", "since=2026-99-99", "page=0", "sort=email", "country=%27"]
)
def test_strange_filters_are_harmless(shop, desk, query):
    shop.paid()
    assert desk.get(f"/console/orders?{query}").status_int == 200


def test_views_say_how_many_rows_they_hold_and_rows_may_stand_close(shop, desk):
    shop.paid(), shop.paid(), shop.place(gateway="transfer")
    page = desk.get("/console/orders?todo=ship&rows=tight")
    tabs = {a.find(string=True): a.select_one(".n").text for a in page.html.select(".views a")}
    assert tabs == {"All": "3", "To send": "2", "Not paid": "1", "Needs attention": "0", "Returns": "0"}
    assert page.html.select_one(".views a[aria-current]").find(string=True) == "To send"
    assert "tbl-tight" in page.html.select_one("table")["class"]
    form = next(form for form in page.forms.values() if "q" in form.fields and "rows" in form.fields)
    form["q"] = "nobody"
    assert "rows=tight" in form.submit().request.query_string
    assert "tbl-tight" not in desk.get("/console/orders").html.select_one("table")["class"]


def test_the_orders_of_one_customer_are_a_link_away(shop, desk, rows):
    number = shop.person("mia@example.test", name="Mia")
    mine = shop.paid(customer_id=number, email="mia@example.test")
    shop.paid()
    page = desk.get(f"/console/orders/{mine.number}")
    page = page.click("All orders of this customer")
    assert [a.get_text(strip=True) for a in page.html.select("a.row-link")] == [mine.number]
    assert "Customer: Mia" in page.html.select_one(".chip").get_text(" ", strip=True)
    key = rows("SELECT public_id FROM customer WHERE id = :id", id=number)[0].public_id
    assert f"/console/orders?customer={key}" in desk.get(f"/console/customers/{key}")
    assert desk.get("/console/orders?customer=nobody").html.select("a.row-link") == []


def test_many_are_sent_at_once_and_what_cannot_be_is_said(shop, desk):
    orders = [shop.paid(), shop.paid(), shop.place()]
    page = desk.get("/console/orders")
    form = next(f for f in page.forms.values() if "pick" in f.fields)
    for box in form.fields["pick"]:
        box.checked = True
    done = submit_to(desk, form, "/console/orders/ship").follow()
    assert "2 orders are on their way." in done and "1 order was left out" in done
    assert [shop.now(order).fulfilment_state for order in orders] == ["fulfilled", "fulfilled", "unfulfilled"]


@pytest.mark.both
def test_the_filtered_list_can_be_taken_away_as_a_table(shop, desk):
    paid, _other = shop.paid(email="=cmd()@example.test"), shop.place()
    page = desk.get("/console/orders?todo=ship")
    form = next(f for f in page.forms.values() if f.action.endswith("/export"))
    answer = form.submit()
    assert answer.content_type == "text/csv"
    lines = answer.body.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and paid.number in lines[1] and ",=cmd" not in lines[1]


# --- one order --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_page_of_an_order_says_everything(shop, desk):
    order = shop.paid(shipping_address={**selling.ADDRESS, "line1": "Canary Lane 77"}, note="Ring twice")
    page = desk.get(f"/console/orders/{order.number}")
    badges = [b.get_text() for b in page.html.select(".head-row .badge")]
    assert badges == ["open", "paid", "to send"]
    for words in (
        "Canary Lane 77",
        "Ring twice",
        "SKU-CUP",
        "ada@example.test",
        "Confirmation",
        "Order placed",
    ):
        assert words in page, words
    assert (
        page.html.select_one("#customer dl").get_text(" ", strip=True).startswith("Orders 1 Net value £78.85")
    )


def test_part_is_sent_and_then_the_rest(shop, desk):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/ship")
    form["pieces-0"], form["pieces-1"], form["carrier"], form["tracking"] = "0", "1", "Swift", "S1"
    form["tracking_url"] = "https://swift.test/S1"
    page = form.submit().follow()
    assert "The parcel is noted" in page and shop.now(order).fulfilment_state == "partial"
    form = form_to(page, "/ship")
    assert (form["pieces-0"].value, form["pieces-1"].value) == ("1", "1")
    form.submit().follow()
    after = shop.now(order)
    assert (after.fulfilment_state, after.status) == ("fulfilled", "completed")
    assert [one.who for one in after.timeline if one.kind == "shipped"] == ["Olga", "Olga"]


@pytest.mark.parametrize("typed", ["3", "-1", "x", "1.5", "９", "99999999999"])
def test_more_than_is_left_cannot_be_sent_and_the_form_stays_filled(shop, desk, typed):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/ship")
    form["pieces-1"], form["carrier"] = typed, "Swift & Sons"
    page = form.submit(status=422)
    assert page.html.select_one("#wrong") and "Swift &amp; Sons" in page
    assert shop.now(order).shipments == ()


def test_a_form_sent_twice_sends_one_parcel(shop, desk):
    order = shop.paid()
    page = desk.get(f"/console/orders/{order.number}")
    form = form_to(page, "/ship")
    form["pieces-0"], form["pieces-1"] = "1", "1"
    assert form.submit().status_int == 303
    again = form.submit(status=409)
    assert "Somebody changed this order meanwhile." in again
    assert len(shop.now(order).shipments) == 1


def test_two_people_at_one_order_do_not_overwrite_each_other(shop, desk, app):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/cancel")
    shop.do(service.ship, order.id, who="Wanda")
    page = form.submit(status=409)
    assert "Somebody changed this order meanwhile." in page
    assert shop.now(order).status == "completed"


def test_pieces_are_taken_out_and_the_rest_is_sent(shop, desk):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/take-out")
    form["pieces-1"], form["out_reason"] = "1", "broken in the store room"
    page = form.submit().follow()
    assert "£12.50 less" in page and "1 taken out" in page and "1 × Fine cup" in page
    after = shop.now(order)
    assert (after.lines[1].cancelled, after.payment.refunded_minor) == (1, 1250)
    assert form_to(page, "/ship")["pieces-1"].value == "1"
    assert form.submit(status=409)
    assert shop.now(order).lines[1].cancelled == 1
    form = form_to(page, "/take-out")
    form["pieces-0"], form["pieces-1"] = "1", "1"
    assert "Please cancel it instead." in form.submit(status=422)


def test_an_address_is_corrected_with_its_entry_in_the_log(shop, desk, rows):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/address")
    form["line1"], form["postcode"] = "9 Other Lane", "nowhere"
    page = form.submit(status=422)
    assert 'href="#f-postcode"' in page and "9 Other Lane" in page
    form = form_to(page, "/address")
    form["postcode"] = "EC1Y 8SY"
    page = form.submit().follow()
    assert "The address is corrected." in page and "Delivery address corrected" in page
    assert "9 Other Lane" in desk.get(f"/console/orders/{order.number}/slip")
    entry = rows("SELECT after FROM audit_entry WHERE action = 'order.address_corrected'")
    assert len(entry) == 1 and "9 Other Lane" not in str(entry)
    shop.do(service.ship, order.id)
    page = desk.get(f"/console/orders/{order.number}")
    assert not page.html.select('form[action$="/address"], form[action$="/take-out"]')


def test_what_was_sent_is_marked_as_delivered_and_its_buyer_is_told(shop, desk):
    order = shop.sent()
    page = desk.get(f"/console/orders/{order.number}")
    page = form_to(page, "/delivered").submit().follow()
    assert "Noted, and the customer is told." in page and "delivered" in page.html.select_one("main").text
    assert shop.now(order).arrived_at is not None
    assert not page.html.select('form[action$="/delivered"]')


@pytest.mark.parametrize(
    ("gateway", "first"), [("transfer", "#money"), ("cash_on_delivery", "#ship"), ("fake", "#ship")]
)
def test_the_first_thing_to_do_is_what_waits(shop, desk, gateway, first):
    order = shop.paid() if gateway == "fake" else shop.place(gateway=gateway)
    page = desk.get(f"/console/orders/{order.number}")
    assert page.html.select_one(".head-act .btn-go")["href"] == first
    assert ("Not paid yet" in page.html.select_one("#ship").text) == (gateway == "transfer")


def test_a_transfer_is_marked_as_paid(shop, desk):
    order = shop.place(gateway="transfer")
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/paid")
    assert form["amount"].value == "78.85"
    assert "The order is paid." in form.submit().follow()
    assert shop.now(order).payment_state == "captured"


def test_another_amount_goes_to_the_list_of_what_to_look_at_and_is_settled_there(shop, desk):
    order = shop.place(gateway="transfer")
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/paid")
    form["amount"] = "70"
    page = form.submit().follow()
    assert "Another amount than was asked for" in page and "£70.00 came, £78.85 was expected." in page
    assert shop.now(order).payment_state == "pending"
    page = desk.get("/console/attention")
    assert page.html.body["data-page"] == "console-attention" and order.number in page
    page = form_to(page, "/settle").submit().follow()
    assert "Nothing to look at." in page
    assert "Settled" not in desk.get("/console/attention")


def test_approved_money_is_taken(shop, desk):
    order = shop.place()
    shop.do(selling.pay, order.id, "authorize")
    form_to(desk.get(f"/console/orders/{order.number}"), "/capture").submit().follow()
    assert shop.now(order).payment_state == "captured"


@pytest.mark.both
def test_money_goes_back_for_pieces_with_the_delivery_and_they_stand_on_the_shelf_again(shop, desk, rows):
    order = shop.paid()
    before = stock_of(rows, shop.things["cup"])
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/refund")
    form["pieces-1"], form["shipping"], form["reason"] = "1", "3.95", "dented"
    form["restock"] = True
    page = form.submit().follow()
    assert "The money is given back" in page and "dented" in page
    after = shop.now(order)
    assert after.payment_state == "partially_refunded" and after.payment.refunded_minor == 1250 + 395
    assert (after.lines[1].refunded, after.lines[1].returned) == (1, 1)
    assert stock_of(rows, shop.things["cup"]) == before + 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("amount", "78.86"),
        ("amount", "-1"),
        ("amount", "NaN"),
        ("amount", "1e3"),
        ("pieces-1", "3"),
        ("shipping", "x"),
        ("amount", "0"),
    ],
)
def test_no_more_goes_back_than_came(shop, desk, field, typed):
    order = shop.paid()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/refund")
    form[field] = typed
    page = form.submit(status=422)
    assert page.html.select_one("#wrong")
    assert shop.now(order).refunds == ()


def test_a_refund_by_hand_is_done_when_somebody_says_so(shop, desk):
    order = shop.place(gateway="transfer")
    shop.do(service.mark_paid, order.id, "Olga")
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/refund")
    form["amount"] = "10"
    page = form.submit().follow()
    assert shop.now(order).refunds[0].state == "pending"
    form_to(page, "/done").submit().follow()
    assert shop.now(order).refunds[0].state == "succeeded"
    assert shop.do(selling.findings) == []


def test_a_paid_order_is_cancelled_and_the_money_goes_back(shop, desk):
    order = shop.paid()
    page = form_to(desk.get(f"/console/orders/{order.number}"), "/cancel").submit().follow()
    assert "The order is cancelled" in page
    after = shop.now(order)
    assert (after.status, after.payment_state) == ("cancelled", "refunded")


def test_a_return_is_answered_received_and_put_on_the_shelf(shop, desk, rows):
    order = shop.sent()
    cup = order.lines[1]
    shop.do(service.request_return, order.id, [(cup.id, 2)], reason="wrong colour")
    page = desk.get(f"/console/orders/{order.number}")
    assert "wrong colour" in page
    form = form_to(page, "/answer")
    form["reason"] = "In its box, please."
    page = form.submit("answer", value="yes").follow()
    assert "The customer is told where to send it." in page and "Where to send it back" in page
    before = stock_of(rows, shop.things["cup"])
    form = next(f for f in page.forms.values() if f.action.endswith("/return") and "return" in f.fields)
    form["pieces-1"] = "1"
    page = form.submit().follow()
    assert shop.now(order).lines[1].returned == 1 and stock_of(rows, shop.things["cup"]) == before + 1
    assert "Return arrived" in page


def test_goods_may_come_back_without_asking_and_stay_off_the_shelf(shop, desk, rows):
    order = shop.sent()
    before = stock_of(rows, shop.things["lamp"])
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/return")
    form["pieces-0"] = "1"
    form["restock"] = False
    form.submit().follow()
    assert shop.now(order).lines[0].returned == 1 and stock_of(rows, shop.things["lamp"]) == before


def test_a_return_is_refused_with_words(shop, desk):
    order = shop.sent()
    shop.do(service.request_return, order.id, [(order.lines[0].id, 1)])
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/answer")
    form["reason"] = "It was opened."
    form.submit("answer", value="no").follow()
    assert shop.now(order).returns[0].state == "refused"


def test_a_mail_is_sent_again_as_a_message_of_its_own(shop, desk, rows):
    order = shop.paid()
    page = desk.get(f"/console/orders/{order.number}")
    page = form_to(page, "/again").submit().follow()
    found = rows("SELECT message_id FROM mail_message WHERE template = 'order_confirmation'")
    assert len({one for (one,) in found}) == 2 and "The mail is on its way again." in page
    assert shop.do(selling.findings) == []


def test_a_mail_of_another_order_is_not_sent_from_here(shop, desk, rows):
    order, other = shop.paid(), shop.paid()
    ((mail_id,),) = rows("SELECT id FROM mail_message WHERE dedupe_key = :key", key=other.number)
    page = desk.get(f"/console/orders/{order.number}")
    form = form_to(page, "/again")
    form.action = f"/console/orders/{order.number}/mails/{mail_id}/again"
    form.submit(status=404)


def test_the_link_of_the_customer_is_replaced(shop, desk, app):
    order = shop.paid()
    form_to(desk.get(f"/console/orders/{order.number}"), "/link").submit().follow()
    assert Browser(app).get(f"/orders/{order.public_token}", base_url=OWN).status_code == 404


def test_paper_is_printed(shop, desk):
    order = shop.paid()
    slip = desk.get(f"/console/orders/{order.number}/slip")
    assert "Packing slip" in slip and "£" not in slip.html.main.get_text()
    invoice = desk.get(f"/console/orders/{order.number}/invoice")
    assert order.invoice_number in invoice


def test_notes_of_the_staff_are_for_the_staff(shop, desk, app):
    order = shop.paid()
    page = desk.get(f"/console/orders/{order.number}")
    form = next(f for f in page.forms.values() if "about" in f.fields)
    form["body"] = "asked on the phone, very kind"
    assert "asked on the phone" in form.submit().follow()
    assert "asked on the phone" not in Browser(app).get(f"/orders/{order.public_token}", base_url=OWN).text


def test_every_change_stands_in_the_log_with_who_did_it(shop, desk, rows):
    order = shop.paid()
    form_to(desk.get(f"/console/orders/{order.number}"), "/ship").submit()
    form = form_to(desk.get(f"/console/orders/{order.number}"), "/refund")
    form["amount"] = "1"
    form.submit()
    log = rows(
        "SELECT action, actor_name FROM audit_entry WHERE subject = 'order' AND subject_key = :n",
        n=order.number,
    )
    acts = dict(log)
    assert acts["order.shipped"].startswith("Olga") and acts["order.refund_asked"].startswith("Olga")


def test_an_imported_order_can_be_looked_at_and_nothing_else(shop, desk, tx):
    from tests import factories

    with tx() as t:
        number = factories.order(t).number
    page = desk.get(f"/console/orders/{number}")
    assert not [f for f in page.forms.values() if f"/console/orders/{number}/" in f.action]


def test_words_of_strangers_stay_words_in_the_console(shop, desk):
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    order = shop.sent(shipping_address={**selling.ADDRESS, "name": nasty, "line1": nasty}, note=nasty)
    shop.do(service.request_return, order.id, [(order.lines[0].id, 1)], reason=nasty)
    for path in (
        "/console/orders",
        f"/console/orders/{order.number}",
        f"/console/orders/{order.number}/slip",
    ):
        text = desk.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text


# --- today and search -------------------------------------------------------------------------------------


@pytest.mark.both
def test_today_shows_sales_and_what_waits(shop, desk):
    sent = shop.sent()
    shop.do(service.request_return, sent.id, [(sent.lines[0].id, 1)])
    shop.paid()
    shop.place(gateway="transfer")
    page = desk.get("/console")
    for words in ("Orders to send", "Returns to answer", "Orders not paid yet", "Sales", "£236.55"):
        assert words in page, words


@pytest.mark.parametrize("words", ["number", "email", "name"])
def test_the_search_of_the_console_finds_orders(shop, desk, words):
    order = shop.paid()
    asked = {"number": order.number, "email": "ada@example", "name": "Ada Test"}[words]
    assert order.number in desk.get("/console/search", {"q": asked})


# --- who may ----------------------------------------------------------------------------------------------

GETS = ["", "/{number}", "/{number}/slip", "/{number}/invoice"]
ACTS = {
    "ship": "orders.write", "paid": "orders.write", "capture": "orders.write", "refund": "orders.refund",
    "ask": "orders.write", "cancel": "orders.write", "return": "orders.write", "link": "orders.write",
    "mails/1/again": "orders.write", "returns/x/answer": "orders.write", "refunds/x/done": "orders.refund",
}  # fmt: skip


@pytest.mark.parametrize("path", GETS)
def test_customers_see_nothing_of_the_console(shop, app, path):
    order = shop.paid()
    shop.person("ann@example.test")
    url = "/console/orders" + path.format(number=order.number)
    theirs = sign_in(app, "ann@example.test").get(url, base_url=OWN)
    assert theirs.status_code == 404 and "ada@example.test" not in theirs.text
    assert Browser(app).get(url, base_url=OWN).status_code == 303


@pytest.mark.parametrize("act", ACTS)
def test_acts_need_their_right(shop, app, act):
    order = shop.paid()
    shop.person("ann@example.test")
    shop.person("mod@example.test", role="moderator", name="Mo")
    shop.person("ware@example.test", role="warehouse", name="Wanda")
    before = shop.now(order)

    def answer(email):
        client = sign_in(app, email)
        data = {"csrf_token": token_of(client, "/account"), "seen": "0", "amount": "1", "pieces-0": "1"}
        return client.post(f"/console/orders/{order.number}/{act}", data=data, base_url=OWN).status_code

    assert answer("ann@example.test") == 404
    assert answer("mod@example.test") == 403
    expected = {403} if ACTS[act] == "orders.refund" else {404, 409}
    assert answer("ware@example.test") in expected
    assert shop.now(order) == before


def test_who_may_not_give_money_back_does_not_do_it_by_cancelling(shop, app):
    order = shop.paid()
    shop.person("ware@example.test", role="warehouse", name="Wanda")
    client = sign_in(app, "ware@example.test")
    page = client.get(f"/console/orders/{order.number}", base_url=OWN).text
    assert "Needs the right to give money back." in page
    assert f"/{order.number}/refund" not in page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    data = {"csrf_token": token_of(client, "/account"), "seen": seen}
    answer = client.post(f"/console/orders/{order.number}/cancel", data=data, base_url=OWN)
    assert answer.status_code == 403 and shop.now(order).status == "confirmed"


# --- how much it costs ------------------------------------------------------------------------------------


def test_pages_of_the_console_cost_few_queries(shop, desk, count_queries):
    order = shop.sent()
    for _number in range(3):
        shop.paid()
    for path, bound in {
        "/console/orders": 8,
        f"/console/orders/{order.number}": 18,
        "/console/attention": 5,
    }.items():
        desk.get(path)
        with count_queries() as queries:
            desk.get(path)
        assert len(queries) <= bound, f"{path}: {len(queries)}\n" + "\n\n".join(queries.statements)


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx, clock):
    found = open_shop(app, tx)
    found.person(OWNER, role="owner", name="Olga")
    return found


@pytest.fixture
def desk(shop, app):
    """WebTest, signed in as the owner."""
    browser = TestApp(app, extra_environ={"HTTP_HOST": "127.0.0.1:5000"})
    page = browser.get("/account/login")
    form = next(f for f in page.forms.values() if "password" in f.fields)
    form["email"], form["password"] = OWNER, PASSWORD
    form.submit()
    return browser


def form_to(page, end):
    """The first form of a page that goes there."""
    return next(f for f in page.forms.values() if f.action.endswith(end))


def submit_to(browser, form, path):
    return browser.post(path, form.submit_fields())


def stock_of(rows, variant_id):
    return rows(sa.select(Stock.available).where(Stock.variant_id == variant_id))[0][0]


def call(order):
    """Something about its payment has to be looked at."""
    from storefront.core.database import transaction
    from storefront.ordering.service.timeline import call_attention

    with transaction() as tx:
        call_attention(tx, "paid_twice", f"t:{order.id}", order_id=order.id, amount_minor=100)
    assert Attention
