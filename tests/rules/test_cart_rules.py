"""Quantities as people and machines send them, carts joined, quotes compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.cart.rules import (
    Room,
    brought_first,
    countable,
    free_delivery,
    joined,
    read_coupon,
    read_quantity,
)
from storefront.checkout.rules import Progress, changes, figures
from storefront.pricing.rules import Quote, QuoteLine, ShippingChoice

HOSTILE = [
    "-1", "0", "1e9", str(2**31), str(2**63), "1.5", "1,5", "1e400", "NaN", "nan", "inf", "Infinity", "1_0",
    "１２", "²", "٣", "Ⅳ", "9" * 5000, "", " ", "+1", "0x1", "1 0", "1\n", "1\t", "\x00", "1\x00", "1000", "true",
    "None", "[]", "1;2", "00", "000", "\u200b1", "=1+1",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_number_of_pieces_is_none(text):
    assert read_quantity(text) is None


@pytest.mark.parametrize(("text", "pieces"), [("1", 1), ("999", 999), (" 7 ", 7), ("007", 7)])
def test_a_number_of_pieces_is_read(text, pieces):
    assert read_quantity(text) == pieces


@given(st.text())
def test_whatever_is_sent_gives_pieces_within_bounds_or_none(text):
    found = read_quantity(text)
    assert found is None or 1 <= found <= 999


@pytest.mark.parametrize(
    ("text", "code"), [(" ten off ", "TENOFF"), ("x" * 41, None), ("", None), (None, None), ("a\x00b", None)]
)
def test_a_code_is_read(text, code):
    assert read_coupon(text) == code


LINES = st.dictionaries(st.integers(1, 6), st.integers(1, 999), max_size=6)
ROOMS = st.dictionaries(st.integers(1, 6), st.builds(Room, st.none() | st.integers(0, 1500), st.booleans()))


@given(LINES, LINES, ROOMS)
def test_joining_drops_nothing_and_never_holds_more_than_there_is_or_was(mine, theirs, rooms):
    sums, clamped = joined(mine, theirs.items(), rooms)
    assert set(sums) == set(theirs)
    for variant, kept in sums.items():
        had = mine.get(variant, 0)
        wanted = had + theirs[variant]
        assert max(had, theirs[variant]) <= kept <= min(wanted, 999)
        most = rooms.get(variant, Room(0)).most
        assert kept == min(wanted, 999, max(most, had, theirs[variant]))
        assert (kept < wanted) == any(one.variant_id == variant for one in clamped)


def test_what_is_gone_or_sold_out_counts_nothing():
    assert countable(3, Room(5), False) == 0
    assert countable(3, Room(0), True) == 0
    assert countable(3, Room(2), True) == 2
    assert countable(3, Room(0, backorder=True), True) == 3
    assert countable(3, Room(None), True) == 3


def way(price=390, start=None, kind="delivery", before=None):
    days = {"min_days": 1, "max_days": 2, "earliest": date(2026, 3, 3), "latest": date(2026, 3, 4)}
    known = {"free_from_minor": start, "kind": kind, "before_minor": price if before is None else before}
    return ShippingChoice(key="way", name="", price_minor=price, tax_minor=0, **days, **known)


@pytest.mark.parametrize(
    ("goods", "ways", "chosen", "answer"),
    [
        (1000, [way(start=3000)], False, (2000, 33)),
        (1000, [way(), way(start=3000)], False, (2000, 33)),
        (1000, [way(), way(start=3000)], True, None),
        (3000, [way(0, 3000)], True, (0, 100)),
        (1000, [way(0, before=390)], True, (0, 100)),
        (1000, [way(0)], False, None),
        (1000, [way(0, kind="pickup"), way(start=3000)], True, None),
        (1000, [way(50, kind="pickup"), way(start=3000)], True, None),
        (1000, [way(), way(50, 10, "pickup")], False, None),
        (1, [way()], False, None),
        (1, [way(start=0)], False, None),
        (1000, [], False, None),
    ],
    ids=[
        "missing", "another way would be free", "but not the chosen one", "reached", "free by a code",
        "always free", "collected for nothing", "collected", "only collecting is free", "never free", "zero",
        "nothing to send",
    ],
)  # fmt: skip
def test_how_near_free_delivery_is(goods, ways, chosen, answer):
    assert free_delivery(goods, ways, next(iter(ways), None), chosen=chosen) == answer


# --- the checkout ------------------------------------------------------------------------------------------


def test_steps_come_one_after_the_other():
    assert Progress().first_unfinished() == "contact"
    assert Progress(contact=True).first_unfinished() == "shipping"
    assert Progress(contact=True, shipping=True).first_unfinished() == "payment"
    assert not Progress().may_enter("payment")
    assert Progress(contact=True).may_enter("contact")


def line(variant, quantity=1, unit=1000):
    total = quantity * unit
    return QuoteLine(
        variant,
        variant,
        f"S{variant}",
        quantity,
        unit,
        None,
        total,
        0,
        2000,
        total // 6,
        total,
        0,
        "standard",
    )


def quote(*lines, shipping=390):
    way = ShippingChoice("std", "Standard", shipping, 65, 1, 2, date(2026, 3, 3), date(2026, 3, 4), None)
    goods = sum(one.gross_minor for one in lines)
    amounts = {"goods_minor": goods, "discount_minor": 0, "shipping_minor": shipping, "tax_minor": 0}
    return Quote(
        "GBP", True, "GB", tuple(lines), (), (), way, (way,), (), **amounts, total_minor=goods + shipping,
        claims=(), coupon_problems=(), missing=(),
    )  # fmt: skip


def test_what_changed_is_named_line_by_line_and_the_total_last():
    before = figures(quote(line(1, 2), line(2), line(3)))
    now = figures(quote(line(1, 3), line(2, unit=1500), line(4), shipping=490))
    found = [(one.what, one.variant_id, one.before, one.now) for one in changes(before, now)]
    assert found == [
        ("pieces", 1, 2, 3),
        ("line", 2, 1000, 1500),
        ("gone", 3, None, None),
        ("new", 4, None, 1),
        ("shipping", None, 390, 490),
        ("total", None, 4390, 5990),
    ]


def test_a_change_that_no_figure_shows_is_said_too():
    same = figures(quote(line(1)))
    assert [one.what for one in changes(same, same)] == ["other"]
    assert replace(quote(line(1)), country="DE").digest != quote(line(1)).digest


def test_goods_are_brought_unless_somebody_chooses_to_collect_them():
    to_the_door = ShippingChoice("post", "Post", 290, 0, 1, 2, date(2026, 1, 5), date(2026, 1, 6), None)
    collected = replace(to_the_door, key="shop", price_minor=0, kind="pickup")
    assert min((collected, to_the_door), key=brought_first) is to_the_door
