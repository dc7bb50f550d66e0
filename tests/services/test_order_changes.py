"""Orders that the staff change before they are sent: fewer pieces, another address."""

from __future__ import annotations

import threading

import pytest

from storefront.core.database import db
from storefront.core.store import store_values
from storefront.customers.errors import AddressRefused
from storefront.inventory import service as inventory
from storefront.ordering import service
from storefront.ordering.errors import CannotCorrect, CannotShip, CannotTakeOut, ChangedMeanwhile
from storefront.ordering.service.desk_order import seen_mark
from tests.services import selling

pytestmark = pytest.mark.both
KEY = "form-key-of-this-test"
ADDRESS = {**selling.ADDRESS, "postcode": "EC1Y 8SY"}


@pytest.fixture
def ready(app_context, tx):
    with tx() as t:
        store_values(t, {**selling.BANK, "cash_on_delivery": True})
        return selling.stock_up(t)


def paid(ready, *pieces, **more):
    lines = list(zip((ready.one, ready.two), pieces or (2, 1), strict=False))
    placed = selling.place(lines, **more)
    selling.pay(placed.order_id, "approve")
    return service.get_order(placed.order_id)


def left(variant: int) -> int:
    return inventory.availability([variant])[variant].available


def kinds(order) -> list[str]:
    return [entry.kind for entry in service.get_order(order.id).timeline]


# --- fewer pieces -----------------------------------------------------------------------------------------


def test_pieces_of_a_paid_order_go_back_with_their_price(ready):
    order = paid(ready)
    assert service.take_out(order.id, [(order.lines[0].id, 1)], key=KEY, who="Olga") == 1290
    now = service.get_order(order.id)
    assert (now.payment.refunded_minor, now.payment_state) == (1290, "partially_refunded")
    assert (now.lines[0].cancelled, now.lines[0].came_back, now.total_minor) == (1, 0, order.total_minor)
    assert left(ready.one) == 4
    assert len(selling.mails("order_changed")) == 1 and "taken_out" in kinds(order)
    with pytest.raises(CannotShip):
        service.ship(order.id, [(order.lines[0].id, 2)])
    service.ship(order.id)
    now = service.get_order(order.id)
    assert (now.fulfilment_state, now.status) == ("fulfilled", "completed")
    assert [line.fulfilled for line in now.lines] == [1, 1]
    service.request_return(order.id, [(order.lines[0].id, 1)])
    assert selling.findings() == []


def test_the_last_that_waits_beside_a_parcel_completes_the_order(ready):
    order = paid(ready)
    service.ship(order.id, [(order.lines[0].id, 2)])
    service.take_out(order.id, [(order.lines[1].id, 1)], key=KEY)
    now = service.get_order(order.id)
    assert (now.fulfilment_state, now.status, left(ready.two)) == ("fulfilled", "completed", 5)
    assert selling.findings() == []


def test_an_order_that_is_cancelled_afterwards_gives_each_piece_back_once(ready):
    order = paid(ready)
    service.take_out(order.id, [(order.lines[0].id, 1)], key=KEY)
    service.cancel_order(order.id)
    now = service.get_order(order.id)
    assert now.payment.refunded_minor == order.total_minor
    assert (left(ready.one), left(ready.two)) == (5, 5)
    assert selling.findings() == []


@pytest.mark.parametrize("gateway", ["transfer", "cash_on_delivery"])
def test_an_order_that_is_paid_by_hand_later_costs_less(ready, gateway):
    placed = selling.place(
        [(ready.one, 3), (ready.two, 2)], gateway=gateway, quote_facts={"coupons": ("ONCE",)}
    )
    order = service.get_order(placed.order_id)
    value = service.take_out(order.id, [(order.lines[0].id, 1), (order.lines[1].id, 2)], key=KEY, who="Olga")
    now = service.get_order(order.id)
    assert value == order.total_minor - now.total_minor > 0
    assert [(line.sku, line.quantity) for line in now.lines] == [(order.lines[0].sku, 2)]
    line = now.lines[0]
    assert line.total_minor == 2 * 1290 - line.discount_minor == 2 * 1161
    assert now.discount_minor == line.discount_minor == now.pricing["discounts"][0]["amount_minor"]
    taxes = now.pricing["taxes"]
    assert sum(one["tax_minor"] for one in taxes) == now.tax_minor
    assert sum(one["tax_minor"] + one["base_minor"] for one in taxes) == now.total_minor
    assert now.payment.amount_minor == now.total_minor and (left(ready.one), left(ready.two)) == (3, 5)
    assert service.mark_paid(order.id, "Olga") == "applied"
    service.ship(order.id)
    assert service.get_order(order.id).status == "completed"
    assert selling.findings() == []


