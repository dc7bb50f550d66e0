"""Shopify's product files, with either header, as rows to stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storefront.catalog.rules.file_cells import Row
from storefront.catalog.rules.own_format import ColumnError, handle
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.shopify import Reader
from storefront.catalog.rules.shopify_columns import classic_name
from storefront.catalog.rules.slugs import make_slug
from storefront.catalog.service.importing.columns import FileColumns
from storefront.catalog.service.importing.staging import NumberedRow, stage_catalog
from storefront.core.imports.problems import CellError
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits


def stage_shopify(table: Table, staging: Staging, options: Options) -> None:
    """Stages a Shopify product export."""
    columns = FileColumns(table.columns, classic_name, options.mapping)
    reader = Reader(currency_digits(options.currency), options.languages[0], staging.note)
    stage_catalog(table, staging, Shopify(columns, reader))


class Shopify:
    """Rows by handle. A product's SKUs and the lines they stand on are known after `build`."""

    def __init__(self, columns: FileColumns, reader: Reader) -> None:
        self.columns = columns
        self.reader = reader
        self.lines: Mapping[str, int] = {}

    def key(self, row: list[str]) -> str:
        cells = Row(0, self.columns.cells(row))
        try:
            # Only a product's first row has a title, and it may leave the handle to be made of that.
            return cells.need("Handle", handle) if cells.raw("Handle") else self._from_title(cells)
        except ColumnError as error:
            raise self.columns.shown(error) from None

    def _from_title(self, row: Row) -> str:
        title = row.raw("Title")
        if not title:
            raise ColumnError("Handle", CellError("empty"))
        return make_slug(title, "product")

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        raise AssertionError("every row belongs to a product")

    def build(self, handle: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        parts = [Row(line, self.columns.cells(row)) for line, row in rows]
        try:
            record, paths = self.reader.product(handle, parts)
        except ColumnError as error:
            raise self.columns.shown(error) from None
        self.lines = self.reader.lines
        return record, paths

    def shown(self, error: ColumnError) -> ColumnError:
        """An error about a record's part with the name that the file's column has."""
        names = {"sku": "Variant SKU", "picture": "Image Src", "category": "Type"}
        error.column = names.get(error.column, error.column)
        return self.columns.shown(error)
