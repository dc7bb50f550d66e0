"""Robots that push one product, in short: honest people's lists stay, and without the guards they do not."""

from __future__ import annotations

import pytest

from tests.chaos import pushing


@pytest.mark.parametrize("control", [False, True])
def test_robots_move_nobody_elses_lists(app, clock, control):
    result = pushing.pushed(app, views=3_000, people_views=3_000, control=control)
    assert bool(result.damage) == control, result.damage


def test_crawlers_leave_nothing_behind(app):
    assert pushing.refused(app, requests=40).damage == []
