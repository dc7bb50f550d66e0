"""Processes that die with -9 at a named point of an order's way, and what the shop looks like afterwards.

One process builds the app and forks a victim for each kill: a kill costs milliseconds, not a start.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from email import message_from_bytes
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import NoResultFound

from storefront.core import mail
from storefront.core.database import db, dispose
from storefront.core.errors import Refusal
from storefront.ordering import service
from storefront.ordering.service.gateways.fake import fake_party
from tests.chaos import damage
from tests.chaos.drills import Progress, Result, _thing, quiet
from tests.services import selling

# Where a process dies: module, function, and whether before or after it ran.
POINTS: dict[str, tuple[str, str, str]] = {
    "the order's row is written": ("ordering.service.placing", "_fill", "before"),
    "the order is written, not committed": ("ordering.service.placing", "_open_payment", "after"),
    "the order is committed, nobody was told": ("core.events", "dispatch_inline", "before"),
    "the payment is marked, the bank not asked": ("ordering.service.trying", "load_try", "before"),
    "the bank has charged, nobody wrote it down": ("ordering.service.looking", "receive", "before"),
    "confirmed, not committed": ("ordering.service.applying", "_consequences", "after"),
    "confirmed and committed": ("ordering.service.looking", "receive", "after"),
    "the mail is claimed": ("core.mail.delivery", "_hand_over", "before"),
    "the mail is sent, not marked": ("core.mail.delivery", "_hand_over", "after"),
}


HALF_WAY = "the order is written, not committed"
WARM = "nobody dies"


class Lab:
    """The process that forks victims. `settings` are those of the shop; use as a context manager."""

    def __init__(self, settings: dict[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_fork_victims, args=(settings, other), daemon=True)
        self.process.start()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_error: object) -> None:
        self.pipe.send(None)
        self.process.join(20)

    def kill_at(self, point: str, wanted: dict[str, Any], unguarded: bool = False) -> tuple[int, str]:
        """A victim walks an order's way and dies at `point`: (how it ended, the number it was told or '')."""
        self.pipe.send((point, wanted, unguarded))
        return self.pipe.recv()


def _fork_victims(settings: dict[str, Any], pipe: Any) -> None:
    from storefront.app import create_app

    app = create_app(settings)
    while (task := pipe.recv()) is not None:
        if task[0] == WARM:
            _walk(app, task[1])
            # No connection is open when victims are forked.
            dispose(app)
            pipe.send((0, ""))
            continue
        reader, writer = os.pipe()
        victim = os.fork()
        if victim == 0:
            os.close(reader)
            _be_victim(app, writer, *task)
        os.close(writer)
        told = b""
        while part := os.read(reader, 1000):
            told += part
        os.close(reader)
        _pid, status = os.waitpid(victim, 0)
        pipe.send((-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), told.decode()))


def _be_victim(app: Flask, told: int, point: str, wanted: dict[str, Any], unguarded: bool) -> None:
    status = 70
    try:
        _arm(app, *POINTS[point])
        with damage.order_committed_alone() if unguarded else nullcontext():
            _walk(app, wanted, told)
        status = 0
    finally:
        os._exit(status)


def _walk(app: Flask, wanted: dict[str, Any], told: int | None = None) -> None:
    """An order's whole way: placed, paid, confirmed, its mail sent."""
    with app.app_context():
        placed = selling.place(**wanted)
        if told is not None:
            os.write(told, placed.number.encode())
        selling.pay(placed.order_id, "approve", webhooks=False)
        mail.deliver_due()


