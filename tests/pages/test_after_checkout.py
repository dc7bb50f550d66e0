"""After the order: an account for it, its address kept, paying again, gateways on other hosts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from storefront.catalog.rules.advertising import NEEDS_DELIVERY
from storefront.core.security import allow_form_targets
from storefront.core.store import store_values
from storefront.customers.service import give_account, hash_password
from storefront.hookspecs import hookimpl
from storefront.ordering.rules.payments import Started
from storefront.ordering.service import expire_due, reconcile_due
from storefront.ordering.service.gateways.transfer import ByHand
from storefront.pricing.models import ShippingMethod, ShippingZone
from tests import factories as make
from tests.pages.accounts import link_in, send, work
from tests.selling import ADDRESS, OWN, Shopper, open_for_sale

EMAIL, PASSWORD = "ada@example.test", "three green kettles"
HASH = hash_password(PASSWORD)


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        make.product(t, "cup", title="Cup", price=1290, sku="CUP", stock=1000)
        give_account(t, email="other@example.test", password_hash=HASH, name="Other")
    return app


@pytest.fixture
def ada(shop):
    return Shopper(shop)


def text(answer):
    return answer.get_data(as_text=True)


def buy(shopper, **more):
    """One cup, bought; the path of what came after."""
    shopper.add("CUP")
    answer = shopper.buy(**more)
    assert answer.status_code == 303, text(answer)
    return answer.headers["Location"]


# --- an account for a guest's order ------------------------------------------------------------------------


def test_a_guest_opens_an_account_with_nothing_but_a_password(shop, ada, mailbox, rows):
    done = buy(ada)
    assert "Keep this for next time?" in text(ada.get(done))
    answer = ada.post(f"{done}/account")
    assert answer.status_code == 303 and EMAIL not in answer.headers["Location"]
    form = text(ada.get(answer.headers["Location"]))
    assert f'value="{EMAIL}"' in form and f'name="next" value="{done}"' in form
    ada.post("/account/register", email=EMAIL, password=PASSWORD, next=done)
    work(shop)
    [mail] = [one for one in mailbox() if "/account/confirm/" in str(one.get_body(("plain",)))]
    entered = send(ada.client, link_in(mail))
    assert entered.headers["Location"] == done
    [order] = rows("SELECT number, customer_id FROM orders")
    assert order.customer_id and order.number in text(ada.get("/account/orders"))
    for path in (done, f"/account/orders/{order.number}"):
        assert "Keep it in my address book" in text(ada.get(path)) and "12 Analytical Row" in text(
            ada.get(path)
        )
    assert rows("SELECT id FROM customer_address") == [], "nothing is kept unasked"
    for _twice in range(2):
        assert ada.post(f"{done}/address").headers["Location"] == "/account/addresses"
    assert len(rows("SELECT id FROM customer_address")) == 1
    for path in (done, f"/account/orders/{order.number}"):
        assert "Keep it in my address book" not in text(ada.get(path))


def test_no_address_in_the_bar_fills_in_the_form(shop, ada):
    buy(ada)
    for query in ("email=ada@example.test", "for=ada@example.test", "expected=ada@example.test"):
        assert f'value="{EMAIL}"' not in text(Shopper(shop).get(f"/account/register?{query}"))
    assert Shopper(shop).post("/checkout/done/" + "x" * 32 + "/account").status_code == 404


def test_what_was_expected_is_forgotten_when_somebody_signs_in(ada):
    ada.post(f"{buy(ada)}/account")
    ada.sign_in("other@example.test", PASSWORD)
    ada.post("/account/logout")
    assert EMAIL not in text(ada.get("/account/register"))


def test_somebody_elses_order_gives_nobody_an_address(shop, ada, rows):
    done = buy(ada)
    other = Shopper(shop)
    assert other.post(f"{done}/address").headers["Location"].startswith("/account/login")
    other.sign_in("other@example.test", PASSWORD)
    assert other.post(f"{done}/address").status_code == 404
    assert "Keep it in my address book" not in text(other.get(done))
    assert rows("SELECT id FROM customer_address") == []


# --- collected, or nothing to send -------------------------------------------------------------------------


def collect_here(t, price=0):
    """A shop one can also collect from, and pays in cash at the door."""
    home = t.query(ShippingZone).filter_by(name="UK").one()
    words = {"names": {"en": "Collect it", "zh": "到店自取"}, "notes": {"en": "Nine to six."}}
    days = {"handling_min": 0, "handling_max": 1, "min_days": 0, "max_days": 0}
    bands = [[None, price]]
    t.add(
        ShippingMethod(
            key="collect", kind="pickup", zone_id=home.id, bands=bands, position=2, **words, **days
        )
    )
    store_values(t, {"cash_on_delivery": True})


def test_who_collects_is_promised_no_free_delivery(ada, tx, rows):
    with tx() as t:
        collect_here(t)
    ada.add("CUP")
    assert "more, and delivery is free." in text(ada.get("/cart"))
    ada.contact()
    ada.shipping(shipping_method="collect")
    cart = text(ada.get("/cart"))
    assert "delivery is free" not in cart and "How near free delivery is" not in cart
    assert "Collect it" in cart and "you choose at the checkout" not in cart
    ada.shipping(shipping_method="express")
    assert "delivery is free" not in text(ada.get("/cart")), "next day costs what it costs"
    ada.shipping()
    assert "more, and delivery is free." in text(ada.get("/cart"))


def test_nobody_is_asked_to_pay_whoever_brings_what_nobody_brings(ada, tx, rows):
    with tx() as t:
        collect_here(t)
    ada.add("CUP")
    ada.to_payment()
    assert 'value="cash_on_delivery"' in text(ada.get("/checkout/payment"))
    ada.shipping(shipping_method="collect")
    assert 'value="cash_on_delivery"' not in text(ada.get("/checkout/payment"))
    assert ada.place(**ada.payment_form(gateway="cash_on_delivery")).status_code == 422
    ada.place(**ada.payment_form(gateway="fake"))
    [order] = rows("SELECT pricing FROM orders")
    assert "pickup" in str(order.pricing)


def test_what_needs_no_parcel_is_bought_without_a_way_of_delivery(ada, tx, rows):
    with tx() as t:
        key = make.product(t, "key", title="Key", price=900, sku="KEY", stock=None)
        make.variant_of(t, key).extra = {"shopify": {NEEDS_DELIVERY: "false"}}
    ada.add("KEY")
    cart = text(ada.get("/cart"))
    assert "nothing to send" in cart and "delivery is free" not in cart and "with your address" not in cart
    ada.contact()
    page = text(ada.get("/checkout/shipping"))
    assert "Who buys it?" in page and "How does it get to you?" not in page
    assert ada.post("/checkout/shipping", **ADDRESS).headers["Location"] == "/checkout/payment"
    page = text(ada.get("/checkout/payment"))
    assert "Pay and it is yours" in page and "Goes to" not in page
    done = ada.place(**ada.payment_form()).headers["Location"]
    assert "Thank you, Ada" in text(ada.get(done)) and "Goes to" not in text(ada.get(done))
    [order] = rows("SELECT total_minor, shipping_method FROM orders")
    assert tuple(order) == (900, None)


def test_a_way_that_ended_meanwhile_is_chosen_anew(ada, tx):
    ada.add("CUP")
    ada.to_payment()
    with tx() as t:
        t.query(ShippingMethod).filter_by(key="standard").delete()
    assert ada.get("/checkout/payment").headers["Location"] == "/checkout/shipping"
    assert ada.shipping(shipping_method="express").status_code == 303


# --- paying again ------------------------------------------------------------------------------------------

DECLINED, GOOD = "4000000000000002", "4242424242424242"
BANK = {"": ("Not paid yet", "Please transfer to"), "/zh": ("还没有付款", "请转账至")}


def at_the_bank(shopper, where, **form):
    """What somebody does on the pretended bank's page; where that leads."""
    path = where.removeprefix(OWN)
    answer = shopper.client.post(path, data={"csrf_token": shopper.token(), **form}, base_url=OWN)
    back = shopper.client.get(answer.headers["Location"].removeprefix(OWN), base_url=OWN)
    return back.headers["Location"].removeprefix(OWN)


