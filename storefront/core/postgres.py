"""What has to be asked of PostgreSQL itself: tables, their order, their sequences, their health."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.core import migrate

_SEQUENCES = sa.text(
    """
    SELECT t.relname AS "table", a.attname AS "column", s.oid::regclass::text AS "sequence"
    FROM pg_class s
    JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
    JOIN pg_class t ON t.oid = d.refobjid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace
    """
)
_COLUMNS = sa.text(
    """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = :name AND is_generated = 'NEVER'
    ORDER BY ordinal_position
    """
)
_INVALID_INDEXES = sa.text(
    """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
    """
)
_UNCHECKED = sa.text(
    """
    SELECT conname FROM pg_constraint
    WHERE NOT convalidated AND connamespace = current_schema()::regnamespace
    """
)


def driver(connection: sa.Connection) -> Any:
    """The driver's own connection, for COPY."""
    return connection.connection.dbapi_connection


def tables_in_order(connection: sa.Connection, history: str) -> list[str]:
    """The shop's own tables in the connection's schema, each after those that it points at.

    Somebody else's tables may stand in the same schema; they are none of our business.
    """
    ours = migrate.tables_of(history)
    found = [name for name, _keys in sa.inspect(connection).get_sorted_table_and_fkc_names()]
    return [name for name in found if name is not None and (name in ours or name.startswith("plugin_"))]


def stored_columns(connection: sa.Connection, table: str) -> list[str]:
    """The columns of a table that are not computed from others."""
    return list(connection.execute(_COLUMNS, {"name": table}).scalars())


def move_sequences(connection: sa.Connection) -> None:
    """Set every sequence past the highest value of its column, as after a bulk load."""
    for table, column, sequence in _owned(connection):
        next_free: Any = sa.func.coalesce(sa.func.max(sa.column(column)), 0) + 1
        top: Any = sa.select(next_free).select_from(sa.table(table))
        connection.execute(sa.select(sa.func.setval(sequence, top.scalar_subquery(), False)))


def _owned(connection: sa.Connection) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in connection.execute(_SEQUENCES)]


def ailments(connection: sa.Connection) -> list[str]:
    """What is wrong with the schema: broken indexes, unchecked constraints, sequences that lag behind."""
    found = [f"index {name} is not valid" for name in connection.execute(_INVALID_INDEXES).scalars()]
    found += [f"constraint {name} was never checked" for name in connection.execute(_UNCHECKED).scalars()]
    for table, column, sequence in _owned(connection):
        top = connection.execute(
            sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table))
        ).scalar()
        last, called = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
        if top is not None and (top > last or (top == last and not called)):
            found.append(f"the sequence of {table}.{column} stands at {last}, its column at {top}")
    return found