def _arm(app: Flask, module: str, name: str, when: str) -> None:
    from importlib import import_module

    where = import_module(f"storefront.{module}")
    function: Callable[..., Any] = getattr(where, name)

    def deadly(*args: Any, **more: Any) -> Any:
        if when == "after":
            function(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(where, name, deadly)
    if name == "dispatch_inline":
        app.extensions["regulars_after_commit"] = deadly


# --- the drill --------------------------------------------------------------------------------------------


def kills(app: Flask, lab: Lab, *, each: int, control: bool = False, progress: Progress = quiet) -> Result:
    """R5: so many victims at each point; then somebody presses the button again, and all must be well."""
    result = Result("R5 kill -9 on an order's way" + (", unguarded" if control else ""))
    points = [HALF_WAY] if control else list(POINTS)
    with app.app_context():
        lab.kill_at(WARM, {"lines": [(_thing(1), 1)]})  # what is loaded late is loaded now, and once
    done = 0
    for point in points:
        for _time in range(each):
            with app.app_context():
                result.note([f"{point}: {line}" for line in _one_kill(lab, point, control)])
            result.acts += 1
            done += 1
            progress(result.name, done, each * len(points))
    if control:
        return result
    with app.app_context():
        result.damage += _mails_at_the_sink(app)
    return result


def _one_kill(lab: Lab, point: str, unguarded: bool) -> list[str]:
    variant_id = _thing(2)
    wanted = {"lines": [(variant_id, 1)], "token": f"kill-{variant_id}-{os.getpid()}"}
    placement = selling.placement(**wanted)  # the form as it stood in the browser
    db.session.remove()
    status, told = lab.kill_at(point, wanted, unguarded)
    if status != -signal.SIGKILL:
        return [f"the victim did not die there ({status})"]
    before = _numbers_of(variant_id)
    if told and told not in before:
        return [f"{told} was confirmed to the buyer and is not there"]
    placed = service.place_order(placement)
    if told and placed.number != told:
        return [f"pressed again: {placed.number} beside {told}"]
    try:
        return _walk_on(placed.order_id, variant_id)
    except (NoResultFound, Refusal) as problem:
        return [f"nobody can go on from there: {type(problem).__name__}"]


def _walk_on(order_id: int, variant_id: int) -> list[str]:
    """The buyer goes on to pay; everything is there once."""
    step = service.start_payment(order_id)
    key = selling.payment_of(order_id).idempotency_key
    if step.kind == "go":
        fake_party().pay(key, "approve")
        service.return_from_gateway(selling.order_row(order_id).public_token)
    order = service.get_order(order_id)
    found = []
    if (order.status, order.payment_state) != ("confirmed", "captured"):
        found.append(f"{order.status}, {order.payment_state}")
    if _numbers_of(variant_id) != [order.number]:
        found.append(f"orders {_numbers_of(variant_id)}")
    mails = "SELECT count(*) FROM mail_message WHERE template = 'order_confirmation' AND dedupe_key = :n"
    if db.session.execute(selling.sa.text(mails), {"n": order.number}).scalar() != 1:
        found.append("not exactly one confirmation mail")
    if fake_party().shown(key)["charges"] != 1:
        found.append("charged more than once")
    return found


def _numbers_of(variant_id: int) -> list[str]:
    query = selling.sa.text(
        "SELECT DISTINCT o.number FROM orders o JOIN order_line l ON l.order_id = o.id WHERE l.variant_id = :id"
    )
    return list(db.session.execute(query, {"id": variant_id}).scalars())


def _mails_at_the_sink(app: Flask) -> list[str]:
    """After everything due was delivered: each order's mail arrived, under one Message-ID."""
    app.extensions["regulars_clock"].shift(mail.delivery.LEASE * 2)
    try:
        while mail.deliver_due(500):
            pass
    finally:
        app.extensions["regulars_clock"].shift(-mail.delivery.LEASE * 2)
    folder = Path(app.instance_path) / "mail"
    arrived = [message_from_bytes(path.read_bytes())["Message-ID"] for path in folder.glob("*.eml")]
    rows = selling.mails()
    missing = {row.message_id for row in rows} - set(arrived)
    twice = len(arrived) - len(set(arrived))
    found = [f"{len(missing)} mails never arrived"] if missing else []
    return found + ([f"{twice} mails came more often than processes died"] if twice > len(rows) else [])
