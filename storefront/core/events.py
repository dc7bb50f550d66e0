"""Business events: written with the command that caused them, told to each listener after the commit.

A listener whose effect is in the shop's database runs in one transaction with its `done` mark: exactly once.
One whose effect is outside (mail, gateway) is leased, run, then marked: at least once, with a stable key.
Whatever a dying process left unfinished is taken up by the worker's sweep.
"""

from __future__ import annotations

import dataclasses
import inspect
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import Tx, database_now, db, transaction
from storefront.core.models import Outbox, OutboxDelivery

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Listener:
    """A function that reacts to one kind of event. `name` identifies it for ever in the delivery table."""

    name: str
    event: type
    run: Callable[..., None]
    durable: bool
    outside: bool


def listens(event: type, *, durable: bool = False, outside: bool = False) -> Callable[[Callable], Callable]:
    """Mark a function of a `listeners.py` as a listener of `event`.

    Inside listeners are called as `run(event, tx)`; outside ones as `run(event, key)` where `key` is stable
    over retries. `durable` ones wait for the worker; the others run right after the commit.
    """

    def mark(function: Callable) -> Callable:
        function._listens = (event, durable or outside, outside)  # type: ignore[attr-defined]
        return function

    return mark


def event_name(event: type) -> str:
    """`ordering.OrderPlaced` for `storefront.ordering.events.OrderPlaced`."""
    parts = event.__module__.split(".")
    package = parts[1] if len(parts) > 1 else parts[0]
    return f"{package}.{event.__qualname__}"


class Listeners:
    """All listeners of one app, by event."""

    def __init__(self) -> None:
        self.by_event: dict[str, list[Listener]] = {}
        self.by_name: dict[str, Listener] = {}

    def register_module(self, module: Any) -> None:
        """Take in every function of `module` that `listens` marked."""
        for value in filter(inspect.isfunction, vars(module).values()):
            marked = getattr(value, "_listens", None)
            if marked is None:
                continue
            event, durable, outside = marked
            name = f"{module.__name__.removeprefix('storefront.')}.{value.__name__}"
            listener = Listener(name, event, value, durable, outside)
            self.by_event.setdefault(event_name(event), []).append(listener)
            self.by_name[name] = listener


def init_events(app: Flask) -> Listeners:
    """Attach the registry and the dispatch that `transaction()` calls after a commit."""
    registry = Listeners()
    app.extensions["regulars_listeners"] = registry
    app.extensions["regulars_after_commit"] = dispatch_inline
    return registry


def _registry() -> Listeners:
    return current_app.extensions["regulars_listeners"]


# --- publishing -------------------------------------------------------------------------------------------


def publish(tx: Tx, event: Any, *, dedupe_key: str | None = None) -> bool:
    """Write `event` (a frozen dataclass of plain values) into the outbox of this command.

    With a `dedupe_key` that was published before, nothing is written and False comes back.
    """
    name = event_name(type(event))
    moment = clock.now()
    values = {"event": name, "payload": _to_plain(event), "dedupe_key": dedupe_key, "created_at": moment}
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(Outbox)
    # Two commands at once may publish the same key: the later one finds it taken, and goes on.
    written = insert.values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"])
    outbox_id = tx.execute(written.returning(Outbox.id)).scalar_one_or_none()
    if outbox_id is None:
        return False
    for listener in _registry().by_event.get(name, []):
        tx.add(OutboxDelivery(outbox_id=outbox_id, listener=listener.name, state="new", next_at=moment))
    tx.published.append(outbox_id)
    return True


def _to_plain(event: Any) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return {"$at": value.isoformat()} if isinstance(value, datetime) else value

    return {item.name: plain(getattr(event, item.name)) for item in dataclasses.fields(event)}


def _from_plain(event: type, payload: dict[str, Any]) -> Any:
    def value(raw: Any) -> Any:
        if isinstance(raw, dict) and set(raw) == {"$at"}:
            return datetime.fromisoformat(raw["$at"])
        return tuple(raw) if isinstance(raw, list) else raw

    return event(**{name: value(raw) for name, raw in payload.items()})


# --- delivering -------------------------------------------------------------------------------------------


def dispatch_inline(outbox_ids: list[int]) -> None:
    """Right after a commit: run the inline listeners; wake the worker for the durable ones."""
    rows = db.session.execute(
        sa.select(OutboxDelivery.id, OutboxDelivery.listener)
        .where(OutboxDelivery.outbox_id.in_(outbox_ids), OutboxDelivery.state == "new")
        .order_by(OutboxDelivery.id)
    ).all()
    wake = False
    for delivery_id, name in rows:
        listener = _registry().by_name.get(name)
        if listener is None or listener.durable:
            wake = wake or listener is not None
        else:
            deliver(delivery_id)
    if wake:
        _wake_worker()


