"""Buying over HTTP: the steps, their refusals, and that one form makes one order."""

from __future__ import annotations

import pytest

from tests import factories as make
from tests.selling import ADDRESS, Shopper, open_for_sale


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        make.product(t, "cup", title="Cup", price=1290, sku="CUP", stock=10)
        make.product(t, "pot", title="Pot", price=3000, sku="POT", stock=3)
        make.product(t, "unrelated", sku="OTHER")
    return app


@pytest.fixture
def ada(shop):
    return Shopper(shop)


def orders(rows):
    return rows("SELECT * FROM orders WHERE origin = 'shop' ORDER BY id")


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
    page = ada.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'data-page="checkout-done"' in page and order.number in page and "ada@example.test" in page
    assert ada.cart() == {}
