"""Placing orders: everything or nothing, once per token, in one command without hooks."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from storefront.core.database import in_transaction, transaction
from storefront.core.imports.exporting import export_file
from storefront.core.store import store_values
from storefront.inventory import service as inventory
from storefront.inventory.errors import SoldOut
from storefront.ordering import service
from storefront.ordering.errors import KeyUsed, NoSuchGateway, QuoteChanged
from storefront.ordering.service.gateways import AskedInside, ask
from storefront.ordering.service.locking import patiently
from storefront.pricing.errors import ClaimSpent
from tests.services import selling

pytestmark = pytest.mark.both


def test_an_order_is_what_was_quoted(ready, rows):
    placed = selling.place([(ready.one, 2), (ready.two, 1)], email="Ada@Example.test", note="Ring twice")
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state, order.fulfilment_state) == (
        "pending",
        "created",
        "unfulfilled",
    )
    assert order.total_minor == 2 * 1290 + 500 + selling.POST
    assert order.lines_minor + order.charges_minor == order.total_minor
    assert [(line.title, line.quantity, line.unit_minor) for line in order.lines] == [
        ("Lamp", 2, 1290),
        ("Cord", 1, 500),
    ]
    assert order.number.startswith("R-") and len(order.public_token) >= 22
    assert order.invoice_number is None
    assert placed.needs_payment and not placed.existing
    assert [entry.kind for entry in order.timeline] == ["placed"]
    assert rows("SELECT count(*) FROM outbox WHERE event = 'ordering.OrderPlaced'") == [(1,)]
    assert inventory.availability([ready.one])[ready.one].available == 3
    assert selling.findings() == []


def test_titles_are_in_the_customers_language(ready):
    placed = selling.place([(ready.one, 1)], locale="zh")
    assert service.get_order(placed.order_id).lines[0].title == "台灯"


def test_the_same_token_is_the_same_order(ready, rows):
    wanted = selling.placement([(ready.one, 1)], token="twice-and-again-1234")
    first, second = service.place_order(wanted), service.place_order(wanted)
    assert (second.order_id, second.number, second.existing) == (first.order_id, first.number, True)
    assert rows("SELECT count(*) FROM orders WHERE origin = 'shop'") == [(1,)]
    assert inventory.availability([ready.one])[ready.one].available == 4


def test_somebody_elses_token_shows_nothing(ready):
    selling.place([(ready.one, 1)], token="mine-and-mine-alone", cart_id=None)
    with pytest.raises(KeyUsed):
        selling.place([(ready.two, 1)], token="mine-and-mine-alone", customer_id=ready.person)


def test_a_changed_price_is_shown_and_nothing_is_taken(ready, rows):
    wanted = selling.placement([(ready.one, 1)])
    with transaction() as tx:
        tx.execute(sa.text("UPDATE variant SET price_minor = 1 WHERE id = :id"), {"id": ready.one})
    with pytest.raises(QuoteChanged) as refused:
        service.place_order(wanted)
    assert refused.value.new_quote.total_minor == 1 + selling.POST
    assert nothing_left(rows) and inventory.availability([ready.one])[ready.one].available == 5


def test_sold_out_leaves_nothing(ready, rows):
    wanted = selling.placement([(ready.two, 1), (ready.one, 6)])
    with pytest.raises(SoldOut) as refused:
        service.place_order(wanted)
    assert (refused.value.variant_id, refused.value.left) == (ready.one, 5)
    assert nothing_left(rows)
    assert inventory.availability([ready.two])[ready.two].available == 5


def test_a_coupon_that_is_used_up_leaves_nothing(ready, rows):
    facts = {"coupons": ("ONCE",), "email_key": "ada@example.test"}
    first, late = (selling.placement([(ready.one, 1)], quote_facts=facts) for _ in range(2))
    service.place_order(first)
    with pytest.raises((ClaimSpent, QuoteChanged)):
        service.place_order(late)
    assert rows("SELECT count(*) FROM orders WHERE origin = 'shop'") == [(1,)]
    assert inventory.availability([ready.one])[ready.one].available == 4
    assert selling.findings() == []


def test_what_was_held_for_the_shopper_is_used(ready):
    with transaction() as tx:
        inventory.hold(tx, "cart:7", {ready.one: 5})
    placed = selling.place([(ready.one, 5)], holder="cart:7")
    assert placed.needs_payment
    assert inventory.availability([ready.one])[ready.one].available == 0
    assert selling.findings() == []


def test_a_gateway_that_is_not_offered_is_refused(ready, rows):
    with pytest.raises(NoSuchGateway):
        selling.place([(ready.one, 1)], gateway="transfer")
    with pytest.raises(NoSuchGateway):
        selling.place([(ready.one, 1)], gateway="gold")
    assert nothing_left(rows)


def test_an_order_paid_by_transfer_counts_at_once_and_expires(ready, clock):
    with transaction() as tx:
        store_values(tx, {**selling.BANK, "transfer_days": 7, "invoice_prefix": "RE-"})
    placed = selling.place([(ready.one, 1)], gateway="transfer")
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state, placed.needs_payment) == ("confirmed", "pending", False)
    assert order.invoice_number == "RE-000001"
    assert order.expires_at == clock.now() + timedelta(days=7)
    assert len(selling.mails()) == 1
    assert selling.mails()[0].context["order"]["bank"]["account"] == selling.BANK["bank_account"]
    assert selling.findings() == []


def test_an_order_that_costs_nothing_is_paid(ready):
    facts = {"coupons": ("FREE",), "shipping_method": "gift"}
    placed = selling.place([(ready.one, 1)], gateway="", quote_facts=facts)
    order = service.get_order(placed.order_id)
    assert (order.total_minor, order.status, order.payment_state) == (0, "confirmed", "captured")
    assert not placed.needs_payment and order.paid_at is not None
    assert selling.findings() == []


def test_no_hook_and_no_gateway_is_called_inside_the_command(ready, app):
    called: list[tuple[str, bool]] = []
    manager = app.extensions["regulars_plugins"]
    stop = manager.add_hookcall_monitoring(
        lambda name, *_more: called.append((name, in_transaction())), lambda *_more: None
    )
    for known in ("regulars_store_settings", "regulars_gateways"):
        app.extensions.pop(known, None)
    try:
        placed = selling.place([(ready.one, 1)])
        selling.pay(placed.order_id, "approve")
        service.cancel_order(placed.order_id)
    finally:
        stop()
    assert "register_payment_gateways" in {name for name, _inside in called}
    assert [name for name, inside in called if inside] == []


def test_a_gateway_asked_inside_a_command_is_an_error(ready):
    with pytest.raises(AskedInside), transaction():
        ask(lambda: None)


def test_an_order_is_exported_with_all_that_makes_up_its_total(ready, tmp_path):
    placed = selling.place([(ready.one, 2), (ready.two, 1)], quote_facts={"coupons": ("ONCE",)})
    export_file("orders", tmp_path / "orders.csv")
    with (tmp_path / "orders.csv").open(encoding="utf-8") as file:
        head, *lines = list(csv.DictReader(file))
    total = sum(Decimal(line["total"]) for line in lines)
    total += Decimal(head["tax"] or 0) - Decimal(head["discount"] or 0)
    assert (head["number"], head["status"]) == (placed.number, "pending")
    assert [line["line_kind"] for line in lines] == ["product", "product", "charge"]
    assert total * 100 == service.get_order(placed.order_id).total_minor


def test_a_command_that_others_were_in_the_way_of_is_run_again():
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries = []

    def second_time_lucky() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise sa.exc.OperationalError("UPDATE", {}, Deadlock())
        return "done"

    assert patiently(second_time_lucky) == "done" and len(tries) == 2
    with pytest.raises(sa.exc.OperationalError):
        patiently(lambda: (_ for _ in ()).throw(sa.exc.OperationalError("x", {}, Exception("disk full"))))


def nothing_left(rows) -> bool:
    counted = ("SELECT count(*) FROM orders", "SELECT count(*) FROM payment", "SELECT count(*) FROM outbox")
    return all(rows(query) == [(0,)] for query in counted)


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def ready(app_context, clock):
    with transaction() as tx:
        return selling.stock_up(tx)