def in_its_language(page, language):
    """The page says which language it is in, and offers the other one alone."""
    here, other = ("zh-CN", "en") if language else ("en", "zh-CN")
    return f'<html lang="{here}"' in page and re.findall(r'class="tool" [^>]*hreflang="([^"]+)"', page) == [
        other
    ]


@pytest.mark.parametrize("language", ["", "/zh"])
def test_declined_then_another_way_then_paid(shop, rows, language):
    ada = Shopper(shop, prefix=language)
    refused, transfer = BANK[language]
    pay = at_the_bank(ada, buy(ada, gateway="fake"), card=DECLINED)
    [order] = rows("SELECT number, public_token FROM orders")
    assert pay == f"{language}/checkout/pay/{order.public_token}"
    pay = pay.removeprefix(language)
    page = text(ada.get(pay))
    assert page.count(refused) == 1 and order.number in page
    assert in_its_language(page, language)
    assert ada.post(pay, gateway="nothing").status_code in {404, 409, 422}
    again = ada.post(pay, gateway="fake")
    assert at_the_bank(ada, again.headers["Location"], card=DECLINED) == language + pay
    done = ada.post(pay, gateway="transfer").headers["Location"]
    assert done == f"{language}/checkout/done/{order.public_token}"
    page = text(ada.get(done.removeprefix(language)))
    assert transfer in page and "GB00TEST" in page and order.number in page
    assert in_its_language(page, language)
    assert ada.get(pay).headers["Location"] == done, "nobody is asked twice"
    states = [row.state for row in rows("SELECT state FROM payment ORDER BY attempt")]
    assert states == ["failed", "failed", "pending"]


