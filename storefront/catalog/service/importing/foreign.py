"""Catalogue files of other shop systems as rows to stage."""

from __future__ import annotations

from collections.abc import Sequence

from storefront.catalog.rules import shopify, shopify_columns, woocommerce
from storefront.catalog.rules.own_format import ColumnError, handle
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import free_slug, make_slug
from storefront.catalog.service.importing.staging import NumberedRow, stage_catalog
from storefront.core.imports.problems import CellError
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits


def stage_shopify(table: Table, staging: Staging, options: Options) -> None:
    """Stages a Shopify product export with either header."""
    reader = shopify.Reader(currency_digits(options.currency), options.languages[0])
    stage_catalog(table, staging, Shopify(table.columns, reader))


class Shopify:
    """Rows by handle; columns of both headers go by their classic names."""

    def __init__(self, columns: Sequence[str], reader: shopify.Reader) -> None:
        self.columns = columns
        self.reader = reader
        self.names = [
            (shopify_columns.classic_name(column), place)
            for place, column in enumerate(columns)
            if column and column != REASON_COLUMN
        ]
        self.handle_at = next((place for name, place in self.names if name == "Handle"), 0)

    def _cells(self, row: list[str]) -> dict[str, str]:
        return {name: row[place] for name, place in self.names}

    def key(self, row: list[str]) -> str:
        cell = row[self.handle_at].strip()
        try:
            if not cell:
                raise CellError("empty")
            return handle(cell)
        except CellError as error:
            raise ColumnError(self.columns[self.handle_at], error) from None

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        raise AssertionError("every row belongs to a product")

    def build(self, key: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        try:
            return self.reader.product(key, [(line, self._cells(row)) for line, row in rows])
        except ColumnError as error:
            # As the file at hand calls it, whichever header that is.
            told = [self.columns[place] for name, place in self.names if name == error.column]
            error.column = told[0] if told else error.column
            raise


def stage_woocommerce(table: Table, staging: Staging, options: Options) -> None:
    """Stages a WooCommerce product export."""
    reader = woocommerce.Reader(currency_digits(options.currency), options.languages[0])
    adapter = WooCommerce(table.columns, reader)
    # Variations name their product by SKU or by id, and may stand before it: learn the products first.
    for _, row in table.rows(lambda problem: None):
        adapter.learn(row)
    stage_catalog(table, staging, adapter)


class WooCommerce:
    """Rows by the product that they are or belong to."""

    def __init__(self, columns: Sequence[str], reader: woocommerce.Reader) -> None:
        self.places = [(column, place) for place, column in enumerate(columns) if column and column != REASON_COLUMN]
        self.reader = reader
        self.products: dict[str, str] = {}
        self.handles: set[str] = set()

    def _cells(self, row: list[str]) -> dict[str, str]:
        return {column: row[place] for column, place in self.places}

    def learn(self, row: list[str]) -> None:
        """Gives a product its handle and remembers by which names variations may call it."""
        cells = self._cells(row)
        if _is_variation(cells):
            return
        handle = make_slug(cells.get("Name", ""), "product")
        if handle in self.handles:
            handle = free_slug(handle, self.handles)
        self.handles.add(handle)
        for name in _names(cells):
            self.products.setdefault(name, handle)

    def key(self, row: list[str]) -> str:
        cells = self._cells(row)
        woocommerce.kinds(cells)
        variation = _is_variation(cells)
        names = [cells.get("Parent", "").strip()] if variation else _names(cells)
        for name in names:
            if name in self.products:
                return self.products[name]
        raise ColumnError("Parent", CellError("parent_missing", value=cells.get("Parent", "")))

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        raise AssertionError("every row belongs to a product")

    def build(self, key: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        ordered = [(line, self._cells(row)) for line, row in rows]
        ordered.sort(key=lambda pair: _is_variation(pair[1]))
        line, head = ordered[0]
        if _is_variation(head):
            raise ColumnError("Parent", CellError("parent_missing", value=head.get("Parent", "")), line)
        return self.reader.product(key, ordered)


def _is_variation(cells: dict[str, str]) -> bool:
    return "variation" in cells.get("Type", "").casefold()


def _names(cells: dict[str, str]) -> list[str]:
    """What a variation may call its product; one without id and SKU goes by its name."""
    number = cells.get("ID", "").strip()
    names = [f"id:{number}" if number else "", cells.get("SKU", "").strip()]
    return [name for name in names if name] or [f"name:{cells.get('Name', '')}"]
