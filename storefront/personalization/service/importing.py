"""Declared needs out of a catalogue file; they stand behind the products and categories of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.database import Tx
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CHANGED, CREATED, REJECTED, SKIPPED, Importer, Item, Outcome
from storefront.core.versions import raise_version
from storefront.personalization.models import DeclaredNeed
from storefront.personalization.service.declaring import MOST, SIDES

NEED = DeclaredNeed.__table__
Sides = dict[str, int | None]
_TABLES = {
    kind: sa.table(name, sa.column("id"), sa.column("slug"))
    for kind, name in (("p", "product"), ("c", "category"))
}
UNCHANGED = Outcome(SKIPPED, "unchanged")


class DeclaredNeeds:
    """Needs by both of their sides."""

    name = "need"

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        return [self._judge(session, item.payload["row"])[0] for item in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        outcomes = [self._apply_one(ledger, item.payload["row"]) for item in items]
        raise_version(ledger.tx, "home")
        return outcomes

    def _judge(self, session: Session, row: dict[str, Any]) -> tuple[Outcome, Any, Sides | None]:
        """(what becomes of it, the row that is there, its columns; None where a side does not exist yet)."""
        sides = {**_side(session, "of", row["target"]), **_side(session, "needs", row["needs"])}
        if sum(value is not None for value in sides.values()) < len(SIDES):
            return Outcome(CREATED, objects={"needs": 1}), None, None
        same = [NEED.c[name].is_not_distinct_from(value) for name, value in sides.items()]
        found = session.execute(sa.select(NEED.c.id, NEED.c.active).where(*same)).first()
        if found is None:
            return Outcome(CREATED, objects={"needs": 1}), None, sides
        return (UNCHANGED if found.active == row["active"] else Outcome(CHANGED)), found, sides

    def _apply_one(self, ledger: Ledger, row: dict[str, Any]) -> Outcome:
        outcome, found, sides = self._judge(ledger.tx, row)
        if sides is None:
            return Outcome(REJECTED, "product_unknown")
        if found is None:
            return self._add(ledger, sides, active=row["active"]) or outcome
        if outcome.state == CHANGED:
            ledger.update(NEED, {"id": found.id}, {"active": row["active"]})
        return outcome

    def _add(self, ledger: Ledger, sides: Sides, *, active: bool) -> Outcome | None:
        """Writes a new one; an outcome where there are as many as there can be."""
        if ledger.tx.execute(sa.select(sa.func.count()).select_from(NEED)).scalar_one() >= MOST:
            return Outcome(REJECTED, "too_many_needs")
        row = {"id": ledger.next_id(NEED), **sides, "active": active, "created_at": clock.now()}
        ledger.insert(NEED, [row])
        return None


def _side(session: Session, name: str, address: str) -> Sides:
    """The two columns of one side; both None where what it names does not exist."""
    kind, _, slug = address.partition("/")
    table = _TABLES[kind]
    found = session.execute(sa.select(table.c.id).where(table.c.slug == slug)).scalar()
    return {f"{name}_{one.name}_id": found if one is table else None for one in _TABLES.values()}


def importers() -> list[Importer]:
    """The share of declared needs in importing a catalogue."""
    return [Importer("catalog", targets=(DeclaredNeeds(),), owned=frozenset({NEED.name}), removed=forget)]


def forget(tx: Tx, table: str, ids: Sequence[int]) -> None:
    """Pages ask anew when an undo took needs back."""
    if table == NEED.name:
        raise_version(tx, "home")
