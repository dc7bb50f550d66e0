"""Orders that end, are sent, come back, and what their buyers own meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.cart import service as cart
from storefront.core.database import transaction
from storefront.core.errors import NotFound
from storefront.core.events import publish, sweep
from storefront.core.store import store_values
from storefront.customers.events import EmailConfirmed
from storefront.inventory import service as inventory
from storefront.ordering import service
from storefront.ordering.errors import CannotCancel, CannotReturn, CannotShip
from storefront.ordering.service.gateways.fake import fake_party
from tests.services import selling

pytestmark = pytest.mark.both


# --- ending -----------------------------------------------------------------------------------------------


def test_an_unpaid_order_ends_after_an_hour_and_all_comes_back(ready, clock):
    added = cart.add_to_cart(None, ready.one, 2)
    facts = {"coupons": ("ONCE",), "email_key": "ada@example.test"}
    placed = selling.place([(ready.one, 2)], cart_id=added.ref.cart_id, quote_facts=facts)
    assert cart.load_cart(added.ref).lines == ()
    clock.shift(timedelta(minutes=59))
    assert service.expire_due() == 0
    clock.shift(timedelta(minutes=1))
    assert [service.expire_due(), service.expire_due()] == [1, 0]
    order = service.get_order(placed.order_id)
    assert (order.status, order.cancel_reason, order.payment_state) == ("cancelled", "expired", "cancelled")
    assert inventory.availability([ready.one])[ready.one].available == 5
    assert [line.quantity for line in cart.load_cart(added.ref).lines] == [2]
    assert selling.quoted([(ready.one, 1)], **facts)[1].discount_minor > 0
    assert selling.findings() == []


def test_an_order_at_the_bank_is_let_go_before_it_ends(ready, clock):
    placed = selling.place([(ready.one, 1)])
    service.start_payment(placed.order_id)
    key = selling.payment_of(placed.order_id).idempotency_key
    clock.shift(timedelta(minutes=61))
    assert service.expire_due() == 1
    assert fake_party().shown(key)["state"] == "cancelled"
    assert fake_party().pay(key, "approve") == "cancelled"
    sweep()  # the worker was there all the hour
    assert selling.findings() == []


def test_an_order_that_was_paid_at_the_last_moment_does_not_end(ready, clock):
    placed = selling.place([(ready.one, 1)])
    service.start_payment(placed.order_id)
    fake_party().pay(selling.payment_of(placed.order_id).idempotency_key, "approve")
    clock.shift(timedelta(minutes=61))
    assert service.expire_due() == 0
    assert service.get_order(placed.order_id).status == "confirmed"
    assert inventory.availability([ready.one])[ready.one].available == 4


def test_while_the_bank_is_silent_an_order_does_not_end(ready, clock):
    placed = selling.place([(ready.one, 1)])
    service.start_payment(placed.order_id)
    clock.shift(timedelta(minutes=61))
    fake_party().be_silent(clock.now() + timedelta(minutes=10))
    assert service.expire_due() == 0
    clock.shift(timedelta(minutes=11))
    assert service.expire_due() == 1
    assert service.get_order(placed.order_id).status == "cancelled"


def test_a_transfer_that_never_came_ends(ready, clock):
    with transaction() as tx:
        store_values(tx, {**selling.BANK, "transfer_days": 3})
    placed = selling.place([(ready.one, 1)], gateway="transfer")
    clock.shift(timedelta(days=3))
    assert service.expire_due() == 1
    order = service.get_order(placed.order_id)
    assert (order.status, order.cancel_reason, order.invoice_number) == ("cancelled", "unpaid", "INV-000001")
    assert len(selling.mails("order_cancelled")) == 1
    sweep()  # the worker was there all those days
    assert inventory.availability([ready.one])[ready.one].available == 5 and selling.findings() == []


def test_cancelling_a_paid_order_gives_the_money_back(ready):
    placed = selling.place([(ready.one, 1)], customer_id=ready.person)
    selling.pay(placed.order_id, "approve")
    assert service.owns(ready.person, ready.lamp)
    service.cancel_order(placed.order_id, reason="customer", who="customer")
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state) == ("cancelled", "refunded")
    assert not service.owns(ready.person, ready.lamp)
    assert inventory.availability([ready.one])[ready.one].available == 5
    with pytest.raises(CannotCancel):
        service.cancel_order(placed.order_id)
    assert inventory.availability([ready.one])[ready.one].available == 5 and selling.findings() == []


def test_cancelling_lets_authorized_money_go(ready):
    placed = selling.place([(ready.one, 1)])
    selling.pay(placed.order_id, "authorize")
    service.cancel_order(placed.order_id)
    assert service.get_order(placed.order_id).payment_state == "cancelled"
    assert service.capture_payment(placed.order_id) == "cancelled"
    assert service.list_attention() == [] and selling.findings() == []


def test_a_customer_does_not_cancel_while_the_payment_is_open(ready):
    placed = selling.place([(ready.one, 1)])
    selling.pay(placed.order_id, "late")
    with pytest.raises(CannotCancel):
        service.cancel_order(placed.order_id, reason="customer")


# --- sending and coming back ------------------------------------------------------------------------------


def test_in_two_parcels(ready):
    placed = selling.place([(ready.one, 2), (ready.two, 1)])
    with pytest.raises(CannotShip):
        service.ship(placed.order_id)
    selling.pay(placed.order_id, "approve")
    lamp = service.get_order(placed.order_id).lines[0].id
    first = service.ship(placed.order_id, [(lamp, 1)], form_key="f1", carrier="Post", tracking="X1")
    assert service.ship(placed.order_id, [(lamp, 1)], form_key="f1") == first
    order = service.get_order(placed.order_id)
    assert (order.fulfilment_state, order.status) == ("partial", "confirmed")
    with pytest.raises(CannotShip) as refused:
        service.ship(placed.order_id, [(lamp, 2)])
    assert refused.value.left == 1
    with pytest.raises(CannotCancel):
        service.cancel_order(placed.order_id)
    service.ship(placed.order_id)
    order = service.get_order(placed.order_id)
    assert (order.fulfilment_state, order.status) == ("fulfilled", "completed")
    assert order.shipments[0].lines == ((lamp, 1),)
    assert len(selling.mails("order_shipped")) == 2 and selling.findings() == []
    with pytest.raises(CannotShip):
        service.ship(placed.order_id)


def test_what_was_paid_back_before_is_not_sent(ready):
    placed = selling.place([(ready.one, 2)])
    selling.pay(placed.order_id, "approve")
    line = service.get_order(placed.order_id).lines[0].id
    service.refund_order(placed.order_id, 1290, key="k", lines=[(line, 1)])
    with pytest.raises(CannotShip):
        service.ship(placed.order_id, [(line, 2)])
    service.ship(placed.order_id)
    assert service.get_order(placed.order_id).lines[0].fulfilled == 1


def test_a_return_is_asked_for_received_and_put_back(ready):
    placed = selling.place([(ready.one, 2)], customer_id=ready.person)
    selling.pay(placed.order_id, "approve")
    line = service.get_order(placed.order_id).lines[0].id
    with pytest.raises(CannotReturn):
        service.request_return(placed.order_id, [(line, 1)])
    service.ship(placed.order_id)
    number = service.request_return(placed.order_id, [(line, 2)], reason="Too bright")
    with pytest.raises(CannotReturn):
        service.request_return(placed.order_id, [(line, 1)])
    assert service.receive_return(placed.order_id, [(line, 1)], number=number) == number
    order = service.get_order(placed.order_id)
    assert [(one.number, one.state, one.restocked) for one in order.returns] == [(number, "received", True)]
    assert order.lines[0].returned == 1
    assert inventory.availability([ready.one])[ready.one].available == 4
    with pytest.raises(NotFound):
        service.receive_return(placed.order_id, [(line, 1)], number=number)
    service.receive_return(placed.order_id, [(line, 1)], restock=False)
    assert inventory.availability([ready.one])[ready.one].available == 4
    assert not service.owns(ready.person, ready.lamp)
    assert sum(one.total_minor for one in service.get_order(placed.order_id).returns) == 2 * 1290
    assert selling.findings() == []


def test_a_refused_return_may_be_asked_for_again(ready):
    placed = selling.place([(ready.one, 1)])
    selling.pay(placed.order_id, "approve")
    service.ship(placed.order_id)
    line = service.get_order(placed.order_id).lines[0].id
    number = service.request_return(placed.order_id, [(line, 1)])
    service.refuse_return(placed.order_id, number)
    assert service.request_return(placed.order_id, [(line, 1)]) != number


# --- owning -----------------------------------------------------------------------------------------------


def test_who_pays_owns_until_it_is_paid_back(ready):
    placed = selling.place([(ready.one, 1), (ready.two, 1)], customer_id=ready.person)
    assert not service.owns(ready.person, ready.lamp)
    selling.pay(placed.order_id, "approve")
    assert service.owns(ready.person, ready.lamp) and service.owners_of(ready.lamp) == [ready.person]
    lamp = service.get_order(placed.order_id).lines[0].id
    service.refund_order(placed.order_id, 1290, key="k", lines=[(lamp, 1)])
    assert not service.owns(ready.person, ready.lamp) and service.owns(ready.person, ready.cord)
    assert set(service.owned_products(ready.person)) == {ready.cord}


def test_guest_orders_join_the_account_once_the_address_is_proved(ready):
    mine = selling.place([(ready.one, 1)], email="BOB@example.test")
    other = selling.place([(ready.two, 1)], email="eve@example.test")
    selling.pay(mine.order_id, "approve")
    assert service.orders_of(ready.person) == [] and not service.owns(ready.person, ready.lamp)
    with transaction() as tx:
        publish(tx, EmailConfirmed(customer_id=ready.person, email_key="bob@example.test"))
    assert [row.id for row in service.orders_of(ready.person)] == [mine.order_id]
    assert service.owns(ready.person, ready.lamp)
    assert service.get_order(other.order_id).customer_id is None
    assert service.get_order_by_number(mine.number, customer_id=ready.person).id == mine.order_id
    with pytest.raises(NotFound):
        service.get_order_by_number(other.number, customer_id=ready.person)


# --- reading ----------------------------------------------------------------------------------------------


def test_lists_and_links(ready):
    first = selling.place([(ready.one, 2)], email="ann%_@example.test")
    second = selling.place([(ready.two, 1)], email="zoe@example.test")
    selling.pay(second.order_id, "approve")
    numbers = [row.number for row in service.list_orders()]
    assert numbers == [second.number, first.number]
    wanted = service.OrderFilter(status=("confirmed",))
    assert [row.number for row in service.list_orders(wanted)] == [second.number]
    assert service.count_orders(service.OrderFilter(text="%_")) == 1
    assert service.count_orders(service.OrderFilter(text=first.number.lower())) == 1
    assert service.list_orders(sort="total")[0].pieces == 1
    assert service.order_of_link(first.public_token).number == first.number
    fresh = service.renew_link(first.order_id, "Olga")
    assert service.order_of_link(fresh).number == first.number
    for wrong in (first.public_token, first.public_token[:-1] + "x", "", first.number, "x" * 5000):
        with pytest.raises(NotFound):
            service.order_of_link(wrong)
    assert service.reorder_lines(first.order_id) == [(ready.one, 2)]
    assert service.count_to_ship() == 1


@pytest.fixture
def ready(app_context, clock):
    with transaction() as tx:
        return selling.stock_up(tx)
