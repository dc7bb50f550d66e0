"""The own catalogue format as rows to stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storefront.catalog.rules.own_format import ColumnError, Reader, read_header
from storefront.catalog.rules.records import Record
from storefront.catalog.service.importing.staging import NumberedRow, at, stage_catalog
from storefront.core.imports.problems import CellError, Problem
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits

OF_PRODUCTS = ("product", "variant", "picture")


def stage_own(table: Table, staging: Staging, options: Options) -> None:
    """Stages a file of the shop's own format."""
    header = read_header(table.columns, (REASON_COLUMN,))
    for column in header.unknown:
        staging.warn(Problem(1, column, "column_kept"))
    stage_catalog(table, staging, Own(Reader(header, currency_digits(options.currency))))


class Own:
    """Rows by their `kind`. Names of attributes are given once in a file and count for all its products."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.fact_names: dict[str, dict[str, str]] = {}
        self.lines: Mapping[str, int] = {}

    def shown(self, error: ColumnError) -> ColumnError:
        return error

    def key(self, row: list[str]) -> str | None:
        return self.reader.handle(row) if self.reader.kind(row) in OF_PRODUCTS else None

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        kind = self.reader.kind(row)
        content: Record = getattr(self.reader, kind)(row)
        keys = {
            "category": lambda: content["handle"],
            "page": lambda: content["handle"],
            "release": lambda: f"{content['handle']} {content['version']}",
            "menu": lambda: f"{content['menu']} {content['position']} {content['target']}",
            "need": lambda: f"{content['target']} {content['needs']}",
        }
        return kind, keys[kind](), content

    def build(self, handle: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        record: Record = {"handle": handle}
        lines: dict[str, int] = {}
        self.lines = lines
        variants: list[tuple[int, Record]] = []
        pictures: list[tuple[int, Record]] = []
        for line, row in rows:
            try:
                kind = self.reader.kind(row)
                if kind == "product":
                    record |= self.reader.product(row)
                    record["extra"] = self.reader.kept(row)
                elif kind == "variant":
                    variants.append((self._place(row, len(variants)), self._variant(row)))
                    lines[variants[-1][1]["sku"]] = line
                else:
                    pictures.append((self._place(row, len(pictures)), self.reader.picture(row)))
            except ColumnError as error:
                raise at(line, error) from None
        record["variants"] = [variant for _, variant in sorted(variants, key=lambda pair: pair[0])]
        if pictures:
            record["pictures"] = [picture for _, picture in sorted(pictures, key=lambda pair: pair[0])]
        self._check(record, rows)
        self._name_facts(record)
        return record, []

    def _place(self, row: list[str], default: int) -> int:
        position = self.reader.position(row)
        return default + 1 if position is None else position

    def _variant(self, row: list[str]) -> Record:
        return {**self.reader.variant(row), "extra": self.reader.kept(row)}

    def _check(self, record: Record, rows: Sequence[NumberedRow]) -> None:
        skus = {variant["sku"] for variant in record["variants"]}
        for picture in record.get("pictures", []):
            if picture["sku"] and skus and picture["sku"] not in skus:
                raise ColumnError("sku", CellError("sku_unknown", value=picture["sku"]))
        options = record.get("options")
        if options is not None:
            for variant in record["variants"]:
                if len(variant["values"]) != len(options):
                    raise ColumnError("option1_value", CellError("options_differ"))

    def _name_facts(self, record: Record) -> None:
        for fact in record.get("attributes", []):
            names = self.fact_names.setdefault(fact["key"], {})
            for locale, name in fact["names"].items():
                names.setdefault(locale, name)
            fact["names"] = {**names, **fact["names"]}
