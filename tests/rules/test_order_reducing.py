"""Fewer pieces than were ordered: every sum stays whole, whatever is taken out."""

from __future__ import annotations

from random import Random

import pytest

from storefront.ordering.rules.orders import LineState, OrderState, can_take_out, fulfilment, left_to_send
from storefront.ordering.rules.reducing import LineSums, fewer, lighter_taxes, share, smaller_discounts


@pytest.mark.parametrize("tax_included", [True, False])
def test_a_line_of_fewer_pieces_adds_up_and_never_costs_more_than_its_share(tax_included):
    lots = Random(8)
    for _ in range(2000):
        quantity, unit = lots.randint(1, 30), lots.randint(0, 99_999)
        discount = lots.randint(0, unit * quantity)
        net = unit * quantity - discount
        tax = lots.randint(0, net)
        line = LineSums(quantity, unit, discount, tax, net if tax_included else net + tax)
        pieces = lots.randint(1, quantity)
        less = fewer(line, pieces, tax_included=tax_included)
        assert less.quantity == quantity - pieces
        kept = unit * less.quantity - less.discount_minor
        assert less.total_minor == (kept if tax_included else kept + less.tax_minor)
        assert 0 <= less.total_minor * quantity <= line.total_minor * less.quantity
        assert 0 <= less.discount_minor <= unit * less.quantity and 0 <= less.tax_minor <= line.tax_minor
    assert fewer(line, quantity, tax_included=tax_included) == LineSums(0, unit, 0, 0, 0)


def test_shares_of_a_line_are_together_the_whole():
    for total, quantity in ((1000, 3), (1, 7), (0, 2), (99_999, 12)):
        assert sum(share(total, quantity, before, 1) for before in range(quantity)) == total
        assert share(total, quantity, 0, quantity) == total


def test_only_the_taxes_of_the_lines_rate_and_the_discounts_on_goods_become_less():
    taxes = [
        {"name": "VAT", "rate_bp": 2000, "base_minor": 500, "tax_minor": 100},
        {"name": "VAT", "rate_bp": 500, "base_minor": 200, "tax_minor": 10},
    ]
    assert lighter_taxes(taxes, 2000, 50, 10)[0] == {**taxes[0], "base_minor": 450, "tax_minor": 90}
    assert lighter_taxes(taxes, 2000, 50, 10)[1] == taxes[1]
    discounts = [
        {"key": "a", "amount_minor": 30, "on": "goods"},
        {"key": "s", "amount_minor": 400, "on": "shipping"},
        {"key": "b", "amount_minor": 30, "on": "goods"},
    ]
    assert [one["amount_minor"] for one in smaller_discounts(discounts, 40)] == [0, 400, 20]
    assert discounts[0]["amount_minor"] == 30, "what was there stays as it was"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (LineState(1, 3, 0), 3),
        (LineState(1, 3, 1), 2),
        (LineState(1, 3, 3), 0),
        (LineState(1, 3, 1, returned=1, refunded=1, cancelled=1), 1),
        (LineState(1, 3, 0, refunded=1), 2),
        (LineState(1, 3, 3, refunded=2), 0),
        (LineState(1, 3, 2, returned=2, refunded=2), 1),
    ],
)
def test_what_is_left_to_send(line, left):
    assert left_to_send(line) == left
    sent = fulfilment([line])
    assert sent == ("unfulfilled" if not line.fulfilled else "partial" if left else "fulfilled")


@pytest.mark.parametrize(
    ("status", "payment", "by_hand", "may"),
    [
        ("confirmed", "captured", False, True),
        ("confirmed", "partially_refunded", False, True),
        ("confirmed", "pending", True, True),
        ("confirmed", "pending", False, False),
        ("confirmed", "authorized", False, False),
        ("confirmed", "unknown", False, False),
        ("pending", "pending", False, False),
        ("cancelled", "captured", False, False),
        ("completed", "captured", False, False),
    ],
)
def test_pieces_are_taken_out_only_where_their_money_is_settled(status, payment, by_hand, may):
    state = OrderState(status, payment, "unfulfilled", (LineState(1, 2, 0),))
    assert can_take_out(state, by_hand=by_hand) is may