def test_what_cannot_be_taken_out_is_refused_and_changes_nothing(ready):
    order = paid(ready)
    one, two = (line.id for line in order.lines)
    for lines in (
        [(one, 3)],
        [(one, 0)],
        [(one, -1)],
        [(one, 2), (one, 1)],
        [(999_999, 1)],
        [(one, 2), (two, 1)],
    ):
        with pytest.raises(CannotTakeOut):
            service.take_out(order.id, lines, key=KEY)
    waiting = selling.place([(ready.one, 1), (ready.two, 1)])
    line = service.get_order(waiting.order_id).lines[0].id
    with pytest.raises(CannotTakeOut):
        service.take_out(waiting.order_id, [(line, 1)], key=KEY)
    assert service.get_order(order.id) == order
    assert selling.findings() == []


def test_a_refund_to_the_shelf_of_what_was_never_sent_is_not_sent_either(ready):
    order = paid(ready)
    line = order.lines[0].id
    service.refund_order(order.id, 1290, key="k", lines=[(line, 1)], restock=True)
    with pytest.raises(CannotShip):
        service.ship(order.id, [(line, 2)])
    service.ship(order.id)
    assert service.get_order(order.id).status == "completed"
    assert selling.findings() == []


def test_two_who_take_out_the_same_at_once_do_it_once(ready, app):
    order = paid(ready, 4, 1)
    seen, line, found = seen_mark(order), order.lines[0].id, []
    start = threading.Barrier(4)

    def take(number: int) -> None:
        with app.app_context():
            start.wait(20)
            try:
                service.take_out(order.id, [(line, 1)], key=f"{KEY}-{number}", seen=seen)
                found.append("done")
            except ChangedMeanwhile:
                found.append("late")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == ["done", "late", "late", "late"]
    assert (service.get_order(order.id).lines[0].cancelled, left(ready.one)) == (1, 2)
    assert selling.findings() == []


# --- another address --------------------------------------------------------------------------------------


def test_an_address_is_corrected_and_nobody_repeats_what_it_says(ready, rows):
    order = paid(ready)
    wanted = {**ADDRESS, "line1": "9 Other Lane", "phone": "020 7946 0000"}
    assert service.correct_address(order.id, wanted, who="Olga") == ("line1", "postcode", "phone")
    now = service.get_order(order.id)
    assert (now.shipping_address["line1"], now.phone) == ("9 Other Lane", "+442079460000")
    assert now.total_minor == order.total_minor
    entry = now.timeline[-1]
    assert (entry.kind, entry.who, entry.data) == (
        "address_corrected",
        "Olga",
        {"parts": ["line1", "postcode", "phone"]},
    )
    assert service.correct_address(order.id, wanted, who="Olga") == ()
    assert kinds(order).count("address_corrected") == 1
    assert selling.findings() == []


def test_an_address_stays_in_its_country_and_must_be_one(ready):
    order = paid(ready)
    service.correct_address(order.id, {**ADDRESS, "country": "DE", "name": "Ada T"})
    assert service.get_order(order.id).shipping_address["country"] == "GB"
    for wrong in ({"postcode": "nowhere"}, {"line1": ""}, {"phone": "call me"}):
        with pytest.raises(AddressRefused):
            service.correct_address(order.id, {**ADDRESS, **wrong})
    assert kinds(order).count("address_corrected") == 1


def test_what_is_on_its_way_or_over_keeps_its_address(ready):
    sent, over = paid(ready, 1), paid(ready, 1)
    service.ship(sent.id)
    service.cancel_order(over.id)
    for order in (sent, over):
        with pytest.raises(CannotCorrect):
            service.correct_address(order.id, {**ADDRESS, "name": "Eve"})
    fresh = paid(ready, 1)
    with pytest.raises(ChangedMeanwhile):
        service.correct_address(fresh.id, {**ADDRESS, "name": "Eve"}, seen="1")
    assert service.get_order(fresh.id).shipping_address == fresh.shipping_address
