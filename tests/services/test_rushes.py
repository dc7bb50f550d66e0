"""Rushes at one product: left out before lists learn, listed, and counted again where the owner says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.core import clock as shop_clock
from storefront.core.database import JOURNAL, write_engine
from storefront.core.errors import NotFound
from storefront.journal.models import JournalEvent
from storefront.journal.rules.rushes import find_rushes, rush_limit
from storefront.journal.service.rushes import count_rush, forget_rushes, list_rushes
from storefront.personalization.rules.votes import one_a_day
from storefront.personalization.service.feed import interactions, leave_out_rushes
from tests import factories as make

EVENT = JournalEvent.__table__
pytestmark = pytest.mark.both


def look(product, count=1, *, days_ago=0, prefix="v", customer=None, batch=None, name="view_item"):
    """`count` visits that look at a product."""
    at = shop_clock.now() - timedelta(days=days_ago)
    rows = []
    for number in range(count):
        row = dict.fromkeys(EVENT.c.keys())
        row.pop("id")
        who = f"{prefix}{product}-{days_ago}-{number}"
        row |= {"event_id": f"{who}-{name}"[:40], "name": name, "at": at, "product_id": product}
        row |= {"visitor": f"b{who}", "session": who, "customer_id": customer, "batch_id": batch}
        rows.append(row)
    with write_engine(JOURNAL).connect() as connection:
        connection.execute(sa.insert(EVENT), rows)


def looked_at(product):
    """How many looks at a product the engine is told of."""
    found = [row for chunk in interactions() for row in zip(chunk["product"], chunk["kind"], strict=True)]
    return found.count((str(product), "view"))


@pytest.fixture
def things(app_context, clock, tx):
    """Two products: one looked at by five a day for ten days, one by nobody; and a member who bought."""
    with tx() as t:
        lamp, mug = make.product(t), make.product(t)
        ann = make.customer(t)
        make.order(t, (lamp, 1), customer=ann)
        ids = lamp.id, mug.id, ann.id
    for day in range(1, 11):
        look(ids[0], 5, days_ago=day)
    return ids


def test_a_rush_is_left_out_and_listed_and_counted_again_on_request(things, rows):
    lamp, mug, _ann = things
    look(lamp, 6)
    look(mug, 300, prefix="bot")
    assert leave_out_rushes() == 1
    (rush,) = list_rushes()
    assert (rush.product_id, rush.visits, rush.events, rush.usual, rush.counted) == (mug, 300, 300, 0, False)
    assert (looked_at(mug), looked_at(lamp)) == (0, 56)
    count_rush(rush.id, counted=True)
    assert list_rushes()[0].counted and looked_at(mug) == 300
    assert leave_out_rushes() == 0 and looked_at(mug) == 300  # the owner's word stands
    count_rush(rush.id, counted=False)
    assert looked_at(mug) == 0
    deeds = rows("SELECT action, before, after FROM audit_entry ORDER BY id")
    assert [deed[0] for deed in deeds] == ["rush.count", "rush.count"]
    with pytest.raises(NotFound):
        count_rush(rush.id + 1, counted=True)


def test_a_rush_that_goes_on_is_added_to(things):
    _lamp, mug, _ann = things
    for wave in range(3):
        look(mug, 100, prefix=f"bot{wave}-")
        leave_out_rushes()
    assert [(rush.visits, rush.events) for rush in list_rushes()] == [(300, 300)]
    assert looked_at(mug) == 0


def test_a_busy_day_for_the_whole_shop_is_no_rush(things, tx):
    lamp, _mug, _ann = things
    look(lamp, 24)  # five times as many as usual, less one
    assert leave_out_rushes() == 0
    with tx() as t:
        others = [make.product(t).id for _ in range(3)]
    for other in others:
        for day in range(1, 11):
            look(other, 5, days_ago=day)
        look(other, 40)
    look(lamp, 40, prefix="more")
    assert leave_out_rushes() == 0


def test_who_has_bought_is_in_no_rush_and_what_was_imported_is_the_owners_word(things):
    _lamp, mug, ann = things
    look(mug, 60, customer=ann)
    look(mug, 300, prefix="imported", batch=1)
    assert leave_out_rushes() == 0
    look(mug, 100, prefix="bot")
    assert leave_out_rushes() == 1
    assert list_rushes()[0].visits == 100


def test_what_robots_pass_on_their_way_is_not_left_out_with_them(things):
    lamp, mug, _ann = things
    look(lamp, 6)
    for product in (lamp, mug):
        at = shop_clock.now()
        rows = [
            {
                "event_id": f"r{product}-{one}",
                "name": "view_item",
                "at": at,
                "product_id": product,
                "session": f"r{one}",
            }
            for one in range(400)
        ]
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(sa.insert(EVENT), rows)
    assert leave_out_rushes() == 1
    assert list_rushes()[0].events == 800
    assert (looked_at(mug), looked_at(lamp)) == (0, 56)


def test_rushes_go_when_their_behaviour_does(things):
    _lamp, mug, _ann = things
    look(mug, 100, prefix="bot")
    leave_out_rushes()
    forget_rushes(shop_clock.now().date())
    assert list_rushes()
    forget_rushes(shop_clock.now().date() + timedelta(days=1))
    assert list_rushes() == [] and looked_at(mug) == 100


def test_everybody_has_one_vote_a_day_and_product(things, clock):
    _lamp, mug, ann = things
    for number in range(9):
        look(mug, prefix=f"again{number}-", customer=ann)
    assert looked_at(mug) == 1
    clock.shift(timedelta(days=1))
    look(mug, prefix="next", customer=ann)
    assert looked_at(mug) == 2


def test_votes_are_of_a_person_else_a_browser_else_a_visit():
    looks = [
        ("s1", 7, "b1", 1, "2026-03-02 10:00", "view_item"),
        ("s2", 7, "b2", 1, "2026-03-02 11:00", "view_item"),  # the same person elsewhere
        ("s3", None, "b3", 1, "2026-03-02 11:00", "view_item"),
        ("s4", None, "b3", 1, "2026-03-02 12:00", "view_item"),  # the same browser
        ("s4", None, "b3", 1, "2026-03-02 12:00", "add_to_cart"),
        ("", None, None, 1, "2026-03-02 12:00", "view_item"),
        ("", None, None, 1, "2026-03-02 12:00", "view_item"),  # of nobody known: may be anybody's
        ("s4", None, "b3", 1, "2026-03-03 00:00", "view_item"),
    ]
    kept = [row[0] + row[4][:9] for row in one_a_day(looks)]
    assert len(kept) == 6 and [row[0] for row in one_a_day(looks)] == ["s1", "s3", "s4", "", "", "s4"]


def test_a_quiet_product_needs_a_few_visits_before_anything_is_a_rush():
    assert rush_limit(0, 1) == 20 and rush_limit(10, 1) == 50 and rush_limit(10, 3) == 150
    few = {1: {f"v{one}" for one in range(20)}}
    assert find_rushes(few, {}, 1.0) == {}
    assert find_rushes({1: few[1] | {"one more"}}, {}, 1.0)
