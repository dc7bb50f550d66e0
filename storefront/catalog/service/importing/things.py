"""Applying what is simpler than a product: categories, pages, menu entries, releases, and the search
index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules.records import Record
from storefront.catalog.service import indexing
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.picturing import PreparedPictures
from storefront.core import clock
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CHANGED, CREATED, REJECTED, SKIPPED, Item, Outcome
from storefront.core.versions import raise_version

UNCHANGED = Outcome(SKIPPED, "unchanged")


class Thing:
    """A row with texts per locale. Subclasses say how it is found and what its columns are."""

    name = ""
    plural = ""
    table: sa.Table
    texts: sa.Table
    owner = ""

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def find(self, session: Session, row: Record) -> sa.Row[Any] | None:
        """The row that is there already."""
        raise NotImplementedError

    def columns(self, session: Session, row: Record) -> Mapping[str, Any] | None:
        """Values of the columns; None when something it names does not exist."""
        raise NotImplementedError

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        outcomes = []
        for item in items:
            found = self.find(session, item.payload["row"])
            same = found is not None and self._is_same(session, found, item.payload["row"])
            outcomes.append(UNCHANGED if same else self._outcome(found is not None))
        return outcomes

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        outcomes = [self._apply_one(ledger, item.payload["row"]) for item in items]
        raise_version(ledger.tx, "navigation")
        return outcomes

    def _apply_one(self, ledger: Ledger, row: Record) -> Outcome:
        found, columns = self.find(ledger.tx, row), self.columns(ledger.tx, row)
        if columns is None:
            return Outcome(REJECTED, "product_unknown")
        if found is not None and self._is_same(ledger.tx, found, row):
            return UNCHANGED
        if found is None:
            row_id = ledger.next_id(self.table)
            ledger.insert(self.table, [{"id": row_id, **columns, **self.for_new(ledger, row_id, row)}])
        else:
            row_id = found.id
            ledger.update(self.table, {"id": row_id}, columns)
        self._write_texts(ledger, row_id, row, fresh=found is None)
        return self._outcome(found is not None)

    def for_new(self, ledger: Ledger, row_id: int, row: Record) -> Mapping[str, Any]:
        """Columns that only a new row gets."""
        return {}

    def _outcome(self, known: bool) -> Outcome:
        return Outcome(CHANGED) if known else Outcome(CREATED, objects={self.plural: 1})

    def _text_rows(self, session: Session, row_id: int) -> dict[str, Record]:
        query = sa.select(self.texts).where(self.texts.c[self.owner] == row_id)
        return {row["locale"]: dict(row) for row in session.execute(query).mappings()}

    def _is_same(self, session: Session, found: Any, row: Record) -> bool:
        columns = self.columns(session, row)
        if columns is None or any(getattr(found, name) != value for name, value in columns.items()):
            return False
        there = self._text_rows(session, found.id)
        return all(
            there.get(locale, {}).get(name, "") == text
            for locale, texts in row["texts"].items()
            for name, text in texts.items()
        )

    def _write_texts(self, ledger: Ledger, row_id: int, row: Record, *, fresh: bool) -> None:
        there = {} if fresh else self._text_rows(ledger.tx, row_id)
        for locale, texts in row["texts"].items():
            key = {self.owner: row_id, "locale": locale}
            if locale in there:
                ledger.update(self.texts, key, texts)
            elif any(texts.values()):
                empty = {column.name: "" for column in self.texts.c if column.name not in key}
                ledger.insert(self.texts, [{**key, **empty, **texts}], remember=not fresh)


class Categories(Thing):
    """Categories by handle; their parents stand before them."""

    name, plural, table, texts, owner = "category", "categories", t.category, t.category_text, "category_id"

    def __init__(self) -> None:
        self.pictures = PreparedPictures()

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        for item in items:
            if item.payload["row"]["picture"]:
                self.pictures.prepare(Path(item.payload["folder"]), [item.payload["row"]["picture"]])

    def find(self, session: Session, row: Record) -> sa.Row[Any] | None:
        return session.execute(sa.select(t.category).where(t.category.c.slug == row["handle"])).first()

    def columns(self, session: Session, row: Record) -> Mapping[str, Any]:
        parent = sa.select(t.category.c.id).where(t.category.c.slug == row["parent"])
        columns = {
            "parent_id": session.execute(parent).scalar() if row["parent"] else None,
            "slug": row["handle"],
            "position": row["position"],
            "hue": row["hue"],
        }
        # a file that does not know the column takes no mark away
        return columns if row["sensitive"] is None else {**columns, "sensitive": row["sensitive"]}

    def for_new(self, ledger: Ledger, row_id: int, row: Record) -> Mapping[str, Any]:
        parent = sa.select(t.category.c.path).where(t.category.c.slug == row["parent"])
        above = ledger.tx.execute(parent).scalar() if row["parent"] else "/"
        source = row["picture"]
        picture = self.pictures.store(ledger, source) if source and source not in self.pictures.bad else None
        return {"path": f"{above or '/'}{row_id}/", "picture_id": picture}


class Pages(Thing):
    """Content pages by handle."""

    name, plural, table, texts, owner = "page", "pages", t.page, t.page_text, "page_id"

    def find(self, session: Session, row: Record) -> sa.Row[Any] | None:
        return session.execute(sa.select(t.page).where(t.page.c.slug == row["handle"])).first()

    def columns(self, session: Session, row: Record) -> Mapping[str, Any]:
        return {"slug": row["handle"], "position": row["position"]}

    def for_new(self, ledger: Ledger, row_id: int, row: Record) -> Mapping[str, Any]:
        return {"updated_at": clock.now()}


class MenuItems(Thing):
    """Entries of menus, by menu, place and target."""

    name, plural, table, texts, owner = "menu", "menu_items", t.menu_item, t.menu_item_text, "menu_item_id"

    def find(self, session: Session, row: Record) -> sa.Row[Any] | None:
        item = t.menu_item.c
        same = (item.menu == row["menu"], item.target == row["target"], item.position == row["position"])
        return session.execute(sa.select(t.menu_item).where(*same)).first()

    def columns(self, session: Session, row: Record) -> Mapping[str, Any]:
        return {name: row[name] for name in ("menu", "position", "target")}


class Releases(Thing):
    """Published versions of products."""

    name, plural, table, texts, owner = "release", "releases", t.release, t.release_text, "release_id"

    def find(self, session: Session, row: Record) -> sa.Row[Any] | None:
        product = self._product(session, row)
        same = (t.release.c.product_id == product, t.release.c.version == row["version"])
        return session.execute(sa.select(t.release).where(*same)).first()

    def columns(self, session: Session, row: Record) -> Mapping[str, Any] | None:
        product = self._product(session, row)
        if product is None:
            return None
        moment = datetime.fromisoformat(row["published_at"])
        return {"product_id": product, "version": row["version"], "published_at": moment}

    def _product(self, session: Session, row: Record) -> int | None:
        return session.execute(sa.select(t.product.c.id).where(t.product.c.slug == row["handle"])).scalar()

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        # The product may stand in the same file, so a dry run cannot judge more than this.
        return [
            UNCHANGED if self._known(session, item.payload["row"]) else self._outcome(False) for item in items
        ]

    def _known(self, session: Session, row: Record) -> bool:
        found = self.find(session, row)
        return found is not None and self._is_same(session, found, row)


class SearchEntries:
    """Brings the search index up to date behind the products, in packs."""

    name = "search"

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        return [UNCHANGED for _ in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        for item in items:
            self._index(ledger.tx, item.payload)
        return [UNCHANGED for _ in items]

    def _index(self, tx: Any, payload: Record) -> None:
        if payload.get("handles"):
            indexing.reindex(tx, _ids(tx, t.product.c.slug, t.product.c.id, payload["handles"]))
        if payload.get("skus"):
            indexing.reindex(tx, _ids(tx, t.variant.c.sku, t.variant.c.product_id, payload["skus"]))
        if payload.get("categories"):
            indexing.reindex_categories(
                tx, _ids(tx, t.category.c.slug, t.category.c.id, payload["categories"])
            )
        if payload.get("pages"):
            indexing.reindex_pages(tx, _ids(tx, t.page.c.slug, t.page.c.id, payload["pages"]))


def _ids(tx: Any, column: Any, row_id: Any, names: Sequence[str]) -> list[int]:
    return list(tx.execute(sa.select(row_id).where(column.in_(names))).scalars())