def test_a_card_that_is_good_the_second_time_says_what_was_paid(ada, rows):
    pay = at_the_bank(ada, buy(ada, gateway="fake"), card=DECLINED)
    again = ada.post(pay, gateway="fake").headers["Location"]
    page = text(ada.get(at_the_bank(ada, again, card=GOOD)))
    assert "Thank you, Ada" in page and "Paid: Card (test), £16.80." in page and "Please transfer" not in page


def test_who_left_the_banks_page_can_go_on_there(ada, rows):
    bank = buy(ada, gateway="fake")
    [order] = rows("SELECT public_token FROM orders")
    done, pay = (f"/checkout/{step}/{order.public_token}" for step in ("done", "pay"))
    assert "Go on paying" in text(ada.get(done)) and "Open an account" not in text(ada.get(done))
    assert ada.post(pay, go_on="1").headers["Location"] == bank
    assert len(rows("SELECT id FROM payment")) == 1, "the same try"
    assert at_the_bank(ada, bank, card=GOOD) == done
    assert "Go on paying" not in text(ada.get(done))
    assert ada.post(pay, go_on="1").headers["Location"] == done


@pytest.mark.parametrize("card", [None, DECLINED])
def test_an_order_that_nobody_paid_ends_and_its_things_are_in_the_cart_again(shop, ada, rows, clock, card):
    bank = buy(ada, gateway="fake")
    if card:
        at_the_bank(ada, bank, card=card)
    [order] = rows("SELECT public_token FROM orders")
    clock.shift(timedelta(minutes=70))
    with shop.app_context():
        reconcile_due()
        expire_due()
    done, pay = (f"/checkout/{step}/{order.public_token}" for step in ("done", "pay"))
    for answer in (ada.get(pay), ada.post(pay, gateway="transfer"), ada.post(pay, go_on="1")):
        assert answer.headers["Location"] == done
    page = text(ada.get(done))
    assert (
        "This order was cancelled" in page
        and "It was not paid in time. Nothing has to be paid for it." in page
    )
    assert ada.cart() == {"CUP": 1}
    assert buy(ada).startswith("/checkout/done/"), "and can be ordered once more"


def test_collected_things_are_ready_not_on_their_way(ada, tx):
    with tx() as t:
        collect_here(t)
    ada.add("CUP")
    ada.contact()
    ada.shipping(shipping_method="collect")
    page = text(ada.get("/checkout/payment"))
    assert "Goes to" not in page and "on its way" not in page
    sent = ada.place(**ada.payment_form(gateway="fake")).headers["Location"]
    page = text(ada.get(at_the_bank(ada, sent, card=GOOD)))
    assert "It is ready to be collected by" in page and "Nine to six." in page
    assert "It is with you by" not in page


def test_cash_and_transfer_say_what_comes_next(ada, tx):
    with tx() as t:
        collect_here(t)
    page = text(ada.get(buy(ada, gateway="cash_on_delivery")))
    assert "You pay whoever brings the parcel." in page and "It is with you by" in page
    page = text(ada.get(buy(ada)))
    assert re.search(r"Please transfer the amount by \d+ \w+ \d{4}\.", page)
    assert "It is with you by" not in page, "nothing is sent before the money is here"


# --- gateways on other hosts -------------------------------------------------------------------------------


class Elsewhere(ByHand):
    """A gateway whose page is on another host."""

    key, label, description = "elsewhere", "Elsewhere", ""
    settles_later = by_hand = False
    origins = ("https://pay.example", "https://*.bank.example:8443")

    def available(self, facts):
        return True

    def expires_after(self):
        return None

    def start(self, attempt):
        return Started("redirect", f"https://pay.example/{attempt.key}")


class Plugin:
    @hookimpl
    def register_payment_gateways(self):
        return [Elsewhere()]


def targets(answer):
    policy = answer.headers["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith("form-action")).split()[1:]


def test_only_pages_that_pay_may_lead_to_a_gateways_host(shop, ada):
    ada.add("CUP")
    ada.to_payment()
    assert targets(ada.get("/checkout/payment")) == ["'self'"], "nobody asked for more"
    shop.extensions["regulars_plugins"].register(Plugin())
    shop.extensions.pop("regulars_gateways", None)
    wanted = ["'self'", *Elsewhere.origins]
    refused = ada.place(**ada.payment_form(gateway="nothing"))
    for answer in (ada.get("/checkout/payment"), refused):
        assert targets(answer) == wanted
    for path in ("/cart", "/checkout/contact", "/checkout/shipping", "/account/login", "/nowhere"):
        assert targets(ada.get(path)) == ["'self'"], path
    sent = ada.place(**ada.payment_form(gateway="elsewhere"))
    assert sent.headers["Location"].startswith("https://pay.example/")


@pytest.mark.parametrize(
    "origin",
    ["https://a.example; script-src *", "https://a.example/path", "javascript:", "*", "https://", ""],
)
def test_what_is_no_origin_never_gets_into_the_policy(shop, origin):
    with shop.test_request_context("/"), pytest.raises(ValueError, match="not an origin"):
        allow_form_targets([origin])
