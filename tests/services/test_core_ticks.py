"""Ticks in a worker: long ones do not hold up others, lost ones come back once, new ones wait their turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from storefront.core import jobs
from storefront.core.jobs import DueTick, Job

pytestmark = [pytest.mark.both, pytest.mark.usefixtures("app_context", "clock")]


def due_of(name: str) -> list[DueTick]:
    return [tick for tick in jobs.take_due_ticks() if tick.job.name == name]


def test_a_tick_of_a_dead_process_is_given_out_once_more(daily: list[str], clock: Any) -> None:
    (lost,) = due_of("tests.daily")
    clock.shift(timedelta(seconds=30))
    assert due_of("tests.daily") == []
    clock.shift(timedelta(seconds=40))
    (again,) = due_of("tests.daily")
    assert again == lost
    clock.shift(timedelta(minutes=5))
    assert due_of("tests.daily") == [], "a job that kills its process must not do so for ever"


def test_a_tick_that_is_spoken_for_is_not_lost(daily: list[str], clock: Any) -> None:
    (tick,) = due_of("tests.daily")
    for _ in range(4):
        clock.shift(timedelta(seconds=40))
        jobs.keep_alive([tick])
        assert due_of("tests.daily") == []
    jobs.run_tick(tick)
    assert daily == ["ran"]


def test_a_job_seen_for_the_first_time_begins_with_its_next_time(daily: list[str], clock: Any) -> None:
    jobs.start_rhythms()
    assert due_of("tests.daily") == []
    clock.shift(timedelta(days=1))
    assert len(due_of("tests.daily")) == 1


def test_starting_again_does_not_skip_what_is_due(daily: list[str], clock: Any) -> None:
    jobs.start_rhythms()
    clock.shift(timedelta(days=1))
    jobs.start_rhythms()
    assert len(due_of("tests.daily")) == 1


def test_old_runs_are_forgotten_but_the_newest_stays(daily: list[str], clock: Any, rows: Any) -> None:
    for _ in range(10):
        jobs.run_due_ticks()
        clock.shift(timedelta(days=1))
    clock.shift(timedelta(days=30))
    jobs.forget_old_ticks()
    assert rows("SELECT count(*) FROM tick WHERE job = 'tests.daily'") == [(1,)]


@pytest.fixture
def daily(app: Flask) -> Iterator[list[str]]:
    ran: list[str] = []
    registry = app.extensions["regulars_jobs"]
    registry.by_name["tests.daily"] = Job("tests.daily", lambda: ran.append("ran"), timedelta(days=1))
    yield ran
    del registry.by_name["tests.daily"]
