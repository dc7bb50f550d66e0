"""Mails about orders, each from a real order, in both languages: what they say, where their links lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.core.mail.composing import compose
from storefront.core.models import MailMessage
from storefront.ordering import service
from storefront.ordering.models import Order
from storefront.ordering.service.answering import accept_return
from tests.pages.sold import open_shop

CARDS = (
    "order_confirmation",
    "order_shipped",
    "order_delivered",
    "order_refunded",
    "order_return_received",
    "order_return_accepted",
    "order_changed",
)
ALL = (*CARDS, "order_paid", "payment_reminder", "order_cancelled", "order_return_refused")


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("template", ALL)
def test_each_mail_is_written_for_a_real_order(shop, template, locale, app, clock):
    order = happened(shop, template, locale, clock)
    message = composed(app, template, order)
    html = message.alternatives[0][0]
    link = f"https://shop.test{'/zh' if locale == 'zh' else ''}/orders/{order.public_token}"
    assert order.number in message.subject
    for body in (message.body, html):
        assert link in body, body
        assert "%(" not in body and "None" not in body and "{{" not in body
    assert message.extra_headers["Content-Language"] == {"en": "en", "zh": "zh-CN"}[locale]
    assert order.public_token not in message.subject
    assert "<script" not in html and "style=" in html


@pytest.mark.parametrize("more", [{}, {"gateway": "transfer"}, {"lines": [("cup", 3)]}])
def test_the_sums_of_a_confirmation_are_those_of_the_order(shop, app, more):
    order = shop.place(**more) if more.get("gateway") else shop.paid(**more)
    text = composed(app, "order_confirmation", order).body
    for minor in (
        order.total_minor,
        order.tax_minor,
        order.shipping_minor,
        *(one.total_minor for one in order.lines),
    ):
        assert f"£{minor / 100:.2f}" in text, (minor, text)


def test_a_transfer_is_told_where_the_money_goes_and_a_card_is_not(shop, app):
    transfer = composed(app, "order_confirmation", shop.place(gateway="transfer"))
    assert "GB00TEST00000000000000" in transfer.body and "GB00TEST" in transfer.alternatives[0][0]
    assert "GB00TEST" not in composed(app, "order_confirmation", shop.paid()).body


def test_a_parcel_says_what_is_in_it_and_how_to_follow_it(shop, app):
    order = shop.paid()
    cup = order.lines[1]
    shop.do(
        service.ship, order.id, [(cup.id, 1)], carrier="Swift", tracking="S1", tracking_url="https://s.test/1"
    )
    text = composed(app, "order_shipped", order).body
    assert "1 × Fine cup" in text and "Fine lamp" not in text and "https://s.test/1" in text
    assert "The rest follows." in text


def test_what_is_collected_is_ready_and_not_on_its_way(shop, app, tx):
    order = shop.paid()
    with tx() as t:
        row = t.get(Order, order.id)
        row.pricing = {**row.pricing, "shipping_kind": "pickup", "shipping_note": "Mon to Sat, 9 to 18"}
    shop.do(service.ship, order.id)
    message = composed(app, "order_shipped", order)
    assert "can be collected" in message.subject
    assert "Mon to Sat, 9 to 18" in message.body and "Where it goes" not in message.body


def test_whoever_cancelled_unpaid_pays_nothing_and_whoever_paid_gets_it_back(shop, app):
    unpaid, paid = shop.place(gateway="transfer"), shop.paid()
    for order in (unpaid, paid):
        shop.do(service.cancel_order, order.id, reason="customer")
    assert "Nothing has to be paid" in composed(app, "order_cancelled", unpaid).body
    assert "Your money goes back" in composed(app, "order_cancelled", paid).body


def test_nothing_that_opens_a_door_is_in_a_mail_but_the_link(shop, app, rows):
    order = shop.paid()
    message = composed(app, "order_confirmation", order)
    kept = rows("SELECT checkout_token FROM orders")[0][0]
    keys = [key for (key,) in rows("SELECT idempotency_key FROM payment")]
    for body in (message.body, message.alternatives[0][0]):
        assert kept not in body and all(key not in body for key in keys)


def test_names_of_things_are_words_in_a_mail(shop, app, tx):
    from storefront.catalog.models import ProductText

    nasty = "<b onmouseover=alert(1)>Cup</b>"
    with tx() as t:
        t.execute(sa.update(ProductText).where(ProductText.title == "Fine cup").values(title=nasty))
    html = composed(app, "order_confirmation", shop.paid()).alternatives[0][0]
    assert "<b onmouseover" not in html and "&lt;b onmouseover" in html


# --- fixtures ---------------------------------------------------------------------------------------------


def happened(shop, template, locale, clock):
    """An order to which that happened which this mail tells of."""
    if template in {"order_paid", "payment_reminder"}:
        order = shop.place(gateway="transfer", locale=locale)
        if template == "order_paid":
            shop.do(service.mark_paid, order.id, "Olga")
        else:
            clock.shift(timedelta(days=6))
            shop.do(service.remind_due)
        return order
    unsent = template in {"order_cancelled", "order_changed"}
    order = shop.paid(locale=locale) if unsent else shop.sent(locale=locale)
    line = order.lines[0].id
    if template == "order_changed":
        shop.do(service.take_out, order.id, [(line, 1)], key="k" * 20)
    if template == "order_cancelled":
        shop.do(service.cancel_order, order.id)
    if template == "order_delivered":
        shop.do(service.mark_delivered, order.id, who="Olga")
    if template == "order_refunded":
        shop.do(service.refund_order, order.id, 500, key="k")
    if template.startswith("order_return"):
        number = shop.do(service.request_return, order.id, [(line, 1)], reason="too big")
        if template == "order_return_received":
            shop.do(service.receive_return, order.id, [(line, 1)], number=number)
        elif template == "order_return_accepted":
            shop.do(
                accept_return, order.id, number, send_to="Returns desk\n1 Yard", reason="Bubble wrap, please."
            )
        else:
            shop.do(service.refuse_return, order.id, number, reason="It was opened.")
    return order


def composed(app, template, order):
    """The message of this template about this order, as it would be sent."""
    with app.app_context():
        from storefront.core.database import db

        query = sa.select(MailMessage).where(
            MailMessage.template == template, MailMessage.dedupe_key.startswith(order.number)
        )
        row = db.session.execute(query).scalars().one()
        return compose(row)


@pytest.fixture
def app(make_shop):
    """A shop whose links lead to an address of its own."""
    return make_shop(base_url="https://shop.test")


@pytest.fixture
def shop(app, tx, clock):
    return open_shop(app, tx)
