"""Applying imported orders and returns.

Nobody is told one by one: no mail, no stock movement, no listener.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from storefront.catalog.service.importing import (
    HistoryCategories,
    HistoryProducts,
    SearchEntries,
    forget,
    known_variants,
)
from storefront.core.database import Tx
from storefront.core.events import publish
from storefront.core.imports.events import HistoryImported
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CREATED, SKIPPED, Format, Importer, Item, Outcome
from storefront.customers.service.importing import HistoryCustomers, known_customers
from storefront.ordering.models import Order, OrderLine, OrderReturn, ReturnLine
from storefront.ordering.rules import order_files
from storefront.ordering.service.lines import recognise, stage_lines
from storefront.ordering.service.order_files import stage_own, stage_shopify

ORDER, LINE = Order.__table__, OrderLine.__table__
RETURN, RETURN_LINE = OrderReturn.__table__, ReturnLine.__table__
KNOWN = Outcome(SKIPPED, "already_there")
REMEMBERED = 100_000
LINE_COLUMNS = (
    "position", "kind", "variant_id", "product_id", "sku", "title", "quantity", "returned_quantity",
    "unit_price_minor", "total_minor", "order_id",
)  # fmt: skip


def numbers_in(session: Session, table: sa.Table, numbers: Sequence[str]) -> set[str]:
    """Which of these numbers the table has."""
    found: set[str] = set()
    for start in range(0, len(numbers), 400):
        query = sa.select(table.c.number).where(table.c.number.in_(numbers[start : start + 400]))
        found.update(session.execute(query).scalars())
    return found


class _References:
    """Ids of variants and customers, remembered over the chunks of a run."""

    def __init__(self) -> None:
        self.variants: dict[str, tuple[int, int]] = {}
        self.customers: dict[str, int] = {}
        self._seen = 0

    def load(self, items: Sequence[Item]) -> None:
        """Looks up what the items name and is not known yet; anew when a chunk comes a second time."""
        if items[0].seq <= self._seen or len(self.variants) + len(self.customers) > REMEMBERED:
            self.variants.clear()
            self.customers.clear()
        self._seen = items[0].seq
        skus = {line[0] for item in items for line in item.payload["lines"] if line[5] == "product"}
        names = {item.payload["who"] for item in items if item.payload["who"]}
        self.variants.update(known_variants(skus - self.variants.keys()))
        self.customers.update(known_customers(names - self.customers.keys()))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Orders:
    """Orders of the past with their lines and charges, by number."""

    name = "order"

    def __init__(self) -> None:
        self.references = _References()

    def prepare(
        self, items: Sequence[Item], batch: str
    ) -> list[tuple[dict[str, Any], list[tuple[Any, ...]]]]:
        self.references.load(items)
        currency = current_app.extensions["regulars_settings"].currency
        return [(self._order(item, currency), self._lines(item)) for item in items]

    def _order(self, item: Item, currency: str) -> dict[str, Any]:
        payload = item.payload
        products = sum(line[4] for line in payload["lines"] if line[5] == "product")
        charges = sum(line[4] for line in payload["lines"] if line[5] != "product")
        discount, tax = payload.get("discount", 0), payload.get("tax", 0)
        cancelled = payload.get("cancelled_at")
        return {
            "number": item.key,
            "customer_id": self.references.customers.get(payload["who"]),
            "email": payload.get("email", payload["who"] if "@" in payload["who"] else None),
            "origin": "history",
            "status": payload.get("status", "done"),
            "placed_at": _moment(payload["at"]),
            "cancelled_at": None if cancelled is None else _moment(cancelled),
            "currency": currency,
            "country": payload["country"] or None,
            "lines_minor": products,
            "charges_minor": charges,
            "discount_minor": discount,
            "tax_minor": tax,
            "total_minor": products + charges - discount + tax,
            "extra": payload.get("extra") or None,
        }

    def _lines(self, item: Item) -> list[tuple[Any, ...]]:
        """Rows of LINE_COLUMNS without the order's id, which comes last."""
        rows = []
        nothing = (None, None)
        for position, (sku, title, quantity, price, total, kind) in enumerate(item.payload["lines"]):
            variant_id, product_id = (
                self.references.variants.get(sku, nothing) if kind == "product" else nothing
            )
            rows.append((position, kind, variant_id, product_id, sku, title, quantity, 0, price, total))
        return rows

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        return self._outcomes(items, numbers_in(session, ORDER, [item.key for item in items]))

    def apply(
        self,
        ledger: Ledger,
        items: Sequence[Item],
        prepared: list[tuple[dict[str, Any], list[tuple[Any, ...]]]],
    ) -> list[Outcome]:
        known = numbers_in(ledger.tx, ORDER, [item.key for item in items])
        new = [pair for pair in prepared if pair[0]["number"] not in known]
        order_ids = ledger.ids(ORDER, len(new))
        lines: list[tuple[Any, ...]] = []
        for (order, rows), order_id in zip(new, order_ids, strict=True):
            order["id"], order["batch_id"] = order_id, ledger.batch_id
            lines += [(*row, order_id) for row in rows]
        ledger.insert(ORDER, [order for order, _ in new])
        ledger.insert_tuples(LINE, LINE_COLUMNS, lines)
        return self._outcomes(items, known)

    def _outcomes(self, items: Sequence[Item], known: set[str]) -> list[Outcome]:
        return [KNOWN if item.key in known else Outcome(CREATED, objects=_counted(item)) for item in items]


