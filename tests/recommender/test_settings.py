"""Settings of the engine."""

from __future__ import annotations

import pytest

from recommender.settings import ENOUGH_PAIRS, EngineSettings, weights_of_size


def test_a_small_history_leans_on_neighbours_and_a_tuned_one_on_what_was_chosen() -> None:
    usual = EngineSettings()
    small = weights_of_size(usual, 2_000)
    assert small.neighbour_share == pytest.approx(0.93) and small.fresh_weight == pytest.approx(0.2)
    assert weights_of_size(usual, 10_000).fresh_weight == pytest.approx(0.4)
    assert weights_of_size(usual, ENOUGH_PAIRS) == usual
    tuned = EngineSettings(tuned="2026-01-01")
    assert weights_of_size(tuned, 2_000) == tuned