def _wake_worker() -> None:
    """A hint for speed only: the sweep is the guarantee, so a failed hint is logged and forgotten."""
    hint = current_app.extensions.get("regulars_wake_worker")
    if hint is None:
        return
    try:
        hint()
    except Exception:
        log.warning("worker_hint_failed", exc_info=True)


def deliver(delivery_id: int) -> bool:
    """Run one delivery if it is due and free. True when it is done; a failure is recorded, never raised."""
    row = db.session.execute(
        sa.select(OutboxDelivery.listener, Outbox.payload, Outbox.id)
        .join(Outbox, Outbox.id == OutboxDelivery.outbox_id)
        .where(OutboxDelivery.id == delivery_id)
    ).first()
    listener = _registry().by_name.get(row.listener) if row else None
    if row is None or listener is None:
        return False
    token = secrets.token_hex(16)
    try:
        event = _from_plain(listener.event, row.payload)
        if listener.outside:
            return _deliver_outside(delivery_id, listener, event, f"{row.id}:{listener.name}", token)
        return _deliver_inside(delivery_id, listener, event)
    except Exception as error:
        log.error("listener_failed", listener=listener.name, delivery=delivery_id, exc_info=True)
        _record_failure(delivery_id, token, error)
        return False


def _deliver_inside(delivery_id: int, listener: Listener, event: Any) -> bool:
    with transaction() as tx:
        taken = tx.execute(
            sa.update(OutboxDelivery)
            .where(OutboxDelivery.id == delivery_id, OutboxDelivery.state == "new")
            .values(state="done", attempts=OutboxDelivery.attempts + 1, error=None)
        )
        if taken.rowcount != 1:
            return False
        listener.run(event, tx)
    return True


def _deliver_outside(delivery_id: int, listener: Listener, event: Any, key: str, token: str) -> bool:
    if not _lease(delivery_id, token):
        return False
    listener.run(event, key)
    with transaction() as tx:
        # A late worker whose lease was taken over finds another token here and changes nothing.
        done = tx.execute(
            sa.update(OutboxDelivery)
            .where(OutboxDelivery.id == delivery_id, OutboxDelivery.token == token)
            .values(state="done", lease_until=None, token=None, error=None)
        )
    return done.rowcount == 1


def _lease(delivery_id: int, token: str) -> bool:
    moment = database_now()
    free = sa.or_(
        OutboxDelivery.state == "new",
        sa.and_(OutboxDelivery.state == "running", OutboxDelivery.lease_until < moment),
    )
    with transaction() as tx:
        taken = tx.execute(
            sa.update(OutboxDelivery)
            .where(OutboxDelivery.id == delivery_id, free)
            .values(
                state="running", token=token, lease_until=moment + LEASE, attempts=OutboxDelivery.attempts + 1
            )
        )
    return taken.rowcount == 1


def _record_failure(delivery_id: int, token: str, error: Exception) -> None:
    """Count the try and come back later, twice as late each time; after the last, park it for the owner."""
    with transaction() as tx:
        row = tx.get(OutboxDelivery, delivery_id, with_for_update=True)
        if row is None or row.state not in {"new", "running"} or _is_anothers(row, token):
            return
        if row.state == "new":
            row.attempts += 1
        row.state = "parked" if row.attempts >= MAX_ATTEMPTS else "new"
        row.next_at = clock.now() + timedelta(seconds=2**row.attempts)
        row.lease_until, row.token, row.error = None, None, f"{type(error).__name__}: {error}"[:2000]


def _is_anothers(row: OutboxDelivery, token: str) -> bool:
    """Whether another worker took this delivery over and is at it: how our try ended matters no more."""
    lease_lives = row.lease_until is not None and row.lease_until >= database_now()
    return row.token not in {None, token} and lease_lives


def sweep(limit: int = 200) -> int:
    """Finish what is due: durable listeners, failed ones, what a dead process left. Returns how many."""
    moment = database_now()
    due = db.session.execute(
        sa.select(OutboxDelivery.id)
        .where(
            # What nobody here listens to any more waits for its feature, not in the way of the others.
            OutboxDelivery.listener.in_(_registry().by_name),
            sa.or_(
                sa.and_(OutboxDelivery.state == "new", OutboxDelivery.next_at <= moment),
                sa.and_(OutboxDelivery.state == "running", OutboxDelivery.lease_until < moment),
            ),
        )
        .order_by(OutboxDelivery.id)
        .limit(limit)
    ).scalars()
    return sum(deliver(delivery_id) for delivery_id in due.all())
