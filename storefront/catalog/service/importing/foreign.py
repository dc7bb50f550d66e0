"""Catalogue files of other shop systems as rows to stage."""

from __future__ import annotations

from collections.abc import Sequence

from storefront.catalog.rules import woocommerce
from storefront.catalog.rules.own_format import ColumnError
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import free_slug, is_slug, make_slug
from storefront.catalog.service.importing.staging import NumberedRow, stage_catalog
from storefront.core.imports.problems import CellError
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits


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
        self.lines: dict[str, int] = {}

    def shown(self, error: ColumnError) -> ColumnError:
        return error

    def _cells(self, row: list[str]) -> dict[str, str]:
        return {column: row[place] for column, place in self.places}

    def learn(self, row: list[str]) -> None:
        """Gives a product its handle and remembers by which names variations may call it."""
        cells = self._cells(row)
        if _is_variation(cells):
            return
        told = cells.get(woocommerce.HANDLE, "").strip()
        handle = told if is_slug(told) else make_slug(cells.get("Name", ""), "product")
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
