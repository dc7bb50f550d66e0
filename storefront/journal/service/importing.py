"""Behaviour out of files, into the journal's own store. What a person refused is not taken."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storefront.catalog.service.importing import known_variants
from storefront.core.database import JOURNAL, Tx, db, snapshot, write_engine
from storefront.core.events import publish
from storefront.core.imports.columns import map_columns
from storefront.core.imports.events import HistoryImported
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.moments import date_style, style_by_order
from storefront.core.imports.problems import CellError, Problem, add_sentences
from storefront.core.imports.reading import Table, named, sample
from storefront.core.imports.registry import (
    CREATED,
    REJECTED,
    SKIPPED,
    Format,
    Importer,
    Item,
    Options,
    Outcome,
)
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.models import ImportBatch
from storefront.customers.service import who_refused
from storefront.customers.service.importing import known_customers
from storefront.journal.models import JournalEvent
from storefront.journal.rules import is_robot
from storefront.journal.service.formats import AGENT, FIELDS, Parser, event_key, page_of

EVENT = JournalEvent.__table__
KNOWN = Outcome(SKIPPED, "already_there")
PATIENCE = 100
COLUMNS = (*FIELDS, AGENT)
TOLD = 20_000
_AS_GIVEN = (
    "visitor", "session", "surface", "position", "query", "hits", "source", "dwell_ms", "language",
)  # fmt: skip


def _sentences() -> dict[str, str]:
    return {
        "event_product_unknown": gettext("The shop has no such product."),
        "robot": gettext("A robot looked at this, not a person."),
        "consent_refused": gettext("The person refused statistics."),
    }


add_sentences(_sentences)


# --- staging ------------------------------------------------------------------------------------------------


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is one of events."""
    return not map_columns(columns, COLUMNS).problems


def stage_events(table: Table, staging: Staging, options: Options) -> None:
    """Stages one event per row."""
    known = map_columns(table.columns, COLUMNS, options.mapping)
    for finding in known.problems:
        staging.refuse(finding)
    for column in known.unknown:
        if column != REASON_COLUMN:
            staging.warn(Problem(1, column, "column_unknown"))
    parser = Parser(known.hints.get("at") or _style(table, known.index.get("at")))
    places = sorted(known.index.items(), key=lambda pair: pair[1])
    for line, row in table.rows(staging.damaged):
        staging.read += 1
        problem = (
            Problem(line, "", "not_read")
            if known.problems
            else _stage_one(parser, places, row, staging, line)
        )
        if problem is not None:
            staging.reject(named(problem, table.columns))
        if staging.read % TOLD == 0:
            staging.tell("read", staging.read)


def _stage_one(
    parser: Parser, places: list[tuple[str, int]], row: list[str], staging: Staging, line: int
) -> Problem | None:
    event: dict[str, Any] = {}
    for name, place in places:
        try:
            event[name] = parser.field(name, row[place])
        except CellError as error:
            return Problem(line, f"#{place + 1}", error.code, error.data)
    agent = event.pop(AGENT.name, None)
    if agent and is_robot(agent):
        staging.skip("robot")
    else:
        staging.add("event", event_key(event), event, lines=1)
    return None


def _style(table: Table, place: int | None) -> str:
    cells = [row[place] for row in sample(table)] if place is not None else []
    style = date_style(cells)
    return style_by_order(cells) if style == "unclear" else style


# --- applying -----------------------------------------------------------------------------------------------


