"""The daily training: at its hour, later when no worker was there, and once a day however it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storefront.core.jobs import run_due_ticks
from storefront.personalization.service.engine import holder
from storefront.personalization.service.training import train_shop
from tests import factories as make

JOB = "personalization.train"


def test_a_day_has_one_training_and_a_shop_without_an_engine_gets_one_at_once(clock, hours):
    assert hours(3) == 1
    assert hours(24) == 2
    assert hours(24) == 3


def test_a_worker_that_was_down_at_that_hour_trains_when_it_is_back(clock, hours, engines):
    clock.move_to(at(3))
    hours(1)
    clock.move_to(at(2, day=2))  # the last that it does
    hours(1)
    clock.move_to(at(9, day=2))
    assert hours(1) == 2
    assert hours(17) == 2
    assert hours(3) == 3


def test_a_training_by_hand_is_one_too(clock, hours):
    clock.move_to(at(4))
    train_shop()
    assert hours(20) == 1
    assert hours(10) == 2


def test_a_training_that_fails_is_tried_again_the_next_day(clock, hours, app, rows):
    clock.move_to(at(4))
    (Path(app.instance_path) / "models").write_text("in the way")
    hours(6)
    failed = rows("SELECT count(*) FROM tick WHERE job = :job AND error IS NOT NULL", job=JOB)
    assert failed == [(1,)]


@pytest.mark.parametrize("app_hour", [-1])
def test_minus_one_is_never(make_shop, app_hour):
    app = make_shop(train_hour=app_hour, clock=at(9).isoformat())
    with app.app_context():
        run_due_ticks()
        assert not (Path(app.instance_path) / "models").exists()


# --- fixtures ---------------------------------------------------------------------------------------------


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, 0, tzinfo=UTC)


@pytest.fixture
def engines(app):
    """The engines that were published, oldest first."""

    def look():
        return sorted(path.name for path in (Path(app.instance_path) / "models").glob("2*"))

    return look


@pytest.fixture
def hours(app, app_context, clock, tx, engines):
    """`hours(3)`: three hours of a worker; returns how many engines there are by then."""
    clock.move_to(at(0))
    with tx() as t:
        things = [make.product(t) for _ in range(4)]
        for place in range(12):
            person = make.customer(t)
            make.order(t, (things[place % 4], 1), (things[(place + 1) % 4], 1), customer=person)
    jobs = app.extensions["regulars_jobs"].by_name
    others = {name: jobs.pop(name) for name in list(jobs) if name != JOB}
    holder().forget()

    def work(count):
        for _ in range(count):
            run_due_ticks()
            clock.shift(timedelta(hours=1))
        return len(engines())

    yield work
    jobs.update(others)
    holder().forget()
