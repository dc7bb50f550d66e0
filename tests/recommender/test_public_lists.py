"""What public lists tell of single people: nothing below five, no exact order below twenty."""

from __future__ import annotations

import numpy as np

from recommender.ragged import ROUNDED_BELOW, pack_rows, rounded
from tests.chaos.inference import inference


def test_what_few_people_did_is_ordered_by_rounded_strengths():
    strength = np.array([0.100, 0.101, 0.100, 0.101, 0.100, 0.101])
    buyers = np.array([5, 5, 19, 19, 20, 20])
    told = rounded(strength, buyers)
    assert told[0] == told[1] == told[2] == told[3]
    assert told[4:].tolist() == [0.100, 0.101]
    assert np.all(np.abs(np.log(told / strength)) <= np.log(1.25) / 2 + 1e-12)
    nobody = rounded(np.array([0.3, 0.31]), np.array([0, 0]))  # likeness of factors, visits: no buyers
    assert nobody.tolist() == [0.3, 0.31]


def test_one_purchase_more_does_not_change_the_order_of_a_list():
    few = ROUNDED_BELOW - 5

    def order(strengths):
        part = (np.zeros(3, int), np.array([1, 2, 3]), np.array(strengths), np.full(3, few), np.full(3, few))
        return pack_rows([part], 4, 3)["product"].tolist()

    assert order([0.50, 0.50, 0.20]) == order([0.50, 0.51, 0.20]) == [1, 2, 3]
    assert order([0.50, 0.99, 0.20]) == [2, 1, 3]  # what is far stronger still stands first


def test_who_reads_every_list_for_days_guesses_no_better_than_anybody():
    result = inference(days=4, targets=40, rows=8_000)
    assert result.damage == []
    loose = inference(days=4, targets=40, rows=8_000, control=True)
    assert loose.notes["attack"] > result.notes["attack"]
