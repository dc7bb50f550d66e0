"""Stock that a catalogue file states: the books are made to say it, and an undo takes the movement back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from storefront.catalog.service.importing import find_variants
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CHANGED, SKIPPED, Importer, Item, Outcome
from storefront.inventory.errors import BadCount
from storefront.inventory.models import Stock, StockHold, StockMove
from storefront.inventory.service.stock import correct, set_rules

STOCK, MOVE, HOLD = Stock.__table__, StockMove.__table__, StockHold.__table__
VARIANT = sa.table("variant", sa.column("id", sa.Integer), sa.column("product_id", sa.Integer))
UNCHANGED = Outcome(SKIPPED, "unchanged")


def reference(batch: str) -> str:
    """How a movement names the import that made it."""
    return f"import {batch}"


class StockCounts:
    """Counted pieces and backorder rules by SKU. Stands behind the products of the same file."""

    name = "stock"

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        # What differs is part of the products' own comparison.
        return [UNCHANGED for _ in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        variants = find_variants(ledger.tx, [item.key for item in items])
        return [self._apply_one(ledger, item, variants.get(item.key, (None, None))[0]) for item in items]

    def _apply_one(self, ledger: Ledger, item: Item, variant_id: int | None) -> Outcome:
        if variant_id is None:
            return UNCHANGED
        row = ledger.tx.execute(sa.select(STOCK).where(STOCK.c.variant_id == variant_id)).first()
        there = None if row is None else row.available + row.held
        backorder = row is not None and row.backorder
        if there == item.payload["quantity"] and backorder == item.payload["backorder"]:
            return UNCHANGED
        try:
            if there != item.payload["quantity"]:
                self._correct(ledger, variant_id, item.payload["quantity"])
        except BadCount:
            return Outcome(SKIPPED, objects={"stock_refused": 1})
        if item.payload["backorder"] != backorder:
            point = row.reorder_point if row is not None else None
            set_rules(ledger.tx, variant_id, backorder=item.payload["backorder"], reorder_point=point)
            if row is not None:
                before, after = {"backorder": row.backorder}, {"backorder": item.payload["backorder"]}
                ledger.note_update(STOCK, {"variant_id": variant_id}, before, after)
        return Outcome(CHANGED, objects={"stock_counts": 1})

    def _correct(self, ledger: Ledger, variant_id: int, quantity: int) -> None:
        correct(ledger.tx, variant_id, quantity, reference(ledger.batch))
        mine = (MOVE.c.variant_id == variant_id, MOVE.c.reference == reference(ledger.batch))
        move_id = ledger.tx.execute(sa.select(sa.func.max(MOVE.c.id)).where(*mine)).scalar()
        if move_id is not None:
            ledger.note_insert(MOVE, {"id": move_id})


def importers() -> list[Importer]:
    """The inventory's share in importing a catalogue."""
    owned = frozenset({"stock", "stock_move"})
    return [Importer("catalog", targets=(StockCounts(),), owned=owned, blockers=blockers, removing=take_back)]


def blockers(tx: Session, table: str, ids: Sequence[int], batch: str) -> Mapping[int, str]:
    """Products whose stock was moved or held by others, and movements whose pieces are gone."""
    if table == "product":
        return _moved_products(tx, ids)
    if table == "stock_move":
        return _spent_moves(tx, ids)
    return {}


def _moved_products(tx: Session, ids: Sequence[int]) -> dict[int, str]:
    # The import's own movements are taken back before its products, so any that is left is another's.
    reason = gettext("its stock has moved since")
    found: dict[int, str] = {}
    for table in (MOVE, HOLD):
        query = sa.select(VARIANT.c.product_id).join(table, table.c.variant_id == VARIANT.c.id)
        found |= dict.fromkeys(tx.execute(query.where(VARIANT.c.product_id.in_(ids))).scalars(), reason)
    return found


def _spent_moves(tx: Session, ids: Sequence[int]) -> dict[int, str]:
    query = (
        sa.select(MOVE.c.id)
        .join(STOCK, STOCK.c.variant_id == MOVE.c.variant_id)
        .where(MOVE.c.id.in_(ids), STOCK.c.available - MOVE.c.delta < 0, STOCK.c.backorder.is_(False))
    )
    return dict.fromkeys(tx.execute(query).scalars(), gettext("its pieces are sold or held"))


def take_back(tx: Session, table: str, ids: Sequence[int]) -> None:
    """Takes the pieces of movements off the shelf before an undo removes them; a count that an import began
    ends.
    """
    if table != "stock_move":
        return
    for move in tx.execute(sa.select(MOVE).where(MOVE.c.id.in_(ids))).all():
        of = STOCK.c.variant_id == move.variant_id
        tx.execute(STOCK.update().where(of).values(available=STOCK.c.available - move.delta))
        others = (
            sa.select(MOVE.c.id).where(MOVE.c.variant_id == move.variant_id, MOVE.c.id.notin_(ids)).limit(1)
        )
        if move.kind == "initial" and tx.execute(others).first() is None:
            tx.execute(STOCK.delete().where(of, STOCK.c.held == 0, STOCK.c.available == 0))
