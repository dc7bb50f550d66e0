"""What is done with goes after a while; what failed, and what keeps things from happening twice, stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.core import clock, mail
from storefront.core.database import transaction
from storefront.core.events import publish
from storefront.core.jobs import run_due_ticks
from storefront.core.models import MailMessage, Outbox, OutboxDelivery

pytestmark = [pytest.mark.both, pytest.mark.usefixtures("app_context", "clock")]


@dataclass(frozen=True)
class Sung:
    """Somebody sang, in these tests."""

    song: str


def test_an_event_of_which_all_were_told_goes_after_thirty_days(later, rows):
    happen(state="done")
    happen(state="done", key="once")
    later(29)
    assert rows("SELECT count(*) FROM outbox_delivery") == [(2,)]
    later(2)
    assert rows("SELECT count(*) FROM outbox_delivery") == [(0,)]
    assert rows(sa.select(Outbox.dedupe_key, Outbox.payload)) == [("once", {})]


def test_a_key_outlives_its_event_and_then_goes_too(later, rows):
    happen(state="done", key="once")
    later(399)
    with transaction() as tx:
        assert publish(tx, Sung("again"), dedupe_key="once") is False
    later(2)
    assert rows("SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize("state", ["new", "running", "parked"])
def test_whoever_was_not_told_yet_will_be(later, rows, state):
    happen(state=state)
    happen(state=state, key="once")
    later(800)
    assert rows(sa.select(OutboxDelivery.state)) == [(state,), (state,)]
    assert rows(sa.select(Outbox.payload)) == [({"song": "a"},), ({"song": "a"},)]


def test_an_event_is_kept_whole_while_one_listener_waits(later, rows):
    happen(state="done", more="parked")
    later(60)
    assert rows(sa.select(OutboxDelivery.state)) == [("parked",)]
    assert rows(sa.select(Outbox.payload)) == [({"song": "a"},)]


def test_of_a_sent_mail_goes_what_it_said_then_to_whom_then_the_rest(later, rows):
    written("sent")
    stages = []
    for days in (29, 2, 148, 2, 218, 2):
        later(days)
        stages.append(rows(sa.select(MailMessage.context, MailMessage.to_email)))
    whole, silent, nobodys = [({"a": 1}, "ann@shop.test")], [({}, "ann@shop.test")], [({}, "")]
    assert stages == [whole, silent, silent, nobodys, nobodys, []]


def test_a_mail_is_not_written_again_while_its_key_is_kept(later):
    written("sent")
    later(390)
    assert written("sent") is None


@pytest.mark.parametrize("state", ["new", "parked"])
def test_a_mail_that_did_not_go_out_stays(later, rows, state):
    written(state)
    later(800)
    assert rows(sa.select(MailMessage.context, MailMessage.to_email)) == [({"a": 1}, "ann@shop.test")]


def test_much_is_forgotten_in_several_commands(later, rows):
    with transaction() as tx:
        for _ in range(1100):
            publish(tx, Sung("a"))
    later(31)
    assert rows("SELECT count(*) FROM outbox") == [(0,)]


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def later(app, request):
    """`later(3)`: three days pass, and the daily jobs of the core run."""
    jobs = app.extensions["regulars_jobs"].by_name
    others = {name: jobs.pop(name) for name in list(jobs) if not name.startswith("core.forget")}

    def pass_by(days):
        request.getfixturevalue("clock").shift(timedelta(days=days))
        run_due_ticks()

    yield pass_by
    jobs.update(others)


def happen(*, state, key=None, more=None):
    """An event with a listener in `state`, and another one in `more`."""
    with transaction() as tx:
        publish(tx, Sung("a"), dedupe_key=key)
        number = tx.published[-1]
        for name, found in (("tests.one", state), ("tests.two", more)):
            if found:
                tx.add(OutboxDelivery(outbox_id=number, listener=name, state=found, next_at=clock.now()))


def written(state):
    """A mail in `state`; None when its key was known."""
    with transaction() as tx:
        number = mail.send(tx, "test_mail", "ann@shop.test", locale="en", context={"a": 1}, dedupe_key="k")
        if number is not None:
            changed = sa.update(MailMessage).where(MailMessage.id == number)
            tx.execute(changed.values(state=state, sent_at=clock.now() if state == "sent" else None))
    return number
