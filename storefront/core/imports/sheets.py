"""XLSX and Parquet files as tables of text cells.

Needs the extra `files`; imported only when such a file comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask_babel import gettext

from storefront.core.errors import Refusal
from storefront.core.imports.formulas import restore
from storefront.core.imports.problems import Problem
from storefront.core.imports.reading import Report, Row, Table, check_columns


class ExtraMissing(Refusal):
    """A file kind whose library is not installed; the message names the extra."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            gettext("%(kind)s files need the extra “files”: pip install 'regulars[files]'", kind=kind)
        )


def xlsx_table(path: Path) -> Table:
    """The first sheet of a workbook. Formulas are read as the values last shown."""
    try:
        import openpyxl
    except ImportError as error:
        raise ExtraMissing("XLSX") from error
    problems: list[Problem] = []

    def open_rows() -> Iterator[tuple[Any, ...]]:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            yield from book.worksheets[0].iter_rows(values_only=True)
        finally:
            book.close()

    try:
        header = next(open_rows(), ())
    except Exception as error:
        raise Refusal(gettext("The workbook cannot be read; save it again or export it as CSV.")) from error
    columns = check_columns([as_text(cell) for cell in header], problems)

    def walk(report: Report) -> Iterator[Row]:
        for line, cells in enumerate(open_rows(), start=1):
            if line > 1 and any(cell is not None for cell in cells):
                texts = [restore(as_text(cell)) for cell in cells[: len(columns)]]
                yield line, texts + [""] * (len(columns) - len(texts))

    return Table(path, columns, "xlsx", "", tuple(problems), walk)


def parquet_table(path: Path) -> Table:
    """A Parquet file; its columns are the header, its first record is line 2."""
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise ExtraMissing("Parquet") from error
    problems: list[Problem] = []
    try:
        columns = check_columns(list(parquet.ParquetFile(path).schema_arrow.names), problems)
    except Exception as error:
        raise Refusal(gettext("The Parquet file cannot be read; write it again.")) from error

    def walk(report: Report) -> Iterator[Row]:
        line = 1
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=10_000):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line += 1
                yield line, [restore(as_text(value)) for value in values]

    return Table(path, columns, "parquet", "", tuple(problems), walk)


def as_text(value: Any) -> str:
    """A typed cell as the text a CSV file would hold; a whole float loses its point, others keep their
    digits.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
        )
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
