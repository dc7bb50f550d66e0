"""Fixtures of the engine's tests: engines trained once on small histories."""

from __future__ import annotations

import pytest

from recommender import Engine, train
from tests.recommender.shops import QUICK, checkerboard, planted_shop


@pytest.fixture(scope="session")
def board() -> Engine:
    """An engine trained on the checkerboard."""
    return train(checkerboard(), QUICK)


@pytest.fixture(scope="session")
def planted() -> Engine:
    """An engine trained on the shop with the planted pair."""
    return train(planted_shop().columns, QUICK)
