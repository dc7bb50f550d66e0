"""After the order: an account for it, its address kept, paying again, gateways on other hosts."""

from __future__ import annotations

import pytest

from storefront.customers.service import give_account, hash_password
from tests import factories as make
from tests.pages.accounts import link_in, send, work
from tests.selling import Shopper, open_for_sale

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
