"""Demand in the order in which rows are locked; what can be promised."""

from __future__ import annotations

import pytest

from storefront.inventory.rules import Availability, correction, demand


def test_lines_of_one_variant_are_joined_and_come_in_id_order():
    assert demand([(9, 1), (2, 3), (9, 4)]) == [(2, 3), (9, 5)]
    assert demand({7: 2}) == [(7, 2)]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", None, 10**9])
def test_nobody_takes_what_is_no_number_of_pieces(quantity):
    with pytest.raises(ValueError, match="cannot be taken"):
        demand({1: quantity})


def test_what_nobody_counts_covers_everything():
    assert Availability(None).covers(5) and Availability(0, backorder=True).covers(5)
    assert Availability(5).covers(5) and not Availability(4).covers(5)


def test_a_correction_counts_held_pieces_too():
    assert correction(counted=10, available=6, held=2) == 2
    assert correction(counted=3, available=6, held=2) == -5
