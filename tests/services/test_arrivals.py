"""A shelf that was empty and is not any more is told of, in the command that filled it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.core.database import transaction
from storefront.inventory import service
from tests import factories as make

pytestmark = pytest.mark.both


def test_every_way_back_onto_an_empty_shelf_is_told_of(ids, arrivals):
    empty, full, owed, uncounted = ids
    with transaction() as t:
        service.receive(t, empty, 2)
    with transaction() as t:
        service.take(t, {empty: 2})
        service.put_back(t, {empty: 1})
    with transaction() as t:
        service.take(t, {empty: 1})
    with transaction() as t:
        service.correct(t, empty, 4)
    with transaction() as t:
        service.receive(t, owed, 4)  # three are owed
    assert arrivals() == [empty, empty, empty, owed]
    with transaction() as t:
        service.receive(t, full, 2)
        service.put_back(t, {full: 1, uncounted: 1})
        service.correct(t, full, 20)
        service.receive(t, uncounted, 5)  # from now on counted: it could be had before
    assert arrivals() == [empty, empty, empty, owed]


def test_what_a_cart_gives_back_counts_too(ids, arrivals, clock):
    _empty, full, *_rest = ids
    with transaction() as t:
        service.hold(t, "cart:1", {full: 10})
    with transaction() as t:
        service.release_hold(t, "cart:1")
    assert arrivals() == [full]
    with transaction() as t:
        service.hold(t, "cart:2", {full: 10})
    clock.shift(timedelta(hours=1))
    with transaction() as t:
        service.expire_holds(t)
    assert arrivals() == [full, full]
    with transaction() as t:
        service.hold(t, "cart:3", {full: 10})
    with transaction() as t:
        service.take(t, {full: 4}, holder="cart:3")
    assert arrivals() == [full, full, full]


def test_debts_that_remain_and_commands_that_fail_tell_nobody(ids, arrivals):
    empty, _full, owed, _uncounted = ids
    with transaction() as t:
        service.receive(t, owed, 3)
    with pytest.raises(ZeroDivisionError), transaction() as t:
        service.receive(t, empty, 1)
        _ = 1 / 0
    assert arrivals() == []


# --- the shelves ------------------------------------------------------------------------------------------


@pytest.fixture
def ids(app_context, tx) -> list[int]:
    """None left, ten left, three owed to people who wait, and one that nobody counts."""
    with tx() as t:
        things = [make.product(t, stock=stock) for stock in (0, 10, 0, None)]
        found = [make.variant_of(t, thing).id for thing in things]
        service.set_rules(t, found[2], backorder=True)
        service.take(t, {found[2]: 3})
    return found


@pytest.fixture
def arrivals(rows):
    """Variants that were told of, in order."""

    def read() -> list[int]:
        import json

        found = rows("SELECT payload FROM outbox WHERE event = 'inventory.StockArrived' ORDER BY id")
        plain = (json.loads(row.payload) if isinstance(row.payload, str) else row.payload for row in found)
        return [payload["variant_id"] for payload in plain]

    return read
