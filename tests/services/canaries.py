"""Rows for every table that the registry of personal data names, with a word of its owner in every column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from storefront.core.database import JOURNAL, UtcTime, db, write_engine
from storefront.core.privacy import PersonalData
from storefront.customers.service.privacy import STORES

# What a table's own checks want.
FIXED: dict[tuple[str, str], Any] = {
    ("cart", "token_hash"): None,
    ("stock_request", "state"): "told",
}
SHORTEST = 20  # a column that holds less holds no word, only a value


_serial = count(1000)


def is_unique(table: sa.Table, column: sa.Column[Any]) -> bool:
    """Whether two rows may not hold the same here."""
    lone = [list(index.columns) for index in table.indexes if index.unique]
    return bool(column.unique) or [column] in [*lone, list(table.primary_key)]


class Planter:
    """Plants a person: `who` marks their words, `email` is their address."""

    def __init__(self, who: str, email: str, registry: list[PersonalData]) -> None:
        self.who, self.email, self.registry = who, email, registry
        self.made: dict[str, Any] = {}
        self.words: dict[tuple[str, str], str] = {}
        self.number = 0

    def plant(self) -> None:
        """A row in every registered table that belongs to somebody."""
        self.key_of("customer")
        for entry in self.registry:
            if entry.owner not in {"id", "row_id", "outbox_id"}:
                table = db.metadatas[STORES[entry.store]].tables[entry.table]
                self.row(table, entry.store)

    def key_of(self, name: str) -> Any:
        """The primary key of this person's row in the table; made when there is none."""
        if name not in self.made:
            self.row(db.metadata.tables[name], "shop")
        return self.made[name]

    def row(self, table: sa.Table, store: str) -> None:
        if table.name in self.made:
            return
        self.made[table.name] = None  # a table that points at itself gets nothing there
        values = {column.name: self.value(table, column) for column in table.c if not self.is_given(column)}
        with write_engine(STORES[store]).begin() as connection:
            found = connection.execute(sa.insert(table).values(values)).inserted_primary_key
        self.made[table.name] = found[0] if found else None

    @staticmethod
    def is_given(column: sa.Column[Any]) -> bool:
        counted = column.primary_key and column.autoincrement is not False
        return counted and isinstance(column.type, sa.Integer) and not column.foreign_keys

    def value(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        if (table.name, column.name) in FIXED:
            return FIXED[table.name, column.name]
        if column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column.table.name
            return self.made.get(parent) if parent == table.name else self.key_of(parent)
        if column.name in {"customer_id", "owner_customer_id"}:
            return self.made["customer"]
        if column.name in {"email_key", "to_email", "email"}:
            return self.email
        return self.plain(table, column)

    def plain(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        self.number += 1
        kind = column.type
        if isinstance(kind, sa.JSON):
            return {"said": self.word(table, column)}
        if isinstance(kind, sa.Boolean):
            return False
        if isinstance(kind, UtcTime):
            return datetime(2026, 1, 1, tzinfo=UTC)
        if isinstance(kind, sa.Date):
            return date(2026, 1, 1)
        if isinstance(kind, sa.Integer):
            return next(_serial) if is_unique(table, column) else 1
        length = getattr(kind, "length", None)
        if length is not None and length < SHORTEST:
            return f"{self.who}{self.number}"[:length]
        return self.word(table, column)[: length or 200]

    def word(self, table: sa.Table, column: sa.Column[Any]) -> str:
        """`canary-ann-7-company`, cut where a column is short."""
        length = getattr(column.type, "length", None) or 200
        if not self.is_registered(table.name, column.name):
            return f"row-{self.who}-{self.number}"[:length]
        self.words[table.name, column.name] = f"canary-{self.who}-{self.number}-{column.name}"[:length]
        return self.words[table.name, column.name]

    def is_registered(self, table: str, column: str) -> bool:
        return any(entry.table == table and column in entry.columns for entry in self.registry)


def everything() -> dict[tuple[str, str], str]:
    """What stands in each column of both stores, as one text each."""
    found: dict[tuple[str, str], str] = {}
    for bind in (None, JOURNAL):
        with write_engine(bind).connect() as connection:
            for table in sa.inspect(connection).get_table_names():
                for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
                    for name, value in row.items():
                        found[table, name] = found.get((table, name), "") + "\n" + repr(value)
    return found
