"""Payments: each outcome of the bank, heard once however often it is told, and never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.core.database import db, transaction
from storefront.core.errors import NotFound
from storefront.core.store import store_values
from storefront.ordering import service
from storefront.ordering.errors import BadSignature, NotByHand, OrderOver, PaymentUnderWay
from storefront.ordering.rules import payments as rules
from storefront.ordering.service.gateways.fake import fake_party, send_webhooks
from storefront.ordering.service.gateways.fake_party import SIGNATURE
from tests.services import selling

pytestmark = pytest.mark.both


def test_an_approved_card_confirms_the_order_once(ready, rows):
    placed = selling.place([(ready.one, 1)], email="ada@example.test")
    assert selling.pay(placed.order_id, "approve").kind == "done"
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state, order.invoice_number) == (
        "confirmed",
        "captured",
        "INV-000001",
    )
    assert order.payment.captured_minor == order.total_minor and order.paid_at is not None
    assert [mail.to_email for mail in selling.mails()] == ["ada@example.test"]
    assert service.start_payment(placed.order_id).kind == "done"
    for name in ("OrderConfirmed", "OrderPaid"):
        assert rows(f"SELECT count(*) FROM outbox WHERE event = 'ordering.{name}'") == [(1,)]
    assert selling.findings() == []


def test_a_declined_card_leaves_the_order_to_be_tried_again(ready):
    placed = selling.place([(ready.one, 1)])
    step = selling.pay(placed.order_id, "decline")
    assert step.kind == "failed" and step.message
    assert service.get_order(placed.order_id).status == "pending"
    again = service.retry_payment(placed.order_id, "fake")
    assert again.kind == "go"
    fake_party().pay(selling.payment_of(placed.order_id).idempotency_key, "approve")
    assert service.return_from_gateway(placed.public_token).kind == "done"
    order = service.get_order(placed.order_id)
    assert [(one.attempt, one.owner, one.state) for one in order.payments] == [
        (1, False, "failed"),
        (2, True, "captured"),
    ]
    assert selling.findings() == []


def test_changing_to_a_transfer_lets_the_card_go(ready):
    with transaction() as tx:
        store_values(tx, selling.BANK)
    placed = selling.place([(ready.one, 1)])
    assert service.start_payment(placed.order_id).kind == "go"
    assert service.retry_payment(placed.order_id, "transfer").kind == "done"
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state, order.payment.gateway) == ("confirmed", "pending", "transfer")
    assert order.payments[0].state == "cancelled"
    assert fake_party().shown(first_key(placed.order_id))["state"] == "cancelled"
    assert selling.findings() == []


def test_nobody_pays_again_while_a_payment_may_succeed(ready, clock):
    placed = selling.place([(ready.one, 1)])
    assert selling.pay(placed.order_id, "late").kind == "waiting"
    with pytest.raises(PaymentUnderWay):
        service.retry_payment(placed.order_id, "fake")
    clock.shift(timedelta(minutes=11))
    assert service.reconcile_due() == 1
    assert service.get_order(placed.order_id).status == "confirmed"
    assert fake_party().shown(first_key(placed.order_id))["charges"] == 1
    assert selling.findings() == []


def test_a_bank_that_charges_and_falls_silent_is_settled_when_it_speaks(ready, clock):
    placed = selling.place([(ready.one, 1)])
    assert selling.pay(placed.order_id, "timeout").kind == "waiting"
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state) == ("pending", "unknown")
    with pytest.raises(PaymentUnderWay):
        service.retry_payment(placed.order_id, "fake")
    clock.shift(timedelta(minutes=2))
    service.reconcile_due()
    assert service.get_order(placed.order_id).payment_state == "unknown"
    clock.shift(timedelta(minutes=4))
    service.reconcile_due()
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state) == ("confirmed", "captured")
    assert len(selling.mails()) == 1 and selling.findings() == []


def test_an_outage_of_a_quarter_of_an_hour_is_settled_within_five_minutes(ready, clock):
    placed = selling.place([(ready.one, 1)])
    selling.pay(placed.order_id, "late")
    fake_party().be_silent(clock.now() + timedelta(minutes=15))
    for _minute in range(14):
        clock.shift(timedelta(minutes=1))
        service.reconcile_due()
        assert service.get_order(placed.order_id).status == "pending"
    assert service.get_order(placed.order_id).payment_state == "unknown"
    for _minute in range(5):
        clock.shift(timedelta(minutes=1))
        service.reconcile_due()
    assert service.get_order(placed.order_id).status == "confirmed"
    assert fake_party().shown(first_key(placed.order_id))["charges"] == 1


def test_a_bank_that_is_down_at_the_start_charges_nothing_and_may_be_tried_again(ready, clock):
    placed = selling.place([(ready.one, 1)])
    fake_party().be_silent(clock.now() + timedelta(minutes=1))
    assert service.start_payment(placed.order_id).kind == "failed"
    assert service.get_order(placed.order_id).payment_state == "created"
    clock.shift(timedelta(minutes=2))
    assert selling.pay(placed.order_id, "approve").kind == "done"


def test_a_storm_of_messages_is_one_payment(ready, rows):
    placed = selling.place([(ready.one, 1)])
    assert selling.pay(placed.order_id, "storm").kind == "done"
    order = service.get_order(placed.order_id)
    assert (order.status, len(order.payments), len(selling.mails())) == ("confirmed", 1, 1)
    told = rows("SELECT payload FROM payment_event WHERE event_id LIKE 'ev_%'")
    assert len(told) == 2, "pending and captured, eight times each"
    assert service.list_attention() == [] and selling.findings() == []


def test_authorized_money_is_taken_when_the_owner_says(ready):
    placed = selling.place([(ready.one, 1)])
    assert selling.pay(placed.order_id, "authorize").kind == "done"
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state, order.paid_at) == ("confirmed", "authorized", None)
    assert service.capture_payment(placed.order_id) == "captured"
    assert service.get_order(placed.order_id).paid_at is not None
    assert selling.findings() == []


# --- events -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"amount_minor": 1}, "amount_differs"),
        ({"currency": "USD"}, "currency_differs"),
    ],
)
def test_another_amount_or_currency_is_looked_at_and_not_applied(ready, more, kind):
    placed = selling.place([(ready.one, 1)])
    payment = selling.payment_of(placed.order_id)
    assert service.apply_event(selling.event(payment, "captured", **more)) == "attention"
    assert service.get_order(placed.order_id).status == "pending"
    assert [(row.kind, row.order_number) for row in service.list_attention()] == [(kind, placed.number)]


def test_the_same_event_with_other_contents_is_looked_at(ready):
    placed = selling.place([(ready.one, 1)])
    payment = selling.payment_of(placed.order_id)
    assert service.apply_event(selling.event(payment, "captured", "ev-1")) == "applied"
    assert service.apply_event(selling.event(payment, "captured", "ev-1")) == "applied"
    assert service.apply_event(selling.event(payment, "failed", "ev-1")) == "attention"
    assert [row.kind for row in service.list_attention()] == ["same_id_other_content"]
    assert service.get_order(placed.order_id).payment_state == "captured"


def test_a_refund_before_its_capture_waits_for_it(ready):
    placed = selling.place([(ready.one, 1)])
    payment = selling.payment_of(placed.order_id)
    back = selling.event(payment, "refunded", amount_minor=payment.amount_minor)
    assert service.apply_event(back) == "parked"
    assert service.apply_event(selling.event(payment, "captured")) == "applied"
    order = service.get_order(placed.order_id)
    assert order.payment_state == "refunded" and service.list_attention() == []
    assert selling.findings() == []


def test_an_event_of_a_payment_nobody_knows_waits_and_is_then_looked_at(ready, clock, rows):
    placed = selling.place([(ready.one, 1)])
    payment = selling.payment_of(placed.order_id)
    stray = selling.event(payment, "captured", "ev-stray")
    unknown = type(stray)(**{**plain(stray), "key": "nobody-knows-it"})
    assert service.apply_event(unknown) == "parked"
    clock.shift(timedelta(minutes=2))
    assert service.retry_parked() == 0
    clock.shift(timedelta(hours=25))
    assert service.retry_parked() == 1
    assert [row.kind for row in service.list_attention()] == ["unknown_payment"]
    assert rows("SELECT state FROM payment_event WHERE event_id = 'ev-stray'") == [("attention",)]


def test_failed_and_captured_in_either_order_is_captured_and_looked_at(ready):
    for first, second in (("failed", "captured"), ("captured", "failed")):
        placed = selling.place([(ready.one, 1)])
        payment = selling.payment_of(placed.order_id)
        service.apply_event(selling.event(payment, first))
        service.apply_event(selling.event(payment, second))
        order = service.get_order(placed.order_id)
        assert (order.status, order.payment_state) == ("confirmed", "captured")
    assert {row.kind for row in service.list_attention()} == {"paid_after_failure", "contradiction"}
    assert selling.findings() == []


def test_money_for_a_cancelled_order_is_looked_at(ready):
    placed = selling.place([(ready.one, 1)])
    payment = selling.payment_of(placed.order_id)
    service.cancel_order(placed.order_id)
    service.apply_event(selling.event(payment, "captured"))
    order = service.get_order(placed.order_id)
    assert (order.status, order.payment_state) == ("cancelled", "captured")
    assert "paid_after_cancel" in [row.kind for row in service.list_attention()]
    assert selling.mails() == [] and selling.findings() == []
    service.refund_order(placed.order_id, order.total_minor, key="give-it-back")
    assert selling.payment_of(placed.order_id).refunding_minor + order.payment.refunded_minor >= 0


def test_an_earlier_try_that_was_paid_after_all_is_looked_at(ready):
    placed = selling.place([(ready.one, 1)])
    first = selling.payment_of(placed.order_id)
    selling.pay(placed.order_id, "decline")
    service.retry_payment(placed.order_id, "fake")
    fake_party().pay(selling.payment_of(placed.order_id).idempotency_key, "approve")
    service.return_from_gateway(placed.public_token)
    service.apply_event(selling.event(first, "captured", "ev-late"))
    assert {row.kind for row in service.list_attention()} == {"paid_after_failure", "paid_twice"}
    assert len(selling.mails()) == 1 and selling.findings() == []


def test_every_state_knows_every_kind_of_event():
    for state in rules.STATES:
        for kind in rules.KINDS:
            outcome, look = rules.move(state, kind)
            assert outcome in {*rules.STATES, rules.IGNORE, rules.LATER, rules.ATTENTION}
            if outcome in rules.DEAD:
                assert state not in rules.PAID, "money that moved is never forgotten"
            assert look or outcome != rules.ATTENTION


# --- messages ---------------------------------------------------------------------------------------------


def test_forged_stale_and_future_messages_have_no_effect(ready, clock, rows):
    placed = selling.place([(ready.one, 1)])
    service.start_payment(placed.order_id)
    party, key = fake_party(), first_key(placed.order_id)
    party.pay(key, "approve")
    body = party.take_messages()[0]
    good = party.sign(body)
    bad = [
        ({}, body),
        ({SIGNATURE: good[:-1] + ("0" if good[-1] != "0" else "1")}, body),
        ({SIGNATURE: good}, body.replace(b" ", b"")),
        ({SIGNATURE: good}, body + b" "),
        ({SIGNATURE: party.sign(body, clock.now() - timedelta(minutes=6))}, body),
        ({SIGNATURE: party.sign(body, clock.now() + timedelta(minutes=6))}, body),
        ({SIGNATURE: party.sign(b"{}")}, b"{}"),
        ({SIGNATURE: party.sign(b"x" * 300_000)}, b"x" * 300_000),
        ({SIGNATURE: "t=²,v1=é"}, body),
    ]
    for headers, content in bad:
        with pytest.raises(BadSignature):
            service.take_webhook("fake", headers, content)
    assert rows("SELECT count(*) FROM payment_event") == [(0,)]
    assert service.take_webhook("fake", {SIGNATURE: good}, body) == ["applied"]
    with pytest.raises(NotFound):
        service.take_webhook("gold", {SIGNATURE: good}, body)


# --- by hand ----------------------------------------------------------------------------------------------


def test_the_owner_says_that_a_transfer_came(ready, clock):
    with transaction() as tx:
        store_values(tx, selling.BANK)
    placed = selling.place([(ready.one, 1)], gateway="transfer", customer_id=ready.person)
    assert not service.owns(ready.person, ready.lamp)
    assert service.mark_paid(placed.order_id, "Olga") == "applied"
    assert service.mark_paid(placed.order_id, "Olga") == "applied"
    order = service.get_order(placed.order_id)
    assert order.payment_state == "captured" and order.expires_at is None
    assert service.owns(ready.person, ready.lamp)
    assert len(selling.mails("order_paid")) == 1 and selling.findings() == []


def test_a_transfer_of_another_sum_is_looked_at(ready):
    with transaction() as tx:
        store_values(tx, selling.BANK)
    placed = selling.place([(ready.one, 1)], gateway="transfer")
    assert service.mark_paid(placed.order_id, "Olga", amount_minor=1) == "attention"
    assert service.get_order(placed.order_id).payment_state == "pending"


def test_a_card_payment_is_not_marked_by_hand(ready):
    placed = selling.place([(ready.one, 1)])
    with pytest.raises(NotByHand):
        service.mark_paid(placed.order_id, "Olga")


def test_a_transfer_is_reminded_of_once(ready, clock):
    with transaction() as tx:
        store_values(tx, {**selling.BANK, "transfer_days": 14, "transfer_reminder_days": 5})
    selling.place([(ready.one, 1)], gateway="transfer")
    clock.shift(timedelta(days=4))
    assert service.remind_due() == 0
    clock.shift(timedelta(days=1))
    assert [service.remind_due(), service.remind_due()] == [1, 0]
    assert len(selling.mails("payment_reminder")) == 1


def test_cash_on_delivery_is_for_the_owners_countries_and_sums(ready):
    facts = service.PaymentFacts("GB", 2000, "GBP")
    assert "cash_on_delivery" not in {one.key for one in service.offered_gateways(facts)}
    with transaction() as tx:
        store_values(tx, {"cash_on_delivery": True, "cash_most": 3000, "cash_countries": "GB, IE"})
    db.session.rollback()
    offered = {
        (country, total)
        for country in ("GB", "IE", "FR")
        for total in (3000, 3001)
        if "cash_on_delivery"
        in {one.key for one in service.offered_gateways(service.PaymentFacts(country, total, "GBP"))}
    }
    assert offered == {("GB", 3000), ("IE", 3000)}


def test_a_cancelled_order_is_not_paid(ready):
    placed = selling.place([(ready.one, 1)])
    service.cancel_order(placed.order_id)
    with pytest.raises(OrderOver):
        service.start_payment(placed.order_id)
    assert send_webhooks() == 0


def first_key(order_id: int) -> str:
    return selling.first_payment(order_id).idempotency_key


def plain(event) -> dict:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


@pytest.fixture
def ready(app_context, clock):
    with transaction() as tx:
        return selling.stock_up(tx)
