"""Staging a history of single lines: rows into a scratch table, from there products, customers, orders,
returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storefront.core.imports.cells import Cells
from storefront.core.imports.columns import ColumnMap, map_columns
from storefront.core.imports.problems import CellError, Problem
from storefront.core.imports.reading import Table, sample
from storefront.core.imports.registry import Options
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits
from storefront.ordering.rules.lines import FIELDS, judge_styles, parsers, settle_date_style
from storefront.ordering.service.histories import History

BATCH = 5_000
COLUMNS = (
    "number", "customer", "sku", "title", "at", "quantity", "price", "total", "country", "currency",
    "category",
)  # fmt: skip
_SCRATCH = """
CREATE TEMP TABLE line (
    n INTEGER PRIMARY KEY, number INT, customer INT, sku INT, title INT, at INT, quantity INT,
    price INT, total INT, country INT, currency INT, category INT
)
"""


@dataclass(slots=True)
class _Columns:
    """How the rows of one file are taken: parsers by field, and what the file as a whole has."""

    index: dict[str, int]
    cells: dict[str, Cells]

    def has(self, field: str) -> bool:
        return field in self.index


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header has what order lines need."""
    known = map_columns(columns, FIELDS)
    return not known.problems and (known.of("order") is not None or known.of("customer") is not None)


def stage_lines(table: Table, staging: Staging, options: Options) -> None:
    """Stages a whole history.

    Every row ends in an order, a return, as skipped, or as rejected with its reason.
    """
    columns = _columns(table, staging, options)
    if columns is None:
        _count_only(table, staging)
        return
    staging.connection.execute(_SCRATCH)
    _fill(table, staging, columns)
    History(staging, columns.cells, set(columns.index), options).stage()


def _columns(table: Table, staging: Staging, options: Options) -> _Columns | None:
    known = map_columns(table.columns, FIELDS, options.mapping)
    problems = list(known.problems)
    if known.of("order") is None and known.of("customer") is None:
        data = {"field": "order", "found": ", ".join(table.columns)}
        problems.append(Problem(1, "", "column_missing", data))
    for column in known.unknown:
        if column != REASON_COLUMN:
            staging.warn(Problem(1, column, "column_unknown"))
    if not problems:
        try:
            return _judged(table, known, options)
        except CellError as error:
            name = table.columns[known.index["at"]]
            problems.append(Problem(1, name, error.code, error.data))
    for problem in problems:
        staging.refuse(problem)
    return None


def _judged(table: Table, known: ColumnMap, options: Options) -> _Columns:
    styles = judge_styles(known.index, known.hints, sample(table))
    if styles.date == "unclear":
        place = known.index["at"]
        cells = (row[place] for _, row in table.rows(lambda problem: None))
        styles = type(styles)(settle_date_style("unclear", cells), styles.price_comma, styles.quantity_comma)
    return _Columns(dict(known.index), parsers(known.index, styles, currency_digits(options.currency)))


def _count_only(table: Table, staging: Staging) -> None:
    """The columns are unusable: count the rows so that the report is true, and reject them."""
    for line, _ in table.rows(staging.damaged):
        staging.read += 1
        staging.reject(Problem(line, "", "not_read"))


# --- rows into the scratch table ----------------------------------------------------------------------------


def _fill(table: Table, staging: Staging, columns: _Columns) -> None:
    plan = _plan(columns)
    sku_place = COLUMNS.index("sku")
    at, clock = columns.index["at"], columns.index.get("clock")
    rounded = _rounded(columns)
    buffer: list[tuple[int | None, ...]] = []
    for line, row in table.rows(staging.damaged):
        staging.read += 1
        row.append("")  # what the plan's missing columns point at
        if clock is not None:
            row[at] = f"{row[at]} {row[clock]}".strip()
        values = _values(plan, row)
        if not values or not values[sku_place]:
            staging.reject(_find_problem(table, columns, line, row))
            continue
        buffer.append((line, *values))
        for place, odd, reason in rounded:
            if row[place] in odd:
                staging.note(reason)
        if len(buffer) >= BATCH:
            _insert(staging, buffer)
            staging.tell("read", staging.read)
    _insert(staging, buffer)
    if columns.has("total") and not columns.has("price"):
        staging.connection.execute("UPDATE line SET price = total / max(1, abs(quantity))")
    staging.tell("read", staging.read, staging.read)


def _values(plan: list[tuple[int, Mapping[str, int | None]]], row: list[str]) -> list[int | None]:
    """The numbers of a row; none when a cell cannot be taken."""
    try:
        return [cells[row[place]] for place, cells in plan]
    except CellError:
        return []


def _plan(columns: _Columns) -> list[tuple[int, Mapping[str, int | None]]]:
    """(place in the row, parser) per scratch column; a column that the file lacks has one fixed answer."""
    missing: dict[str, int | None] = {"quantity": 1, "total": None}
    plan: list[tuple[int, Mapping[str, int | None]]] = []
    for name in COLUMNS:
        field = "order" if name == "number" else name
        if field in columns.cells and not (field == "total" and columns.has("price")):
            plan.append((columns.index[field], columns.cells[field]))
        else:
            plan.append((-1, {"": missing.get(name, 0)}))
    return plan


def _insert(staging: Staging, buffer: list[tuple[int | None, ...]]) -> None:
    marks = ",".join("?" * (len(COLUMNS) + 1))
    staging.connection.executemany(f"INSERT INTO line VALUES ({marks})", buffer)  # noqa: S608 - question marks
    buffer.clear()


def _rounded(columns: _Columns) -> list[tuple[int, set[str], str]]:
    reasons = {"price": "price_rounded", "quantity": "quantity_rounded"}
    return [
        (columns.index[name], columns.cells[name].rounded, reason)  # type: ignore[attr-defined]
        for name, reason in reasons.items()
        if name in columns.cells
    ]


def _find_problem(table: Table, columns: _Columns, line: int, row: list[str]) -> Problem:
    """The first field of a row that cannot be taken."""
    for field, cells in columns.cells.items():
        place = columns.index[field]
        try:
            if not cells[row[place]] and field == "sku":
                raise CellError("empty")
        except CellError as error:
            return Problem(line, table.columns[place], error.code, error.data)
    return Problem(line, "", "not_read")
