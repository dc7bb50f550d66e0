"""The file of rows that were not taken: as they came, with the reason in a last column, ready to be
mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storefront.core.imports.problems import Problem
from storefront.core.imports.reading import Table, named
from storefront.core.imports.staging import Staging
from storefront.core.imports.writing import write_table

REASON_COLUMN = "import_error"


def write_rejects(staging: Staging, table: Table, path: Path) -> int:
    """Writes the rejected rows of a run and returns how many.

    Importing the file again takes the mended ones.
    """
    columns = [column for column in table.columns if column != REASON_COLUMN]
    places = [place for place, column in enumerate(table.columns) if column != REASON_COLUMN]
    return write_table(path, [*columns, REASON_COLUMN], _rows(staging, table, places))


def _rows(staging: Staging, table: Table, places: list[int]) -> Iterator[list[str]]:
    """Both passes run in the order of lines, so neither has to be held in memory."""
    found = table.rows(lambda problem: None)
    line, cells = next(found, (0, []))
    for problem in staging.problems(only_rows=True):
        while cells and line < problem.line:
            line, cells = next(found, (0, []))
        reason = _reason(problem, table)
        if cells and line == problem.line:
            yield [*(cells[place] for place in places), reason]
        else:
            # The row itself could not be parted into cells; its place is all there is to say.
            yield [*("" for _ in places), reason]


def _reason(problem: Problem, table: Table) -> str:
    return named(problem, table.columns).message
