"""What may be sent back until when, and how a refund splits into tax rates."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from storefront.ordering.rules.credits import Part, split
from storefront.ordering.rules.returning import Parcel, last_day, returnable

SENT = date(2026, 3, 2)
NAMES = {2000: "VAT", 500: "VAT"}


@pytest.mark.parametrize(
    ("gone", "today", "expected"),
    [
        ({}, 0, {1: 3, 2: 1}),
        ({1: 2}, 0, {1: 1, 2: 1}),
        ({1: 3, 2: 1}, 0, {}),
        ({1: 9}, 0, {2: 1}),
        ({}, 14, {1: 3, 2: 1}),
        ({}, 15, {1: 2}),
        ({1: 1}, 15, {1: 2}),
        ({1: 2}, 15, {1: 1}),
        ({}, 18, {}),
    ],
)
def test_pieces_may_come_back_while_the_days_of_their_parcel_run(gone, today, expected):
    """Fourteen days; the second parcel left three days after the first. What came back counts as of the first."""
    parcels = [Parcel(SENT, ((1, 1), (2, 1))), Parcel(SENT + timedelta(days=3), ((1, 2),))]
    now = SENT + timedelta(days=today)
    assert returnable(parcels, gone, now, promised=None, days=14) == expected


def test_the_days_begin_when_it_was_promised_at_the_latest():
    assert last_day(SENT, SENT + timedelta(days=4), 14) == SENT + timedelta(days=18)
    assert last_day(SENT, SENT - timedelta(days=4), 14) == SENT + timedelta(days=14)


def test_no_days_at_all_is_the_day_of_arrival_only():
    parcels = [Parcel(SENT, ((1, 1),))]
    assert returnable(parcels, {}, SENT, promised=None, days=0) == {1: 1}
    assert returnable(parcels, {}, SENT + timedelta(days=1), promised=None, days=0) == {}


def test_a_refund_takes_its_tax_back():
    (share,) = split(1200, [Part(5000, 2000)], NAMES)
    assert (share.name, share.gross_minor, share.base_minor, share.tax_minor) == ("VAT", 1200, 1000, 200)


def test_a_refund_over_two_rates_is_spread_as_they_weigh():
    shares = split(1000, [Part(3000, 2000), Part(1000, 500)], NAMES)
    assert [(one.rate_bp, one.gross_minor) for one in shares] == [(2000, 750), (500, 250)]


def test_without_anything_to_weigh_it_is_untaxed():
    (share,) = split(700, [], NAMES)
    assert (share.rate_bp, share.gross_minor, share.tax_minor) == (0, 700, 0)


def test_shares_are_always_the_whole_and_their_tax_is_the_nearest_penny():
    chance = random.Random(3)
    for _round in range(2000):
        rates = chance.sample([0, 500, 700, 1900, 2000, 2500], chance.randint(1, 4))
        parts = [Part(chance.randint(0, 90_000), rate) for rate in rates]
        amount = chance.randint(1, 200_000)
        shares = split(amount, parts, NAMES)
        assert sum(one.gross_minor for one in shares) == amount
        for one in shares:
            exact = one.gross_minor * one.rate_bp / (10_000 + one.rate_bp)
            assert abs(one.tax_minor - exact) <= 0.5
