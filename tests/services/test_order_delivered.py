"""Parcels that arrived: who may say so, what it changes, whom it tells."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from storefront.core.clock import now as today
from storefront.core.database import transaction
from storefront.ordering import service
from storefront.ordering.errors import NothingOnItsWay
from storefront.ordering.models import Order
from storefront.ordering.service.showing import order_page, returnable_now
from tests.services import selling

pytestmark = pytest.mark.both


@pytest.fixture
def ready(app_context, tx):
    with tx() as t:
        return selling.stock_up(t)


def paid(ready, pieces=2):
    placed = selling.place([(ready.one, pieces)])
    selling.pay(placed.order_id, "approve")
    return placed.order_id


def kinds(order_id):
    return [entry.kind for entry in service.get_order(order_id).timeline]


def collected(order_id):
    """Make the order one whose buyer comes for it."""
    with transaction() as t:
        row = t.get(Order, order_id)
        row.pricing = {**row.pricing, "shipping_kind": "pickup"}


def test_the_shop_says_it_and_the_buyer_is_told_once(ready):
    order_id = paid(ready)
    service.ship(order_id)
    assert service.mark_delivered(order_id, who="Olga") == 1
    assert service.mark_delivered(order_id, who="Olga") == 0
    order = service.get_order(order_id)
    assert order.arrived_at is not None and kinds(order_id).count("delivered") == 1
    assert len(selling.mails("order_delivered")) == 1 and selling.findings() == []


def test_who_says_it_arrived_gets_no_mail_about_it(ready):
    order_id = paid(ready)
    service.ship(order_id)
    service.mark_delivered(order_id, who="customer")
    assert service.get_order(order_id).arrived_at is not None
    assert selling.mails("order_delivered") == []


def test_what_was_collected_needs_no_mail(ready):
    order_id = paid(ready)
    collected(order_id)
    service.ship(order_id)
    service.mark_delivered(order_id, who="Olga")
    assert selling.mails("order_delivered") == []


def test_an_order_of_two_parcels_has_arrived_with_the_second(ready):
    order_id = paid(ready)
    line = service.get_order(order_id).lines[0].id
    service.ship(order_id, [(line, 1)])
    service.mark_delivered(order_id)
    assert service.get_order(order_id).arrived_at is None
    service.ship(order_id, [(line, 1)])
    assert service.get_order(order_id).arrived_at is None
    service.mark_delivered(order_id)
    assert service.get_order(order_id).arrived_at is not None
    assert len(selling.mails("order_delivered")) == 2


@pytest.mark.parametrize("state", ["unsent", "cancelled", "refunded"])
def test_what_is_not_on_its_way_cannot_arrive(ready, state):
    order_id = paid(ready)
    if state == "cancelled":
        service.cancel_order(order_id, reason="owner")
    if state == "refunded":
        service.ship(order_id)
        service.refund_order(order_id, service.get_order(order_id).total_minor, key="all")
        selling.send_webhooks()
    with pytest.raises(NothingOnItsWay):
        service.mark_delivered(order_id)
    assert "delivered" not in kinds(order_id)


def test_said_twice_at_the_same_moment_it_stands_there_once(ready, app):
    order_id = paid(ready)
    service.ship(order_id)
    told = []

    def say():
        with app.app_context():
            told.append(service.mark_delivered(order_id, who="Olga"))

    both = [threading.Thread(target=say) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == [0, 1]
    assert kinds(order_id).count("delivered") == 1 and len(selling.mails("order_delivered")) == 1


def test_what_arrives_late_may_be_sent_back_as_long_as_if_it_had_come_in_time(ready, clock):
    order_id = paid(ready)
    service.ship(order_id)
    before = order_page(service.get_order(order_id)).returns_until
    clock.shift(timedelta(days=10))
    service.mark_delivered(order_id)
    page = order_page(service.get_order(order_id))
    assert page.returns_until > before
    clock.shift(page.returns_until - today().date())
    assert returnable_now(service.get_order(order_id))
    clock.shift(timedelta(days=1))
    assert not returnable_now(service.get_order(order_id))


def test_what_arrives_early_may_be_sent_back_as_long_as_was_promised(ready):
    order_id = paid(ready)
    with transaction() as t:
        t.get(Order, order_id).delivery_latest = date(2099, 1, 1)
    service.ship(order_id)
    before = order_page(service.get_order(order_id)).returns_until
    service.mark_delivered(order_id)
    assert order_page(service.get_order(order_id)).returns_until == before
