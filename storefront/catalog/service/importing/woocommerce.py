"""WooCommerce's product files as rows to stage: products get handles, variations find their products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import sqlalchemy as sa
from flask_babel import force_locale, gettext

from storefront.catalog.rules.file_cells import Row
from storefront.catalog.rules.own_format import ColumnError
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import free_slug, is_slug, make_slug
from storefront.catalog.rules.woocommerce import Reader
from storefront.catalog.rules.woocommerce_cells import HANDLE, NAME, is_variation, kinds, known_as
from storefront.catalog.rules.woocommerce_sold import Prices
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.columns import FileColumns
from storefront.catalog.service.importing.staging import NumberedRow, stage_catalog
from storefront.core import clock
from storefront.core.database import db
from storefront.core.imports.problems import CellError
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits

CHUNK = 200
_SCRATCH = """
CREATE TEMP TABLE woo_product (
    place INTEGER PRIMARY KEY, id TEXT, sku TEXT, name TEXT, told TEXT, handle TEXT
);
CREATE TEMP TABLE woo_variation (parent TEXT, sku TEXT);
CREATE INDEX temp.woo_parent ON woo_variation (parent);
CREATE TEMP TABLE woo_name (name TEXT PRIMARY KEY, handle TEXT);
CREATE TEMP TABLE woo_handle (handle TEXT PRIMARY KEY);
"""
Head = tuple[int, str, str, str, str]


def stage_woocommerce(table: Table, staging: Staging, options: Options) -> None:
    """Stages a WooCommerce product export."""
    columns = FileColumns(table.columns, known_as, options.mapping)
    names = Names(staging)
    names.learn(Row(0, columns.cells(cells)) for _, cells in table.rows(lambda problem: None))
    locale = options.languages[0]
    with force_locale(locale):
        any_label = gettext("Any")
    reader = Reader(Prices(currency_digits(options.currency), clock.now()), locale, any_label, staging.note)
    stage_catalog(table, staging, WooCommerce(columns, reader, names))


class WooCommerce:
    """Rows by the product that they are or belong to."""

    def __init__(self, columns: FileColumns, reader: Reader, names: Names) -> None:
        self.columns = columns
        self.reader = reader
        self.names = names
        self.place = 0
        self.lines: Mapping[str, int] = {}

    def key(self, row: list[str]) -> str:
        """The handle. Called for every row in the order in which `Names` learnt them."""
        cells = Row(0, self.columns.cells(row))
        self.place += 1
        try:
            kinds(cells)
            if not is_variation(cells):
                return self.names.of_product(self.place)
            return self._of_variation(cells)
        except ColumnError as error:
            raise self.columns.shown(error) from None

    def _of_variation(self, cells: Row) -> str:
        handle = self.names.of_name(cells.raw("Parent"))
        if not handle:
            raise ColumnError("Parent", CellError("parent_missing", value=cells.raw("Parent")))
        return handle

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        raise AssertionError("every row belongs to a product")

    def build(self, handle: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        parts = [Row(line, self.columns.cells(row)) for line, row in rows]
        head = next((part for part in parts if not is_variation(part)), None)
        try:
            if head is None:
                raise parts[0].blame("Parent", "parent_missing", value=parts[0].raw("Parent"))
            record, paths = self.reader.product(handle, head, [part for part in parts if part is not head])
        except ColumnError as error:
            raise self.columns.shown(error) from None
        self.lines = self.reader.lines
        return record, paths

    def shown(self, error: ColumnError) -> ColumnError:
        """An error about a record's part with the name that the file's column has."""
        names = {"sku": "SKU", "picture": "Images", "category": "Categories"}
        error.column = names.get(error.column, error.column)
        return self.columns.shown(error)


class Names:
    """The handles of a file's products, by their place among the rows and by what variations call them.

    A product that the shop has already, known by a SKU or by its id there, keeps its handle; a new one is
    called after its name. All of it lies in the staging file, so the size of the file does not matter.
    """

    def __init__(self, staging: Staging) -> None:
        self.connection = staging.connection
        for statement in _SCRATCH.split(";"):
            self.connection.execute(statement)

    def of_product(self, place: int) -> str:
        """The handle of the product in the row at this place."""
        query = "SELECT handle FROM woo_product WHERE place = ?"
        return self.connection.execute(query, (place,)).fetchone()[0]

    def of_name(self, name: str) -> str:
        """The handle of the product with this SKU or `id:N`; empty when there is none."""
        found = self.connection.execute("SELECT handle FROM woo_name WHERE name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def learn(self, rows: Iterator[Row]) -> None:
        """Reads all rows once and gives every product its handle."""
        for place, row in enumerate(rows, start=1):
            if is_variation(row):
                self.connection.execute(
                    "INSERT INTO woo_variation VALUES (?, ?)", (row.raw("Parent"), row.raw("SKU"))
                )
            else:
                head = (place, row.raw("ID"), row.raw("SKU"), row.raw("Name"), row.raw(HANDLE))
                self.connection.execute("INSERT INTO woo_product VALUES (?, ?, ?, ?, ?, NULL)", head)
        heads = self.connection.execute(
            "SELECT place, id, sku, name, told FROM woo_product ORDER BY place"
        ).fetchall
        waiting = iter(heads())
        while chunk := list(islice(waiting, CHUNK)):
            self._name(chunk)

    def _name(self, heads: Sequence[Head]) -> None:
        skus = {head[0]: self._skus(head) for head in heads}
        owners = _owners({sku for mine in skus.values() for sku in mine})
        holders = _holders([make_slug(name, "product") for _, _, _, name, _ in heads])
        for head in heads:
            place, number, sku, _, _ = head
            handle = self._choose(
                head, next((owners[code] for code in skus[place] if code in owners), ""), holders
            )
            self.connection.execute("INSERT INTO woo_handle VALUES (?)", (handle,))
            self.connection.execute("UPDATE woo_product SET handle = ? WHERE place = ?", (handle, place))
            for name in (sku, f"id:{number}"):
                if name not in ("", "id:"):
                    self.connection.execute("INSERT OR IGNORE INTO woo_name VALUES (?, ?)", (name, handle))

    def _skus(self, head: Head) -> list[str]:
        _, number, sku, _, _ = head
        query = "SELECT sku FROM woo_variation WHERE parent IN (?, ?) AND parent != '' AND sku != '' LIMIT 20"
        children = self.connection.execute(query, (sku, f"id:{number}")).fetchall()
        return [code for code in (sku, *(row[0] for row in children)) if code]

    def _choose(self, head: Head, owner: str, holders: Mapping[str, str]) -> str:
        _, number, _, name, told = head
        for wish in (told if is_slug(told) else "", owner):
            if wish and not self._is_taken(wish):
                return wish
        slug = make_slug(name, "product")
        is_new = slug not in holders or (number != "" and holders[slug] == number)
        if is_new and not self._is_taken(slug):
            return slug
        wish = make_slug(f"{slug}-{head[2] or number}", slug)
        return wish if not self._is_taken(wish) else self._free(wish)

    def _free(self, wish: str) -> str:
        taken = {
            row[0]
            for row in self.connection.execute(
                "SELECT handle FROM woo_handle WHERE handle GLOB ?", (f"{wish}*",)
            )
        }
        return free_slug(wish, taken)

    def _is_taken(self, handle: str) -> bool:
        query = "SELECT 1 FROM woo_handle WHERE handle = ?"
        return self.connection.execute(query, (handle,)).fetchone() is not None


def _owners(skus: set[str]) -> dict[str, str]:
    """SKU -> handle of the product that has it."""
    query = sa.select(t.variant.c.sku, t.product.c.slug).join(
        t.product, t.product.c.id == t.variant.c.product_id
    )
    found: dict[str, str] = {}
    ordered = sorted(skus)
    for start in range(0, len(ordered), 400):
        rows = db.session.execute(query.where(t.variant.c.sku.in_(ordered[start : start + 400])))
        found.update((sku, slug) for sku, slug in rows)
    return found


def _holders(slugs: Sequence[str]) -> dict[str, str]:
    """Handles that products of the shop have, with the id that each had in the shop it came from."""
    query = sa.select(t.product.c.slug, t.product.c.extra).where(t.product.c.slug.in_(slugs))
    return {slug: (extra or {}).get(NAME, {}).get("ID", "-") for slug, extra in db.session.execute(query)}
