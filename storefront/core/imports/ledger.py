"""Writing rows so that they can be taken back: what was created, and what stood there before a change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.core.models import ImportChange

CHANGES = ImportChange.__table__


class Ledger:
    """Writes of one chunk and their before-images. `batch_id` is the row id of the import batch."""

    def __init__(self, tx: Tx, batch_id: int, batch: str) -> None:
        self.tx = tx
        self.batch_id = batch_id
        self.batch = batch
        self.connection = tx.connection()
        self._changes: list[dict[str, Any]] = []
        self._spare: dict[str, list[int]] = {}
        self._last: dict[str, int] = {}

    def next_id(self, table: sa.Table) -> int:
        """An id for one new row, valid in this transaction even before the row is put in."""
        spare = self._spare.setdefault(table.name, [])
        if not spare:
            spare.extend(reversed(self.ids(table, 50)))
        return spare.pop()

    def ids(self, table: sa.Table, count: int) -> list[int]:
        """Ids for `count` new rows, valid in this transaction: behind the last one on SQLite (the lock is
        ours),
        from the sequence on PostgreSQL (others write at the same time)."""
        if self.connection.dialect.name != "sqlite":
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            numbers = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count))
            return list(self.connection.execute(numbers).scalars())
        if table.name not in self._last:
            top = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))
            self._last[table.name] = self.connection.execute(top).scalar_one()
        first = self._last[table.name] + 1
        self._last[table.name] += count
        return list(range(first, first + count))

    def insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, remember: bool = True) -> None:
        """Inserts rows. `remember=False` for rows that go with a row created in this batch."""
        if not rows:
            return
        for group in _uniform(table, rows):
            self.connection.execute(table.insert(), group)
        if remember:
            for row in rows:
                self._note(table, {column.name: row[column.name] for column in table.primary_key}, None)

    def insert_tuples(self, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Inserts many rows of plain numbers and texts, as fast as the driver can; they are not
        remembered.
        """
        if not rows:
            return
        compiled = table.insert().compile(dialect=self.connection.dialect, column_keys=list(columns))
        fixed = _defaults(table, columns)
        names, rest = (*columns, *fixed), tuple(fixed.values())
        if compiled.positional:
            pick = itemgetter(*(names.index(name) for name in compiled.positiontup or ()))
            self.connection.exec_driver_sql(str(compiled), [pick((*row, *rest)) for row in rows])
        else:
            named = [dict(zip(names, (*row, *rest), strict=True)) for row in rows]
            self.connection.exec_driver_sql(str(compiled), named)

    def update(self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Changes one row and remembers what stood there. False when every value is there already."""
        columns = [table.c[name] for name in values]
        found = self.connection.execute(sa.select(*columns).where(*_where(table, key))).mappings().one()
        before = {name: found[name] for name, value in values.items() if found[name] != value}
        if not before:
            return False
        after = {name: values[name] for name in before}
        self.connection.execute(table.update().where(*_where(table, key)).values(**sql_values(table, after)))
        self._note(table, key, {"row": before, "after": after})
        return True

    def note_insert(self, table: sa.Table, key: Mapping[str, Any]) -> None:
        """Remembers a row that the caller put in itself."""
        self._note(table, key, None)

    def note_update(
        self, table: sa.Table, key: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Remembers a change that the caller makes itself."""
        self._note(table, key, {"row": dict(before), "after": dict(after)})

    def delete(self, table: sa.Table, key: Mapping[str, Any]) -> None:
        """Deletes one row and remembers it whole."""
        found = self.connection.execute(sa.select(table).where(*_where(table, key))).mappings().one_or_none()
        if found is not None:
            self.connection.execute(table.delete().where(*_where(table, key)))
            self._note(table, key, {"row": dict(found), "removed": True})

    def flush(self) -> None:
        """Writes the remembered changes; once, at the end of the chunk."""
        # `before` is left out for created rows: JSON columns turn an explicit None into the text 'null'.
        created = [change for change in self._changes if "before" not in change]
        changed = [change for change in self._changes if "before" in change]
        for rows in (created, changed):
            if rows:
                self.connection.execute(CHANGES.insert(), rows)
        self._changes.clear()

    def _note(self, table: sa.Table, key: Mapping[str, Any], before: dict[str, Any] | None) -> None:
        plain = to_plain(dict(key))
        row_id = plain["id"] if set(plain) == {"id"} else None
        change = {
            "batch_id": self.batch_id,
            "object": table.name,
            "key": "" if row_id is not None else json.dumps(plain, sort_keys=True, ensure_ascii=False),
            "row_id": row_id,
        }
        if before is not None:
            change["before"] = to_plain(before)
        self._changes.append(change)


def _where(table: sa.Table, key: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


def sql_values(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for an UPDATE or a single INSERT.

    JSON columns turn None into the text 'null'; SQL's own null is meant.
    """
    return {
        name: sa.null() if value is None and _is_json(table, name) else value
        for name, value in values.items()
    }


def _defaults(table: sa.Table, given: Sequence[str]) -> dict[str, Any]:
    """What the other columns of a new row begin with, as the model says."""
    other = [column for column in table.c if column.name not in given]
    return {
        column.name: column.default.arg
        for column in other
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
    }


def _is_json(table: sa.Table, name: str) -> bool:
    return isinstance(table.c[name].type, sa.JSON)


def _uniform(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows in groups of equal columns, empty JSON columns left out (see `sql_values`)."""
    names = [column.name for column in table.c if isinstance(column.type, sa.JSON)]
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        plain = {name: value for name, value in row.items() if value is not None or name not in names}
        groups.setdefault(tuple(plain), []).append(plain)
    return list(groups.values())


def to_plain(value: Any) -> Any:
    """Values of rows as JSON can hold them; moments keep their type."""
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, dict):
        return {name: to_plain(part) for name, part in value.items()}
    return value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given."""
    if isinstance(value, dict) and set(value) == {"$at"}:
        return datetime.fromisoformat(value["$at"])
    if isinstance(value, dict):
        return {name: from_plain(part) for name, part in value.items()}
    return value