def _counted(item: Item) -> dict[str, int]:
    charges = sum(line[5] != "product" for line in item.payload["lines"])
    return {"orders": 1, "order_lines": len(item.payload["lines"]) - charges, "charges": charges}


class Returns:
    """Goods that came back. A line that an earlier purchase covers raises that line's returned quantity."""

    name = "return"

    def __init__(self) -> None:
        self.references = _References()

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        self.references.load(items)

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        known = numbers_in(session, RETURN, [item.key for item in items])
        return [
            KNOWN if item.key in known else Outcome(CREATED, objects=self._counted(item)) for item in items
        ]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        known = numbers_in(ledger.tx, RETURN, [item.key for item in items])
        new = [item for item in items if item.key not in known]
        purchases = self._purchases(ledger, new)
        back: dict[int, int] = {}
        rows: list[dict[str, Any]] = []
        for item, return_id in zip(new, ledger.ids(RETURN, len(new)), strict=True):
            rows.append(self._return(item, return_id, ledger.batch_id))
            item.payload["id"] = return_id
        ledger.insert(RETURN, rows)
        lines = [line for item in new for line in self._lines(item, purchases, back)]
        ledger.insert(RETURN_LINE, lines, remember=False)
        self._take_back(ledger, purchases, back)
        return [
            KNOWN if item.key in known else Outcome(CREATED, objects=self._counted(item)) for item in items
        ]

    def _return(self, item: Item, return_id: int, batch_id: int) -> dict[str, Any]:
        payload = item.payload
        return {
            "id": return_id,
            "number": item.key,
            "customer_id": self.references.customers.get(payload["who"]),
            "returned_at": _moment(payload["at"]),
            "total_minor": sum(line[4] for line in payload["lines"]),
            "batch_id": batch_id,
        }

    def _purchases(self, ledger: Ledger, items: Sequence[Item]) -> dict[tuple[str, int], Any]:
        """The order lines that the items name, by order number and position."""
        numbers = sorted(
            {number for item in items for line in item.payload["lines"] for number, _, _ in line[6]}
        )
        found: dict[tuple[str, int], Any] = {}
        query = sa.select(
            ORDER.c.number,
            LINE.c.position,
            LINE.c.id,
            LINE.c.quantity,
            LINE.c.returned_quantity,
            ORDER.c.batch_id,
        ).join(ORDER, ORDER.c.id == LINE.c.order_id)
        for start in range(0, len(numbers), 400):
            for row in ledger.tx.execute(query.where(ORDER.c.number.in_(numbers[start : start + 400]))):
                found[row.number, row.position] = row
        return found

    def _lines(
        self, item: Item, purchases: dict[tuple[str, int], Any], back: dict[int, int]
    ) -> list[dict[str, Any]]:
        """One row per purchase that covers the line, or one without a purchase."""
        rows: list[dict[str, Any]] = []
        for sku, title, quantity, price, total, kind, taken in item.payload["lines"]:
            parts: list[tuple[int | None, int]] = [*_covered(taken, purchases, back)] or [(None, quantity)]
            for index, (line_id, pieces) in enumerate(parts):
                variant_id, product_id = self.references.variants.get(sku, (None, None))
                product = kind == "product"
                rows.append(
                    {
                        "return_id": item.payload["id"],
                        "position": len(rows),
                        "kind": kind,
                        "order_line_id": line_id,
                        "variant_id": variant_id if product else None,
                        "product_id": product_id if product else None,
                        "sku": sku,
                        "title": title,
                        "quantity": pieces,
                        "unit_price_minor": price,
                        # The parts of a line add up to it exactly: the last one takes what is left.
                        "total_minor": total - price * (quantity - pieces)
                        if index == len(parts) - 1
                        else price * pieces,
                    }
                )
        return rows

    def _take_back(self, ledger: Ledger, purchases: dict[tuple[str, int], Any], back: dict[int, int]) -> None:
        if not back:
            return
        raised = LINE.c.returned_quantity + sa.bindparam("pieces")
        update = LINE.update().where(LINE.c.id == sa.bindparam("line")).values(returned_quantity=raised)
        rows = [{"line": line_id, "pieces": pieces} for line_id, pieces in back.items()]
        ledger.connection.execute(update, rows)
        before = {row.id: row.returned_quantity for row in purchases.values()}
        for line_id, pieces in back.items():
            now = {"returned_quantity": before[line_id] + pieces}
            ledger.note_update(LINE, {"id": line_id}, {"returned_quantity": before[line_id]}, now)

    def _counted(self, item: Item) -> dict[str, int]:
        lines = item.payload["lines"]
        unmatched = sum(not line[6] for line in lines)
        return {"returns": 1, "return_lines": len(lines), "return_lines_unmatched": unmatched}


