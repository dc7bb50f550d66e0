"""Outcomes: one row an order of somebody who agreed, net of what came back, however often it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.core.behaviour import Behaviour
from storefront.core.database import JOURNAL, snapshot, transaction
from storefront.core.events import sweep
from storefront.customers.service import record_consent
from storefront.journal.service import Visit
from storefront.journal.service.recording import record
from storefront.ordering import service as ordering
from storefront.treatments.models import TreatmentExposure, TreatmentOutcome
from storefront.treatments.rules import Exposure
from storefront.treatments.service.exposing import forget_old, join_exposures, write_exposures
from storefront.treatments.service.outcomes import settle_guests, write_outcome
from tests.services import selling

pytestmark = pytest.mark.both
VISITOR = "0123456789abcdef0123"


def outcomes():
    table = TreatmentOutcome.__table__
    with snapshot(JOURNAL) as session:
        return list(session.execute(sa.select(table).order_by(table.c.order_id)))


def test_an_order_is_worth_what_was_kept_of_it(ready):
    placed = selling.place([(ready.one, 2), (ready.two, 1)], customer_id=ready.person)
    sweep()
    (before,) = outcomes()
    assert (before.customer_id, before.gross_minor, before.net_minor, before.pieces) == (
        ready.person,
        3080,
        3080,
        3,
    )
    selling.pay(placed.order_id, "approve")
    ordering.ship(placed.order_id, carrier="Post", tracking="", tracking_url="")
    line = ordering.get_order(placed.order_id).lines[0]
    ordering.receive_return(placed.order_id, [(line.id, 1)])
    sweep()
    (after,) = outcomes()
    assert (after.gross_minor, after.net_minor, after.pieces) == (3080, 3080 - 1290, 2)
    assert sorted(pieces for _product, pieces, _minor in after.products) == [1, 1]


def test_told_again_it_is_the_same_row(ready):
    placed = selling.place([(ready.one, 1)], customer_id=ready.person)
    for _again in range(3):
        assert write_outcome(placed.order_id)
        sweep()
    assert len(outcomes()) == 1


def test_a_cancelled_order_is_worth_nothing(ready):
    placed = selling.place([(ready.one, 1)], customer_id=ready.person)
    ordering.cancel_order(placed.order_id, reason="customer")
    sweep()
    assert [(row.status, row.net_minor) for row in outcomes()] == [("cancelled", 0)]


def test_of_people_who_did_not_agree_no_outcome_is_kept(ready):
    with transaction() as tx:
        record_consent(tx, ready.person, "statistics", given=False, source="test")
    selling.place([(ready.one, 1)], customer_id=ready.person)
    selling.place([(ready.two, 1)])
    sweep()
    settle_guests()
    assert outcomes() == []


def test_a_guests_order_is_found_by_its_purchase_even_when_that_is_noted_late(ready):
    placed = selling.place([(ready.one, 1)])
    sweep()
    assert outcomes() == []
    purchase = Behaviour("purchase", {"transaction_id": placed.number})
    for _again in range(2):
        record([purchase], customer_id=None, visitor=VISITOR, session="s")
    assert settle_guests() == 1
    assert settle_guests() == 0
    assert [(row.order_id, row.visitor, row.customer_id) for row in outcomes()] == [
        (placed.order_id, VISITOR, None)
    ]


def exposures():
    table = TreatmentExposure.__table__
    with snapshot(JOURNAL) as session:
        return list(session.execute(sa.select(table).order_by(table.c.id)))


SEEN = Exposure("home-for-you", "treated", "for_you", "home", "home_for_you", "v1", (("LAMP", "taste", 0.5),))


def test_a_page_is_written_once_and_kept_for_ninety_days(ready, clock):
    visit = Visit("o", None, VISITOR, "one", "en")
    for _again in range(2):
        write_exposures([SEEN, SEEN], visit, "view")
    assert len(exposures()) == 2
    clock.shift(timedelta(days=89))
    write_exposures([SEEN], visit, "later")
    assert forget_old() == 0
    clock.shift(timedelta(days=2))
    assert forget_old() == 2
    assert [row.event_id for row in exposures()] == ["later.0"]


def test_only_the_visit_of_the_sign_in_becomes_the_customers(ready):
    for session, visitor in (("one", VISITOR), ("two", VISITOR), ("two", "f" * 20)):
        write_exposures([SEEN], Visit("o", None, visitor, session, "en"), session + visitor[:1])
    assert join_exposures(VISITOR, "two", ready.person) == 1
    assert join_exposures(VISITOR, "two", ready.person + 1) == 0
    assert [row.customer_id for row in exposures()] == [None, ready.person, None]


@pytest.fixture
def ready(app_context, clock):
    with transaction() as tx:
        found = selling.stock_up(tx)
        record_consent(tx, found.person, "statistics", given=True, source="test")
    return found
