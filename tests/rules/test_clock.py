"""The clock can stand, run ahead, and never gives a time without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storefront.core.clock import Clock
from storefront.core.jobs import Job

MOMENT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_a_standing_clock_moves_only_when_told():
    clock = Clock(fixed=MOMENT)
    assert clock.now() == clock.now() == MOMENT
    clock.shift(timedelta(hours=2))
    assert clock.now() == MOMENT + timedelta(hours=2)
    clock.move_to(datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_running_clock_keeps_its_offset():
    clock = Clock.from_setting("+3600")
    assert timedelta(minutes=59) < clock.adjustment() <= timedelta(minutes=61)
    clock.shift(timedelta(hours=-1))
    assert abs(clock.adjustment()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("", Clock()),
        ("-60", Clock(offset=timedelta(seconds=-60))),
        ("2026-03-29T01:30:00+01:00", Clock(fixed=MOMENT)),
    ],
)
def test_the_setting_is_read(text, clock):
    assert Clock.from_setting(text) == clock


@pytest.mark.parametrize("text", ["2026-03-29T01:30:00", "tomorrow", "+later"])
def test_a_time_without_zone_or_sense_is_refused(text):
    with pytest.raises(ValueError):
        Clock.from_setting(text)


@pytest.mark.parametrize(
    ("every", "offset", "moment", "due"),
    [
        (timedelta(hours=1), timedelta(0), MOMENT, MOMENT.replace(minute=0)),
        (timedelta(hours=1), timedelta(0), MOMENT.replace(minute=0), MOMENT.replace(minute=0)),
        (timedelta(days=1), timedelta(hours=3), MOMENT, datetime(2026, 3, 28, 3, tzinfo=UTC)),
        (None, timedelta(0), MOMENT, None),
    ],
)
def test_a_tick_is_due_at_multiples_of_its_rhythm(every, offset, moment, due):
    assert Job("a.job", print, every, offset).last_due(moment) == due
