"""Files of other shop systems for tests: written, read by row, compared cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from storefront.core.imports.reading import open_table

FIXTURES = Path(__file__).parents[1] / "fixtures" / "imports"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows as {column: cell}, formulas restored."""
    table = open_table(path)
    return [dict(zip(table.columns, cells, strict=True)) for _, cells in table.rows(lambda problem: None)]


def write_rows(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = ()) -> Path:
    """A CSV file with these rows; its header has every column that any row has."""
    header = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def lost_cells(before: Path, after: Path, key: str) -> list[str]:
    """Cells of `before` that `after` does not have in the same row of the same product."""
    held: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(after):
        held.setdefault(row[key], []).append(row)
    lost = []
    for row in read_rows(before):
        rest = held.get(row[key]) or [{}]
        found = rest.pop(0)
        lost += [
            f"{row[key]}: {name} {cell!r} -> {found.get(name)!r}"
            for name, cell in row.items()
            if cell != found.get(name, "")
        ]
    return lost