class Events:
    """Events by their id. They are written before the chunk's progress is, and known again by their batch."""

    name = "event"
    in_parts = False  # nothing is left to do under the lock

    def __init__(self) -> None:
        self.variants: dict[str, tuple[int, int]] = {}
        self.customers: dict[str, int] = {}
        self.refused: frozenset[int] | None = None

    def prepare(self, items: Sequence[Item], batch: str) -> list[Outcome]:
        """Writes the events: their store is another one, so no lock of the shop is held meanwhile."""
        self._look_up(items)
        batch_id = db.session.execute(
            sa.select(ImportBatch.id).where(ImportBatch.public_id == batch)
        ).scalar_one()
        with _journal() as connection:
            there = _batches(connection, [item.key for item in items])
            rows: list[dict[str, Any]] = []
            outcomes = [self._one(item, batch_id, there, rows) for item in items]
            if rows:
                connection.execute(EVENT.insert(), rows)
        return outcomes

    def _look_up(self, items: Sequence[Item]) -> None:
        if self.refused is None:
            self.refused = who_refused("statistics")
        skus = {item.payload.get("sku") for item in items} - {None, *self.variants}
        names = {item.payload.get("customer") for item in items} - {None, *self.customers}
        self.variants.update(known_variants(skus))
        self.customers.update(known_customers(names))

    def _one(
        self, item: Item, batch_id: int, there: dict[str, int | None], rows: list[dict[str, Any]]
    ) -> Outcome:
        outcome = self._judge(item, there, batch_id)
        if outcome.state == CREATED and item.key not in there:
            # A file may hold the same event twice.
            there[item.key] = None
            rows.append(self._row(item, batch_id))
        return outcome

    def _judge(self, item: Item, there: dict[str, int | None], batch_id: int | None) -> Outcome:
        if item.key in there and (batch_id is None or there[item.key] != batch_id):
            return KNOWN
        sku, customer = item.payload.get("sku"), item.payload.get("customer")
        if sku and sku not in self.variants:
            return Outcome(REJECTED, "event_product_unknown")
        if customer and self.customers.get(customer) in (self.refused or ()):
            return Outcome(SKIPPED, "consent_refused")
        return Outcome(CREATED, objects={"events": 1})

    def _row(self, item: Item, batch_id: int) -> dict[str, Any]:
        event = item.payload
        return {name: event.get(name) for name in _AS_GIVEN} | {
            "event_id": item.key,
            "name": event["event"],
            "at": datetime.fromisoformat(event["at"]),
            "customer_id": self.customers.get(event.get("customer") or ""),
            "product_id": self.variants.get(event.get("sku") or "", (None, None))[1],
            "list_name": event.get("list"),
            "page": event.get("page") or page_of(event),
            "params": event.get("params") or None,
            "batch_id": batch_id,
        }

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        self._look_up(items)
        with snapshot(JOURNAL) as journal:
            there = _batches(journal.connection(), [item.key for item in items])
        return [self._judge(item, there, None) for item in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: list[Outcome]) -> list[Outcome]:
        return prepared


def _batches(connection: sa.Connection, keys: Sequence[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    query = sa.select(EVENT.c.event_id, EVENT.c.batch_id)
    for start in range(0, len(keys), 400):
        rows = connection.execute(query.where(EVENT.c.event_id.in_(keys[start : start + 400])))
        found.update({event_id: batch_id for event_id, batch_id in rows})
    return found


@contextmanager
def _journal() -> Iterator[sa.Connection]:
    """One transaction of the journal. Its writers give up after 50 ms, so this one asks again."""
    engine = write_engine(JOURNAL)
    if engine.dialect.name != "sqlite":
        committed = engine.connect().execution_options(isolation_level="READ COMMITTED")
        with committed as connection, connection.begin():
            yield connection
        return
    with engine.connect() as connection:
        _begin(connection)
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def _begin(connection: sa.Connection) -> None:
    for attempt in range(PATIENCE):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError:
            if attempt == PATIENCE - 1:
                raise
            time.sleep(0.02)


# --- both ways ----------------------------------------------------------------------------------------------


def importers() -> list[Importer]:
    """What `regulars import events` reads, and how it is applied."""
    return [
        Importer(
            "events", (Format("regulars", recognise, stage_events),), (Events(),), finish=_tell, undo=_undo
        )
    ]


def _tell(tx: Tx, batch: str) -> None:
    publish(tx, HistoryImported(batch=batch, kind="events"))


def _undo(batch_id: int, batch: str) -> int:
    with _journal() as connection:
        return connection.execute(EVENT.delete().where(EVENT.c.batch_id == batch_id)).rowcount
