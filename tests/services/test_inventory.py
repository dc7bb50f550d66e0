"""Stock: what comes in, goes out, is held and given back, and that the books always agree."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.core.database import snapshot, transaction
from storefront.core.jobs import run_due_ticks
from storefront.inventory import service
from storefront.inventory.errors import BadCount, SoldOut, StillOwed
from storefront.inventory.service import checks
from tests import factories as make

pytestmark = pytest.mark.both


@pytest.fixture
def ids(app_context, tx) -> list[int]:
    """Variants with 5, 10 and uncounted pieces, and one that may be backordered."""
    with tx() as t:
        things = [make.product(t, stock=stock) for stock in (5, 10, None, 2)]
        found = [make.variant_of(t, thing).id for thing in things]
        service.set_rules(t, found[3], backorder=True)
    return found


def left(variant_id: int) -> int | None:
    return service.availability([variant_id])[variant_id].available


def findings() -> list[str]:
    with snapshot() as session:
        found = (checks.unexplained, checks.held_by_nobody, checks.held_too_long, checks.negative)
        return [line for check in found for line in check(session)]


def test_taking_leaves_the_rest_and_a_movement(ids, rows):
    with transaction() as t:
        service.take(t, [(ids[0], 2), (ids[1], 1), (ids[0], 1)], reference="order 7")
    assert (left(ids[0]), left(ids[1])) == (2, 9)
    moves = rows("SELECT delta, kind, reference FROM stock_move WHERE kind = 'sale' ORDER BY variant_id")
    assert [tuple(row) for row in moves] == [(-3, "sale", "order 7"), (-1, "sale", "order 7")]
    assert findings() == []


def test_one_line_too_many_takes_nothing(ids):
    with pytest.raises(SoldOut) as refusal, transaction() as t:
        service.take(t, {ids[1]: 3, ids[0]: 6})
    assert (refusal.value.variant_id, refusal.value.left) == (ids[0], 5)
    assert (left(ids[0]), left(ids[1])) == (5, 10)
    assert findings() == []


def test_what_nobody_counts_can_always_be_taken(ids, rows):
    with transaction() as t:
        service.take(t, {ids[2]: 1_000})
        service.put_back(t, {ids[2]: 1})
    assert left(ids[2]) is None
    assert findings() == []


def test_what_may_be_backordered_goes_below_zero(ids):
    with transaction() as t:
        service.take(t, {ids[3]: 5})
    assert left(ids[3]) == -3
    assert findings() == []


def test_returned_pieces_can_be_bought_again(ids):
    with transaction() as t:
        service.take(t, {ids[0]: 5})
        service.put_back(t, {ids[0]: 2}, reference="return 1")
    assert left(ids[0]) == 2
    assert findings() == []


def test_receiving_begins_the_count_and_adds(ids):
    with transaction() as t:
        service.receive(t, ids[2], 4, kind="initial")
        service.receive(t, ids[2], 3)
    assert left(ids[2]) == 7
    assert findings() == []


@pytest.mark.parametrize("quantity", [-1, 10**9])
def test_nobody_receives_what_cannot_be(ids, quantity):
    with pytest.raises(BadCount), transaction() as t:
        service.receive(t, ids[0], quantity)


def test_a_count_of_the_shelf_corrects_the_books(ids):
    with transaction() as t:
        service.hold(t, "cart", {ids[0]: 2})
        service.correct(t, ids[0], 4, "counted")
    assert left(ids[0]) == 2  # two of the four are held
    with pytest.raises(BadCount), transaction() as t:
        service.correct(t, ids[0], 1)
    assert findings() == []


def test_what_is_still_owed_is_delivered_before_backorders_end(ids):
    with transaction() as t:
        service.take(t, {ids[3]: 5})
    with pytest.raises(StillOwed) as refused, transaction() as t:
        service.set_rules(t, ids[3], backorder=False)
    assert refused.value.owed == 3 and "3 pieces" in refused.value.message
    with transaction() as t:
        service.set_rules(t, ids[3], backorder=True, reorder_point=7)  # anything else may be changed
        service.receive(t, ids[3], 3)
        service.set_rules(t, ids[3], backorder=False)
    with pytest.raises(SoldOut), transaction() as t:
        service.take(t, {ids[3]: 1})
    assert findings() == []


# --- holds ------------------------------------------------------------------------------------------------


def test_held_pieces_are_gone_for_everybody_else(ids):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 4, ids[2]: 9})
    assert left(ids[0]) == 1
    with pytest.raises(SoldOut) as refusal, transaction() as t:
        service.hold(t, "yours", {ids[0]: 2})
    assert refusal.value.left == 1
    with pytest.raises(SoldOut), transaction() as t:
        service.take(t, {ids[0]: 2}, holder="yours")
    with transaction() as t:
        service.take(t, {ids[0]: 4}, holder="mine")
    assert left(ids[0]) == 1
    assert findings() == []


def test_buying_less_than_was_held_gives_the_rest_back(ids):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 4, ids[1]: 2})
        service.take(t, {ids[0]: 1}, holder="mine")
    assert (left(ids[0]), left(ids[1])) == (4, 10)
    assert findings() == []


def test_buying_more_than_was_held_takes_from_the_shelf(ids):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 2})
        service.take(t, {ids[0]: 5}, holder="mine")
    assert left(ids[0]) == 0
    assert findings() == []


def test_a_new_hold_replaces_the_old_one(ids):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 5})
        service.hold(t, "mine", {ids[0]: 1})
    assert left(ids[0]) == 4
    with transaction() as t:
        service.release_hold(t, "mine")
    assert left(ids[0]) == 5
    assert findings() == []


def test_a_hold_ends_after_ten_minutes_without_anybody(ids, clock):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 5})
    clock.shift(timedelta(minutes=9, seconds=59))
    with pytest.raises(SoldOut), transaction() as t:
        service.take(t, {ids[0]: 1})
    clock.shift(timedelta(seconds=2))
    with transaction() as t:
        service.take(t, {ids[0]: 1})  # no sweep was here
    assert left(ids[0]) == 4
    assert findings() == []


def test_a_hold_is_extended_once(ids, clock):
    with transaction() as t:
        service.hold(t, "mine", {ids[0]: 5})
    clock.shift(timedelta(minutes=9))
    with transaction() as t:
        assert service.extend_hold(t, "mine")
        assert not service.extend_hold(t, "mine")
        assert not service.extend_hold(t, "nobody")
    clock.shift(timedelta(minutes=9))
    with transaction() as t:
        assert service.expire_holds(t) == 0
    clock.shift(timedelta(minutes=2))
    with transaction() as t:
        assert service.expire_holds(t) == 1
    assert left(ids[0]) == 5


def test_the_tick_gives_back_what_was_forgotten(ids, clock):
    with transaction() as t:
        for number in range(5):
            service.hold(t, f"cart {number}", {ids[0]: 1, ids[1]: 1})
    clock.shift(timedelta(minutes=12))
    assert len(findings()) == 10  # the worker is late
    assert "inventory.expire_holds" in run_due_ticks()
    assert (left(ids[0]), left(ids[1])) == (5, 10)
    assert findings() == []


def test_the_checks_find_what_is_wrong(ids, tx):
    with tx() as t:
        t.connection().exec_driver_sql(f"UPDATE stock SET available = 99 WHERE variant_id = {ids[0]}")
        t.connection().exec_driver_sql(
            f"UPDATE stock SET held = 3, available = 7 WHERE variant_id = {ids[1]}"
        )
    assert findings() == [
        f"variant {ids[0]}: 99 pieces are there, movements explain 5",
        f"variant {ids[1]}: 3 pieces are held, carts hold 0",
    ]
