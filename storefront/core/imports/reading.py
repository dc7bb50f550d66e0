"""Rows of a CSV file (plain or gzip), an XLSX sheet or a Parquet file, one at a time, with line numbers.

Whatever is wrong with a row becomes a Problem that names its line; the rows after it are still read.
"""

from __future__ import annotations

import csv
import io
import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from storefront.core.imports.formulas import restore
from storefront.core.imports.inspecting import Look, look_at, open_bytes
from storefront.core.imports.problems import Problem

CELL_LIMIT = 1_000_000
LINE_LIMIT = 4_000_000
COLUMN_LIMIT = 2_000

Row = tuple[int, list[str]]
Report = Callable[[Problem], None]

# One value for the whole process, set once: the csv module keeps it globally.
csv.field_size_limit(CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Table:
    """A readable file: its header and a way to walk its rows, as often as needed."""

    path: Path
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    problems: tuple[Problem, ...]
    walk: Callable[[Report], Iterator[Row]]

    def rows(self, report: Report) -> Iterator[Row]:
        """(line, cells) of each sound row; damaged ones go to `report`. Blank lines are left out."""
        return self.walk(report)


def open_table(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Looks at a file and reads its header. Problems of the whole file are in `.problems`."""
    kind = _kind(path)
    if kind == "parquet":
        from storefront.core.imports.sheets import parquet_table

        return parquet_table(path)
    if kind == "xlsx":
        from storefront.core.imports.sheets import xlsx_table

        return xlsx_table(path)
    look = look_at(path, encoding=encoding, delimiter=delimiter)
    problems = list(look.problems)
    columns = _header(path, look, problems)
    return Table(
        path,
        columns,
        look.encoding,
        look.delimiter,
        tuple(problems),
        partial(_walk, path, look, len(columns)),
    )


def check_columns(columns: list[str], problems: list[Problem]) -> tuple[str, ...]:
    """The header's cells trimmed; a column that appears twice or one too many is a problem."""
    if len(columns) > COLUMN_LIMIT:
        problems.append(Problem(1, "", "too_many_columns", {"limit": COLUMN_LIMIT}))
        return ()
    names = tuple(column.strip().lstrip("\ufeff") for column in columns)
    for index, name in enumerate(names):
        if name and name in names[:index]:
            problems.append(Problem(1, name, "column_twice"))
    return names


def _kind(path: Path) -> str:
    with path.open("rb") as raw:
        head = raw.read(4)
    if head == b"PAR1":
        return "parquet"
    return "xlsx" if head == b"PK\x03\x04" else "csv"


def _header(path: Path, look: Look, problems: list[Problem]) -> tuple[str, ...]:
    for _, cells in _walk(path, look, None, problems.append):
        return check_columns(cells, problems)
    if not problems:
        problems.append(Problem(0, "", "file_empty"))
    return ()


class _Lines:
    """Physical lines with their count, keeping those of the row being read so that it can be read anew."""

    def __init__(self, stream: io.TextIOBase, report: Report) -> None:
        self.pending: list[str] = []
        self.again: list[str] = []
        self.number = 0
        self.ended_open = False
        self._stream = stream
        self._report = report

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.pop() if self.again else self._read()
        self.number += 1
        self.pending.append(line)
        return line

    def _read(self) -> str:
        while True:
            try:
                line = self._stream.readline(LINE_LIMIT)
            except (EOFError, OSError, zlib.error):
                raise StopIteration from None
            if not line:
                raise StopIteration
            self.ended_open = line[-1] not in "\r\n"
            if len(line) < LINE_LIMIT or not self.ended_open:
                return line
            self._skip_rest()

    def _skip_rest(self) -> None:
        """Leaves out a line beyond the limit without ever holding it whole."""
        self.number += 1
        self._report(Problem(self.number, "", "row_too_long", {"limit": LINE_LIMIT}))
        while (rest := self._stream.readline(LINE_LIMIT)) and rest[-1] not in "\r\n":
            continue

    def back_up(self) -> int:
        """Gives back all lines of the broken row but its first; returns the line it began on."""
        first = self.number - len(self.pending) + 1
        self.again.extend(reversed(self.pending[1:]))
        self.number = first
        self.pending.clear()
        return first


def _walk(path: Path, look: Look, width: int | None, report: Report) -> Iterator[Row]:
    """All rows after the header, or with `width` None the header row alone."""
    suspicious = look.has_nul or look.damaged
    with open_bytes(path) as raw:
        stream = io.TextIOWrapper(raw, look.encoding, errors="surrogateescape", newline="")
        lines = _Lines(stream, report)
        rows = _parsed(lines, look.delimiter, report, silent=width is not None)
        if width is not None:
            next(rows, None)
        for line, cells in rows:
            if suspicious and _has_bad_character(line, cells, look, report):
                continue
            if width is not None and len(cells) != width:
                fitted = _fitted(line, cells, width, lines, report)
                if fitted is None:
                    continue
                cells = fitted
            yield line, [restore(cell) if cell[:1] == "'" else cell for cell in cells]
            if width is None:
                return


def _parsed(lines: _Lines, delimiter: str, report: Report, silent: bool) -> Iterator[Row]:
    """Rows of the csv module; after an error it goes on with the line behind the broken row's first."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    pending = lines.pending
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report(_csv_problem(error, lines.back_up()))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        line = lines.number - len(pending) + 1
        pending.clear()
        if cells:
            yield line, cells


def _csv_problem(error: csv.Error, line: int) -> Problem:
    text = str(error)
    if "field larger" in text:
        return Problem(line, "", "cell_too_long", {"limit": CELL_LIMIT})
    if "end of data" in text:
        return Problem(line, "", "quote_open")
    return Problem(line, "", "quote_misplaced")


def _fitted(line: int, cells: list[str], width: int, lines: _Lines, report: Report) -> list[str] | None:
    """The cells brought to the header's width, or None after a report.

    Spreadsheets drop empty cells at the end of a row, so a short row is filled up, unless it is the
    last one and its line is not finished: then the file was cut.
    """
    if len(cells) > width:
        if any(cell.strip() for cell in cells[width:]):
            report(Problem(line, "", "too_many_cells", {"cells": len(cells), "columns": width}))
            return None
        return cells[:width]
    if lines.ended_open and not lines.again:
        report(Problem(line, "", "file_cut"))
        return None
    return cells + [""] * (width - len(cells))


def _has_bad_character(line: int, cells: list[str], look: Look, report: Report) -> bool:
    for index, cell in enumerate(cells):
        if "\0" in cell:
            report(Problem(line, _name(index), "nul"))
            return True
        if look.damaged and not _is_clean(cell):
            encoding = "UTF-8" if look.encoding.startswith("utf-8") else look.encoding.upper()
            report(Problem(line, _name(index), "encoding_mixed", {"encoding": encoding}))
            return True
    return False


def _name(index: int) -> str:
    """A column that is known by its place only; `named` puts the header's word there."""
    return f"#{index + 1}"


def named(problem: Problem, columns: tuple[str, ...]) -> Problem:
    """The problem with the header's name in place of a column's number."""
    if not problem.column.startswith("#") or not problem.column[1:].isdecimal():
        return problem
    index = int(problem.column[1:]) - 1
    name = columns[index] if index < len(columns) else problem.column
    return Problem(problem.line, name, problem.code, problem.data, problem.fatal)


def _is_clean(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= char <= "\udfff" for char in cell)


def sample(table: Table, size: int = 2_000) -> list[list[str]]:
    """The first rows, for judging how columns are written."""
    rows = table.rows(lambda problem: None)
    return [cells for _, cells in itertools.islice(rows, size)]
