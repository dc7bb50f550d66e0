"""Taking a batch back: created rows go, changed rows get their old values, and what others rely on stays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.imports.ledger import from_plain, sql_values
from storefront.core.imports.pacing import Pace, tidy_log
from storefront.core.imports.references import pointing_rows
from storefront.core.imports.registry import Importer, importers_of
from storefront.core.models import ImportBatch, ImportChange

LISTED = 100
KEPT = -1


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What was taken back, by table, and what had to stay with the reason."""

    batch: str
    removed: Mapping[str, int]
    restored: Mapping[str, int]
    refused: int
    kept: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that `regulars import undo --json` prints."""
        return {
            "batch": self.batch,
            "removed": dict(self.removed),
            "restored": dict(self.restored),
            "refused": self.refused,
            "kept": list(self.kept),
        }


@dataclass(slots=True)
class _Tally:
    removed: Counter[str]
    restored: Counter[str]
    refused: int
    kept: list[str]

    def keep(self, change: Any, reason: str) -> None:
        self.refused += 1
        if len(self.kept) < LISTED:
            self.kept.append(f"{change.object} {change.row_id or change.key}: {reason}")


def undo_batch(batch: str) -> UndoReport:
    """Takes back what a batch wrote, newest first, in short transactions; may be called again after a kill.

    Raises NotFound for an unknown batch and Refusal for one that is still being applied.
    """
    row = db.session.execute(
        sa.select(ImportBatch).where(ImportBatch.public_id == batch)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(gettext("There is no import batch %(batch)s.", batch=batch))
    if row.state == "applying":
        raise Refusal(gettext("This import is not finished; run it again first, then undo it."))
    importers = importers_of(row.kind)
    tally = _Tally(Counter(), Counter(), 0, [])
    for importer in importers:
        if importer.undo is not None:
            tally.removed.update({importer.kind: importer.undo(row.id, batch)})
    pace = Pace()
    with tidy_log() as tidy:
        for changes in _runs(row.id, pace):
            with pace.hold(len(changes)) as hold, transaction() as tx:
                hold.started()
                _undo_run(tx, changes, importers, batch, tally)
            tidy()
            pace.breather()
    _close(row.id, tally)
    return UndoReport(batch, tally.removed, tally.restored, tally.refused, tuple(tally.kept))


def _runs(batch_id: int, pace: Pace) -> Iterator[list[Any]]:
    """Changes newest first, in runs of one table that are all created or all changed."""
    last: int | None = None
    while True:
        query = sa.select(ImportChange).where(ImportChange.batch_id == batch_id)
        if last is not None:
            query = query.where(ImportChange.id < last)
        found = (
            db.session.execute(query.order_by(ImportChange.id.desc()).limit(min(pace.allowance, 500)))
            .scalars()
            .all()
        )
        if not found:
            return
        run = [found[0]]
        for change in found[1:]:
            if change.object != run[0].object or (change.before is None) != (run[0].before is None):
                break
            run.append(change)
        last = run[-1].id
        yield run


def _undo_run(tx: Tx, changes: list[Any], importers: list[Importer], batch: str, tally: _Tally) -> None:
    table = db.metadata.tables[changes[0].object]
    if changes[0].before is None:
        parts = _apart(table, changes)
        done = [change for part in parts for change in _remove(tx, table, part, importers, batch, tally)]
    else:
        done = [change.id for change in changes if _restore(tx, table, change, tally)]
        ids = [change.row_id for change in changes if change.id in done and change.row_id is not None]
        _tell(importers, "removed", tx, table, ids)
    if done:
        tx.execute(sa.delete(ImportChange).where(ImportChange.id.in_(done)))


def _apart(table: sa.Table, changes: list[Any]) -> list[list[Any]]:
    """Rows of a tree one by one, as they point at each other and the newest go first; others all at once."""
    is_tree = any(key.column.table.name == table.name for key in table.foreign_keys)
    return [[change] for change in changes] if is_tree else [changes]


def _remove(
    tx: Tx, table: sa.Table, changes: list[Any], importers: list[Importer], batch: str, tally: _Tally
) -> list[int]:
    """Deletes created rows that nothing points at; returns the changes that are dealt with."""
    if changes[0].row_id is None:
        for change in changes:
            tally.removed[table.name] += tx.execute(table.delete().where(*_key(table, change))).rowcount
        return [change.id for change in changes]
    blocked = _blocked(tx, table, [change.row_id for change in changes], importers, batch)
    free = [change for change in changes if change.row_id not in blocked]
    for change in changes:
        if change.row_id in blocked:
            tally.keep(change, blocked[change.row_id])
    if free:
        ids = [change.row_id for change in free]
        _tell(importers, "removing", tx, table, ids)
        tally.removed[table.name] += tx.execute(table.delete().where(table.c.id.in_(ids))).rowcount
        _tell(importers, "removed", tx, table, ids)
    return [change.id for change in free]


def _tell(importers: list[Importer], when: str, tx: Tx, table: sa.Table, ids: Sequence[int]) -> None:
    for importer in importers:
        hook = getattr(importer, when)
        if hook is not None and ids:
            hook(tx, table.name, ids)


def _blocked(
    tx: Tx, table: sa.Table, ids: Sequence[int], importers: list[Importer], batch: str
) -> dict[int, str]:
    owned = frozenset().union(*(importer.owned for importer in importers))
    blocked = {
        row_id: gettext("used by %(table)s", table=other)
        for row_id, other in pointing_rows(tx, table, ids, owned).items()
    }
    for importer in importers:
        if importer.blockers is not None:
            blocked.update(importer.blockers(tx, table.name, ids, batch))
    return blocked


def _restore(tx: Tx, table: sa.Table, change: Any, tally: _Tally) -> bool:
    """Puts old values back unless the row was changed again since. True when it is dealt with."""
    before = from_plain(change.before)
    if before.get("removed"):
        tx.execute(table.insert().values(**sql_values(table, before["row"])))
        tally.restored[table.name] += 1
        return True
    columns = [table.c[name] for name in before["after"]]
    found = tx.execute(sa.select(*columns).where(*_key(table, change))).mappings().one_or_none()
    if found is None:
        return True
    if any(found[name] != value for name, value in before["after"].items()):
        tally.keep(change, gettext("changed again since"))
        return False
    tx.execute(table.update().where(*_key(table, change)).values(**sql_values(table, before["row"])))
    tally.restored[table.name] += 1
    return True


def _key(table: sa.Table, change: Any) -> list[sa.ColumnElement[bool]]:
    key = {"id": change.row_id} if change.row_id is not None else from_plain(json.loads(change.key))
    return [table.c[name] == value for name, value in key.items()]


def _close(batch_id: int, tally: _Tally) -> None:
    with transaction() as tx:
        state = "undone" if not tally.refused else "undone_part"
        tx.execute(
            sa.update(ImportBatch)
            .where(ImportBatch.id == batch_id)
            .values(state=state, finished_at=clock.now())
        )
