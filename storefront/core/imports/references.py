"""Which rows are pointed at, found from the foreign keys of the tables themselves."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core.database import db


def pointing_rows(tx: Session, table: sa.Table, ids: Sequence[int], owned: frozenset[str]) -> dict[int, str]:
    """Ids of `table` that rows of other tables point at, directly or through rows they own, with that
    table's name.

    Tables in `owned` belong to the row they point at; what points at them counts as pointing at the row.
    """
    blocked: dict[int, str] = {}
    for other, column in _referrers(table):
        if other.name in owned and _is_part(column):
            blocked.update(_through(tx, other, column, ids, owned))
        else:
            found = tx.execute(sa.select(column).where(column.in_(ids)).distinct()).scalars()
            blocked.update(dict.fromkeys(found, other.name))
    return blocked


def _through(
    tx: Session, other: sa.Table, column: sa.Column, ids: Sequence[int], owned: frozenset[str]
) -> dict[int, str]:
    if "id" not in other.c or not _referrers(other):
        return {}
    parents = {
        row.id: row.parent
        for row in tx.execute(sa.select(other.c.id, column.label("parent")).where(column.in_(ids)))
    }
    if not parents:
        return {}
    deeper = pointing_rows(tx, other, list(parents), owned)
    # An owned row that is pointed at from inside the same whole (a picture of one variant) does not count.
    return {parents[row_id]: name for row_id, name in deeper.items() if name not in owned}


def _referrers(table: sa.Table) -> list[tuple[sa.Table, sa.Column]]:
    return [
        (other, key.parent)
        for other in db.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table.name == table.name
    ]


def _is_part(column: sa.Column) -> bool:
    """Whether the row goes with the one it points at (ON DELETE CASCADE)."""
    return any((key.ondelete or "").upper() == "CASCADE" for key in column.foreign_keys)
