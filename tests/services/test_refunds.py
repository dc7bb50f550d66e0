"""Money that goes back: never more than came, once per key, and never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.core.database import transaction
from storefront.core.store import store_values
from storefront.inventory import service as inventory
from storefront.ordering import service
from storefront.ordering.errors import CannotReturn, KeyUsed, RefundTooLarge
from storefront.ordering.service.gateways.fake import fake_party, send_webhooks
from tests.services import selling

pytestmark = pytest.mark.both


def test_in_parts_and_then_all_of_it(paid):
    total = paid.total
    assert service.refund_order(paid.id, 1000, key="a", reason="Scratched").state == "succeeded"
    order = service.get_order(paid.id)
    assert (order.payment_state, order.payment.refunded_minor) == ("partially_refunded", 1000)
    assert service.refundable(paid.id) == total - 1000
    with pytest.raises(RefundTooLarge) as refused:
        service.refund_order(paid.id, total - 999, key="b")
    assert refused.value.left_minor == total - 1000
    service.refund_order(paid.id, total - 1000, key="c")
    assert service.get_order(paid.id).payment_state == "refunded"
    assert len(selling.mails("order_refunded")) == 2
    assert selling.findings() == []


def test_the_same_key_is_the_same_refund(paid):
    first, again = (service.refund_order(paid.id, 500, key="once") for _ in range(2))
    assert first == again
    assert service.get_order(paid.id).payment.refunded_minor == 500
    with pytest.raises(KeyUsed):
        service.refund_order(paid.id, 501, key="once")


def test_nothing_and_less_are_refused(paid):
    for amount in (0, -1):
        with pytest.raises(RefundTooLarge):
            service.refund_order(paid.id, amount, key=f"k{amount}")


def test_an_unpaid_order_has_nothing_to_give_back(ready):
    placed = selling.place([(ready.one, 1)])
    with pytest.raises(RefundTooLarge):
        service.refund_order(placed.order_id, 1, key="k")


def test_a_refund_without_an_answer_stays_unknown_until_the_bank_says(paid, clock):
    fake_party().be_silent(clock.now() + timedelta(minutes=15))
    assert service.refund_order(paid.id, 600, key="k").state == "unknown"
    order = service.get_order(paid.id)
    assert (order.payment.refunding_minor, order.payment.refunded_minor) == (600, 0)
    with pytest.raises(RefundTooLarge):
        service.refund_order(paid.id, paid.total - 599, key="too-much-beside-it")
    for _minute in range(21):
        clock.shift(timedelta(minutes=1))
        service.reconcile_due()
    order = service.get_order(paid.id)
    assert (order.payment.refunding_minor, order.payment.refunded_minor) == (0, 600)
    assert fake_party().shown(paid.key)["refunded"] == 600
    assert selling.findings() == []


def test_the_banks_message_about_our_refund_changes_nothing_more(paid):
    service.refund_order(paid.id, 600, key="k")
    assert send_webhooks() == 1
    assert service.get_order(paid.id).payment.refunded_minor == 600
    assert len(service.get_order(paid.id).refunds) == 1


def test_money_given_back_at_the_bank_is_taken_in(paid):
    payment = selling.payment_of(paid.id)
    service.apply_event(selling.event(payment, "refunded", "ev-at-bank", amount_minor=700))
    order = service.get_order(paid.id)
    assert (order.payment_state, [one.who for one in order.refunds]) == ("partially_refunded", ["gateway"])
    service.apply_event(selling.event(payment, "refunded", "ev-more", amount_minor=paid.total))
    assert [row.kind for row in service.list_attention()] == ["refund_too_large"]
    assert selling.findings() == []


def test_a_refund_that_the_bank_refuses_is_free_again_and_looked_at(paid):
    fake_party().refund("elsewhere", paid.key, paid.total)  # the bank has nothing left
    assert service.refund_order(paid.id, 100, key="k", lines=[(paid.line, 1)]).state == "failed"
    order = service.get_order(paid.id)
    assert (order.payment.refunding_minor, order.lines[0].refunded) == (0, 0)
    assert [row.kind for row in service.list_attention()] == ["refund_failed"]
    assert selling.findings() == []


def test_pieces_go_back_to_the_shelf_when_asked(paid, ready):
    service.refund_order(paid.id, 1290, key="k", lines=[(paid.line, 1)], restock=True)
    assert inventory.availability([ready.one])[ready.one].available == 4
    line = service.get_order(paid.id).lines[0]
    assert (line.refunded, line.returned) == (1, 1)
    with pytest.raises(CannotReturn):
        service.refund_order(paid.id, 100, key="k2", lines=[(paid.line, 2)])
    assert service.get_order(paid.id).payment.refunded_minor == 1290
    assert selling.findings() == []


def test_a_transfer_goes_back_by_hand(ready):
    with transaction() as tx:
        store_values(tx, selling.BANK)
    placed = selling.place([(ready.one, 1)], gateway="transfer")
    service.mark_paid(placed.order_id, "Olga")
    asked = service.refund_order(placed.order_id, 500, key="k")
    assert asked.state == "pending"
    service.mark_refunded(asked.public_id, "Olga")
    service.mark_refunded(asked.public_id, "Olga")
    assert service.get_order(placed.order_id).payment.refunded_minor == 500
    assert len(selling.mails("order_refunded")) == 1 and selling.findings() == []


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def ready(app_context, clock):
    with transaction() as tx:
        return selling.stock_up(tx)


class Paid:
    """A paid order of two lamps."""

    def __init__(self, ready: selling.Ready) -> None:
        placed = selling.place([(ready.one, 2)], customer_id=ready.person)
        assert selling.pay(placed.order_id, "approve").kind == "done"
        order = service.get_order(placed.order_id)
        self.id, self.total, self.line = placed.order_id, order.total_minor, order.lines[0].id
        self.key = selling.payment_of(placed.order_id).idempotency_key


@pytest.fixture
def paid(ready):
    return Paid(ready)
