"""Metrics and intervals, recomputed by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation import measures
from recommender.evaluation.bootstrap import Resamples
from recommender.evaluation.tasks import top


def wanted(*rows: list[int], products: int = 6) -> sparse.csr_matrix:
    dense = np.zeros((len(rows), products))
    for row, chosen in enumerate(rows):
        dense[row, chosen] = 1
    return sparse.csr_matrix(dense)


def test_one_list_by_hand():
    found = measures.per_person(np.array([[4, 1, 0]]), wanted([0, 1, 2, 3, 5]), 3)
    gain = 1 / log2(3) + 1 / log2(4)
    best = [1 / log2(place + 2) for place in range(5)]
    assert found["recall@3"].tolist() == [2 / 5]
    assert found["ndcg@3"][0] == pytest.approx(gain / sum(best))
    assert found["ndcg_cut@3"][0] == pytest.approx(gain / sum(best[:3]))
    assert found["hr@3"].tolist() == [1]
    assert found["mrr@3"].tolist() == [0.5]


def test_a_perfect_and_an_empty_list():
    found = measures.per_person(np.array([[2, 3], [-1, -1]]), wanted([2, 3], [0]), 2)
    assert found["ndcg@2"].tolist() == [1, 0]
    assert found["recall@2"].tolist() == [1, 0]
    assert found["mrr@2"].tolist() == [1, 0]


def test_an_empty_place_is_no_product():
    # -1 must not be taken for the last product of the row before
    found = measures.per_person(np.array([[-1, -1], [-1, 0]]), wanted([5], [0]), 2)
    assert found["hr@2"].tolist() == [0, 1]


def test_coverage_novelty_and_long_tail():
    lists, sold = np.array([[0, 1], [0, -1]]), np.array([8.0, 1.0, 1.0, 0.0])
    assert measures.coverage(lists, 4) == 0.5
    assert measures.novelty(lists, sold) == pytest.approx([(-log2(0.8) - log2(0.1)) / 2, -log2(0.8)])
    assert measures.long_tail(lists, sold).tolist() == [0.5, 0]


def test_price_calibration_is_1_for_the_same_mix_and_0_for_nothing_in_common():
    prices = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 0.0])
    owned = wanted([0, 1], [0], [5])
    found = measures.price_calibration(np.array([[1, 0], [4, 3], [0, 1]]), owned, prices)
    assert found[:2] == pytest.approx([1, 0])
    assert np.isnan(found[2])  # nobody knows what the only own product cost


def test_ties_go_by_product_and_minus_infinity_is_never_shown():
    scores = np.array([[1.0, 2.0, 2.0, 0.0], [-np.inf, 0.0, -np.inf, -np.inf]])
    assert top(scores, 3).tolist() == [[1, 2, 0], [1, -1, -1]]


def test_a_method_beside_itself_is_exactly_1():
    values = np.random.default_rng(0).random(50)
    drawn = Resamples({"one": values, "same": values})
    ratio, gap = drawn.ratio("one", "same"), drawn.difference("one", "same")
    assert (ratio.value, ratio.low, ratio.high) == (1, 1, 1)
    assert (gap.low, gap.high) == (0, 0)


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(1).normal(10, 2, 2_000)
    found = Resamples({"x": values}).of("x")
    error = values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.645 * error, abs=0.3 * error)
    assert found.high == pytest.approx(values.mean() + 1.645 * error, abs=0.3 * error)


def test_pairing_cancels_what_is_hard_for_everybody():
    ease = np.random.default_rng(2).random(200)
    drawn = Resamples({"ours": 1.1 * ease, "theirs": ease})
    ratio, alone = drawn.ratio("ours", "theirs"), drawn.of("ours")
    assert ratio.high - ratio.low < 1e-9 < alone.high - alone.low


def test_people_are_drawn_whole():
    # one person with many questions: drawing questions would feign certainty
    values, groups = np.r_[np.ones(900), np.zeros(100)], np.r_[np.zeros(900), np.arange(1, 101)]
    whole, single = Resamples({"x": values}, groups), Resamples({"x": values})
    assert whole.people == 101 and whole.entries == 1000
    assert whole.of("x").value == single.of("x").value == 0.9
    assert whole.of("x").low < 0.1 < 0.8 < single.of("x").low


def test_the_same_seed_gives_the_same_interval():
    values = {"x": np.arange(30.0)}
    assert Resamples(values).of("x") == Resamples(values).of("x")


def test_what_nobody_could_be_asked_has_no_interval():
    found = Resamples({"x": np.full(5, np.nan)}).of("x")
    assert np.isnan(found.low) and np.isnan(found.value)
