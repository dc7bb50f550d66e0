"""Jobs and ticks: each due time runs once, however many workers ask."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from storefront.core.jobs import Job, enqueue, run_due_ticks

pytestmark = [pytest.mark.both, pytest.mark.usefixtures("app_context", "clock")]


def test_a_tick_runs_once_for_each_due_time(hourly, clock):
    assert run_due_ticks().count("tests.hourly") == 1
    assert run_due_ticks().count("tests.hourly") == 0
    clock.shift(timedelta(minutes=59))
    run_due_ticks()
    assert len(hourly) == 1
    clock.shift(timedelta(minutes=1))
    run_due_ticks()
    assert len(hourly) == 2


def test_missed_hours_are_not_caught_up(hourly, clock):
    run_due_ticks()
    clock.shift(timedelta(hours=9))
    run_due_ticks()
    assert len(hourly) == 2


def test_four_schedulers_run_a_tick_once(hourly, app):
    barrier = threading.Barrier(4)
    ran, failures = [], []

    def schedule():
        try:
            with app.app_context():
                barrier.wait(timeout=10)
                ran.extend(run_due_ticks())
        except Exception as error:  # gathered, so that the assertion below can name it
            failures.append(error)

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    assert ran == ["tests.hourly"]
    assert len(hourly) == 1


def test_a_failing_tick_says_so_and_stops_no_other(hourly, only, rows):
    def fail():
        raise RuntimeError("no")

    only["tests.broken"] = Job("tests.broken", fail, timedelta(hours=1))
    assert sorted(run_due_ticks()) == ["tests.broken", "tests.hourly"]
    assert rows("SELECT job, error FROM tick ORDER BY job") == [
        ("tests.broken", "RuntimeError: no"),
        ("tests.hourly", None),
    ]


def test_an_unknown_job_is_not_enqueued():
    with pytest.raises(KeyError, match="no job is called"):
        enqueue("tests.unknown")


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def only(app, monkeypatch):
    """The registry with none of the shop's own jobs."""
    jobs = {}
    monkeypatch.setattr(app.extensions["regulars_jobs"], "by_name", jobs)
    return jobs


@pytest.fixture
def hourly(only):
    calls = []
    only["tests.hourly"] = Job("tests.hourly", lambda: calls.append(1), timedelta(hours=1))
    return calls
