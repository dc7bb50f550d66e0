"""Business events: written with their command, told once to each listener, finished after a death in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from storefront.core import events
from storefront.core.database import transaction
from storefront.core.events import LEASE, MAX_ATTEMPTS, Listener, deliver, publish, sweep
from storefront.core.models import Counter, Outbox, OutboxDelivery

pytestmark = [pytest.mark.both, pytest.mark.usefixtures("app_context", "clock")]


@dataclass(frozen=True)
class Rang:
    """A bell rang, in these tests."""

    bell: str
    at: datetime


def happen(bell="door", **more):
    with transaction() as tx:
        return publish(tx, Rang(bell, events.clock.now()), **more)


def test_an_inline_listener_runs_after_the_commit(listen, states):
    seen = listen(lambda event, tx: None)
    happen()
    assert [event.bell for event, _ in seen] == ["door"]
    assert states() == ["done"]


def test_times_survive_the_way_through_the_table(listen, clock):
    seen = listen(lambda event, tx: None)
    happen()
    assert seen[0][0].at == clock.now()


def test_an_event_of_a_command_that_failed_never_happened(listen, states):
    seen = listen(lambda event, tx: None)
    with pytest.raises(RuntimeError), transaction() as tx:
        publish(tx, Rang("door", events.clock.now()))
        raise RuntimeError("the command was refused after all")
    assert (seen, states()) == ([], [])


def test_an_event_with_a_known_key_is_published_once(listen):
    seen = listen(lambda event, tx: None)
    assert happen(dedupe_key="k") is True
    assert happen(dedupe_key="k") is False
    assert len(seen) == 1


def test_a_failing_listener_harms_neither_the_command_nor_the_others(listen, states, rows):
    listen(fail, name="tests.bad")
    seen = listen(lambda event, tx: None, name="tests.good")
    happen()
    assert len(seen) == 1
    assert sorted(states()) == ["done", "new"]
    assert rows("SELECT error FROM outbox_delivery WHERE state = 'new'") == [("RuntimeError: no",)]


def test_what_a_failing_listener_wrote_is_gone(listen, rows):
    def write_and_fail(event, tx):
        tx.add(Counter(name="half", remaining=1))
        tx.flush()
        raise RuntimeError("no")

    listen(write_and_fail)
    happen()
    assert rows("SELECT count(*) FROM counter") == [(0,)]


def test_a_delivery_is_done_once_even_when_asked_twice(listen, rows):
    """Another process finished it between our look and our turn: the row count says so."""

    def count(event, tx):
        tx.add(Counter(name=f"effect-{len(seen)}", remaining=1))

    seen = listen(count)
    happen()
    assert deliver(1) is False or deliver(first_delivery(rows)) is False
    assert rows("SELECT count(*) FROM counter") == [(1,)]


def test_a_failed_delivery_comes_back_later_each_time_and_is_parked_in_the_end(listen, clock, rows):
    seen = listen(fail)
    happen()
    waits = []
    for _ in range(MAX_ATTEMPTS):
        before = len(seen)
        assert sweep() == 0
        assert len(seen) == before, "it is not due yet"
        state, due, attempts = one(rows)
        if state == "parked":
            break
        waits.append((due - clock.now()).total_seconds())
        clock.move_to(due + timedelta(seconds=1))
        sweep()
    assert waits == sorted(waits) and waits[0] < waits[-1]
    assert one(rows)[0] == "parked"
    assert len(seen) == attempts == MAX_ATTEMPTS


def test_durable_listeners_wait_for_the_worker(listen, states):
    seen = listen(lambda event, tx: None, durable=True)
    happen()
    assert (seen, states()) == ([], ["new"])
    assert sweep() == 1
    assert (len(seen), states()) == (1, ["done"])
    assert sweep() == 0


def test_a_worker_that_dies_leaves_its_lease_and_another_takes_over(listen, clock, states):
    """`outside` effects: at least once, with a key that tells the repetition."""
    keys = []

    def die_first(event, key):
        keys.append(key)
        if len(keys) == 1:
            raise KeyboardInterrupt

    listen(die_first, durable=True, outside=True)
    happen()
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert states() == ["running"]
    assert sweep() == 0, "the lease is still good"
    clock.shift(LEASE + timedelta(seconds=1))
    assert sweep() == 1
    assert states() == ["done"]
    assert len(set(keys)) == 1 and len(keys) == 2


def test_a_late_worker_whose_lease_was_taken_over_changes_nothing(listen, clock, states):
    answers = []

    def slow(event, key):
        if not answers:
            answers.append("first")
            clock.shift(LEASE + timedelta(seconds=1))
            answers.append(sweep())  # somebody else takes it over meanwhile, and finishes

    listen(slow, durable=True, outside=True)
    happen()
    assert sweep() == 0, "it was done by the other one"
    assert answers == ["first", 1]
    assert states() == ["done"]


def test_a_leased_delivery_is_not_taken_by_a_second_worker(listen, rows):
    asked, taken = [], []

    def ask_once_more(event, key):
        if not asked:
            asked.append(key)
            taken.append(deliver(first_delivery(rows)))

    seen = listen(ask_once_more, durable=True, outside=True)
    happen()
    assert sweep() == 1
    assert taken == [False]
    assert len(seen) == 1, "the second worker did the work as well"


def test_a_late_failure_does_not_end_the_lease_of_whoever_took_over(listen, clock, rows, states):
    tries = []

    def fail_late(event, key):
        tries.append(key)
        if len(tries) == 1:
            clock.shift(LEASE + timedelta(seconds=1))
            events._lease(first_delivery(rows), "token of another worker")
            raise RuntimeError("too late")

    listen(fail_late, durable=True, outside=True)
    happen()
    assert sweep() == 0
    assert states() == ["running"], "the other worker is still at it"
    assert sweep() == 0
    assert len(tries) == 1, "and nobody does its work a second time"


def test_an_event_that_cannot_be_read_any_more_stops_nobody(listen, rows):
    """Its class changed between two versions of the program: recorded as a failure, the rest go on."""
    listen(lambda event, tx: None, durable=True)
    happen("old")
    with transaction() as tx:
        tx.execute(sa.update(Outbox).values(payload={"a_field": "of another version"}))
    seen = listen(lambda event, tx: None, name="tests.other", durable=True)
    happen("new")
    assert sweep() == 2
    assert {event.bell for event, _ in seen} == {"new"}
    assert rows("SELECT state, attempts FROM outbox_delivery ORDER BY id")[0] == ("new", 1)


def test_deliveries_that_nobody_takes_here_do_not_stand_in_the_way(app, listen, states):
    listen(lambda event, tx: None, name="tests.gone", durable=True)
    for _ in range(3):
        happen()
    registry = app.extensions["regulars_listeners"]
    registry.by_event.pop(events.event_name(Rang))
    del registry.by_name["tests.gone"]
    seen = listen(lambda event, tx: None, durable=True)
    happen()
    assert sweep(limit=2) == 1
    assert len(seen) == 1
    assert states() == ["new", "new", "new", "done"]


# --- fixtures ---------------------------------------------------------------------------------------------


def fail(event, _):
    raise RuntimeError("no")


def first_delivery(rows):
    return rows("SELECT min(id) FROM outbox_delivery")[0][0]


def one(rows):
    return tuple(rows(sa.select(OutboxDelivery.state, OutboxDelivery.next_at, OutboxDelivery.attempts))[0])


@pytest.fixture
def states(rows):
    return lambda: [state for (state,) in rows("SELECT state FROM outbox_delivery ORDER BY id")]


@pytest.fixture
def listen(app):
    """`listen(function)` registers a listener of Rang and returns the list of its calls."""
    registry = app.extensions["regulars_listeners"]
    kind = events.event_name(Rang)

    def register(run, *, name="tests.listener", durable=False, outside=False):
        seen = []

        def recorded(event, second):
            seen.append((event, second))
            run(event, second)

        listener = Listener(name, Rang, recorded, durable, outside)
        registry.by_event.setdefault(kind, []).append(listener)
        registry.by_name[name] = listener
        return seen

    yield register
    for listener in registry.by_event.pop(kind, []):
        registry.by_name.pop(listener.name, None)