def _covered(
    taken: list[list[Any]], purchases: dict[tuple[str, int], Any], back: dict[int, int]
) -> list[tuple[int, int]]:
    """(order line, pieces) for a return, or nothing when a purchase is gone or was returned meanwhile."""
    parts: list[tuple[int, int]] = []
    for number, position, pieces in taken:
        row = purchases.get((number, position))
        if row is None or row.returned_quantity + back.get(row.id, 0) + pieces > row.quantity:
            return []
        parts.append((row.id, pieces))
    for line_id, pieces in parts:
        back[line_id] = back.get(line_id, 0) + pieces
    return parts


def importers() -> list[Importer]:
    """What `regulars import orders` reads, and how it is applied."""
    formats = (
        Format("regulars", order_files.is_own, stage_own),
        Format("shopify", order_files.is_shopify, stage_shopify),
        Format("lines", recognise, stage_lines),
    )
    targets = (
        HistoryCategories(),
        HistoryProducts(),
        SearchEntries(),
        HistoryCustomers(),
        Orders(),
        Returns(),
    )
    owned = frozenset(
        {"order_line", "return_line", "product_text", "product_category", "variant", "category_text"}
    )
    return [Importer("orders", formats, targets, owned=owned, finish=_tell, removed=forget)]


def _tell(tx: Tx, batch: str) -> None:
    publish(tx, HistoryImported(batch=batch, kind="orders"))
