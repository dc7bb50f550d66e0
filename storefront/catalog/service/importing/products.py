"""Applying products: what a file says is merged with what the shop has, and the difference is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record, empty_record, merged
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.history import ensure_path
from storefront.catalog.service.importing.loading import Loaded, load_by_handles
from storefront.catalog.service.importing.picturing import PreparedPictures
from storefront.catalog.service.importing.writing import ProductWriter
from storefront.catalog.service.indexing import reindex_categories
from storefront.core import clock
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CHANGED, CREATED, REJECTED, SKIPPED, Item, Outcome
from storefront.core.versions import raise_version

UNCHANGED = Outcome(SKIPPED, "unchanged")


class Products:
    """Products with all that belongs to them, by handle."""

    name = "product"

    def __init__(self) -> None:
        self.pictures = PreparedPictures()

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        """Decodes pictures; they take far longer than the lock may be held."""
        for item in items:
            sources = [picture["source"] for picture in item.payload["record"].get("pictures", [])]
            self.pictures.prepare(Path(item.payload["folder"]), sources)

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        known = load_by_handles(session, [item.key for item in items])
        taken = _owners(session, items)
        return [self._judge(item, known.get(item.key), taken)[0] for item in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        known = load_by_handles(ledger.tx, [item.key for item in items])
        taken = _owners(ledger.tx, items)
        judged = [self._judge(item, known.get(item.key), taken) for item in items]
        wanted = [(item, record) for item, (_, record) in zip(items, judged, strict=True) if record]
        _make_categories(ledger, [path for item, _ in wanted for path in item.payload["paths"]])
        writer = ProductWriter(ledger, self.pictures, clock.now())
        for item, record in wanted:
            writer.write(known.get(item.key), record)
        writer.flush()
        return [outcome for outcome, _ in judged]

    def _judge(
        self, item: Item, loaded: Loaded | None, taken: dict[str, str]
    ) -> tuple[Outcome, Record | None]:
        """What becomes of an item, and the record to write if anything has to be."""
        wanted = item.payload["record"]
        for variant in wanted.get("variants", []):
            if taken.get(variant["sku"], item.key) != item.key:
                return Outcome(REJECTED, "sku_of_other_product"), None
        if any(picture["source"] in self.pictures.bad for picture in wanted.get("pictures", [])):
            return Outcome(REJECTED, "picture_bad"), None
        record = merged(loaded.record if loaded else empty_record(item.key), wanted)
        if loaded is None:
            counted = {
                "products": 1,
                "variants": len(record["variants"]),
                "pictures": len(record["pictures"]),
            }
            return Outcome(CREATED, objects=counted), record
        if record == loaded.record:
            return UNCHANGED, None
        return Outcome(CHANGED, objects={"products_changed": 1}), record


def _make_categories(ledger: Ledger, paths: Sequence[str]) -> None:
    """Makes what is missing of these paths; menus and the search learn of it."""
    handles = {category_handle(category_steps(path)): path for path in paths}
    there = set(
        ledger.tx.execute(sa.select(t.category.c.slug).where(t.category.c.slug.in_(handles))).scalars()
    )
    made = [path for handle, path in handles.items() if handle not in there]
    for path in made:
        ensure_path(ledger, path)
    if made:
        steps = [category_steps(path) for path in made]
        slugs = {category_handle(way[:depth]) for way in steps for depth in range(1, len(way) + 1)}
        ids = ledger.tx.execute(sa.select(t.category.c.id).where(t.category.c.slug.in_(slugs))).scalars()
        reindex_categories(ledger.tx, ids)
        raise_version(ledger.tx, "navigation")


def _owners(session: Session, items: Sequence[Item]) -> dict[str, str]:
    """Which product each named SKU belongs to already."""
    skus = [variant["sku"] for item in items for variant in item.payload["record"].get("variants", [])]
    query = sa.select(t.variant.c.sku, t.product.c.slug).join(
        t.product, t.product.c.id == t.variant.c.product_id
    )
    found: dict[str, str] = {}
    for start in range(0, len(skus), 400):
        rows: Any = session.execute(query.where(t.variant.c.sku.in_(skus[start : start + 400])))
        found.update({sku: slug for sku, slug in rows})
    return found
