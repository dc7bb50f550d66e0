"""Numbers of people as they may be said to anybody."""

from __future__ import annotations

import pytest

from storefront.personalization.rules import about_count


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (5, 5),
        (7, 5),
        (8, 10),
        (42, 40),
        (43, 45),
        (50, 50),
        (96, 100),
        (196, 200),
        (214, 210),
        (1_234, 1_200),
    ],
)
def test_people_are_counted_roughly(count, told):
    assert about_count(count) == told


def test_one_purchase_more_never_shows_as_one():
    steps = {about_count(count + 1) - about_count(count) for count in range(5, 3_000)}
    assert min(steps - {0}) == 5 and min(steps) == 0
