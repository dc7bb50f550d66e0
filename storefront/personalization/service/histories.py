"""An order history in a file, as the engine's interactions: without a shop, for measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storefront.core.errors import Refusal
from storefront.core.imports.cells import Cells
from storefront.core.imports.columns import ColumnMap, map_columns, plain_name
from storefront.core.imports.problems import CellError, Problem
from storefront.core.imports.reading import Table, named, open_table, sample
from storefront.ordering.rules.lines import FIELDS, Charges, Prices, judge_styles, parsers, settle_date_style
from storefront.ordering.rules.order_files import Whole, is_own, is_shopify
from storefront.ordering.service.order_files import wholes_in

if TYPE_CHECKING:
    from recommender import Interactions
    from recommender.errors import BadInteractions

CHUNK = 50_000
DIGITS = 2  # decimals of prices: bands of prices need no more
CANCEL_MARK = "C"  # in front of the number of an order that takes another one back
ENGINE_COLUMNS = {"customer", "product", "kind", "at"}
MISSING: Mapping[str, int | None] = {"quantity": 1, "price": None}  # what a column that is not there says
FIELDS_USED = ("order", "sku", "title", "quantity", "at", "price", "total", "customer", "category")
SKU = FIELDS_USED.index("sku")
Tell = Callable[[int], None]


@dataclass
class Read:
    """What was read: rows of the file, those left out and why."""

    path: Path
    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def leave_out(self, reason: str) -> None:
        """Count a row that says nothing about what people buy."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def read_history(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    keep_good: bool = False,
    tell: Tell | None = None,
) -> tuple[Interactions, Read]:
    """Order lines in any columns that the importer recognises, whole orders, or the engine's own columns.

    Raises Refusal naming file, column and row of the first bad cell (with `keep_good` bad rows are left out).
    """
    from recommender import Interactions
    from recommender.errors import BadInteractions, RecommenderError

    if not path.is_file():
        raise Refusal(f"{path}: there is no such file")
    read = Read(path)
    try:
        table = open_table(path)
        _refuse(read, [problem for problem in table.problems if problem.fatal])
        if {plain_name(column) for column in table.columns} >= ENGINE_COLUMNS:
            data = Interactions.read(path)
            read.rows = len(data)
        elif is_own(table.columns) or is_shopify(table.columns):
            data = Interactions.read(_of_orders(table, read, keep_good=keep_good))
        else:
            data = Interactions.read(_Lines(table, read, mapping or {}, keep_good).chunks(tell))
    except BadInteractions as error:
        raise Refusal(f"{path}: {_place(error)}{error.problem}") from error
    except RecommenderError as error:
        raise Refusal(f"{path}: {error}") from error
    return data, read


def _place(error: BadInteractions) -> str:
    """Row of the file (the header is row 1) and column, like the importer names them."""
    row = f"Row {error.row + 1}" if error.row else ""
    parts = [part for part in (row, f"column {error.column}" if error.column else "") if part]
    return f"{', '.join(parts)}: " if parts else ""


def _refuse(read: Read, problems: list[Problem]) -> None:
    if problems:
        more = f" ({len(problems)} findings)" if len(problems) > 1 else ""
        raise Refusal(f"{read.path}: {problems[0].message}{more}")


def _damaged(read: Read, table: Table, problem: Problem, *, keep_good: bool) -> None:
    problem = named(problem, table.columns)
    if not keep_good:
        raise Refusal(f"{read.path}: {problem.message} Leave such rows out with --keep-good.")
    read.problems.append(problem)
    read.leave_out("damaged")


def _of_orders(table: Table, read: Read, *, keep_good: bool) -> Iterator[dict[str, list[Any]]]:
    """Columns from files of whole orders and returns: the shop's own and Shopify's.

    What came back is a return of its order; of a cancelled order nothing counts.
    """
    cancelled: set[str] = set()
    batch: list[tuple[Any, ...]] = []
    for whole in wholes_in(table, partial(_damaged, read, table, keep_good=keep_good)):
        read.rows += len(whole.rows)
        if whole.head.get("status") == "cancelled":
            cancelled.add(whole.number)
        for line in whole.lines:
            entry = _line_of(whole, line, cancelled)
            if isinstance(entry, str):
                read.leave_out(entry)
            else:
                batch.append(entry)
        if len(batch) >= CHUNK:
            yield _columns(batch)
            batch = []
    yield _columns(batch)


def _line_of(whole: Whole, line: list[Any], cancelled: set[str]) -> tuple[Any, ...] | str:
    """customer, product, kind, at, quantity, order, price, category; or why it does not count."""
    sku, _title, pieces, price, _total, what, *covered = line
    if what != "product":
        return "no product"
    orders = [number for number, _place, _pieces in covered[0]] if covered else []
    if whole.number in cancelled or not cancelled.isdisjoint(orders):
        return "cancelled"
    who, at = whole.head["who"], datetime.fromtimestamp(whole.head["at"], UTC)
    if whole.kind == "order":
        return who, sku, "purchase", at, pieces, whole.number, max(price, 0), ""
    if not who and not orders:
        return "return of nobody"
    return who, sku, "return", at, pieces, orders[0] if orders else "", max(price, 0), ""


class _Lines:
    """Rows of order lines, parsed column by column with the importer's own parsers."""

    def __init__(self, table: Table, read: Read, mapping: Mapping[str, str], keep_good: bool) -> None:
        self.table, self.read, self.keep_good = table, read, keep_good
        known = map_columns(table.columns, FIELDS, mapping)
        problems = list(known.problems)
        if known.of("order") is None and known.of("customer") is None:
            found = {"field": "order", "found": ", ".join(table.columns)}
            problems.append(Problem(1, "", "column_missing", found))
        _refuse(read, problems)
        self.index = dict(known.index)
        self.cells = self._parsers(known)
        self.charges = Charges()
        self.kinds: dict[tuple[int, int], str] = {}
        self.plan = [
            (self.index[name], self.cells[name]) if name in self.cells else (-1, {"": MISSING.get(name, 0)})
            for name in FIELDS_USED
        ]
        self.at, self.clock = self.index["at"], self.index.get("clock")
        self.order, self.sku, self.title = (self._words(name) for name in ("order", "sku", "title"))
        self.customer, self.category = self._words("customer"), self._words("category")
        self.orders: Mapping[str, Any] = self.cells.get("order", {})  # numbers met so far
        self.knows_free = "customer" in self.index and ("price" in self.index or "total" in self.index)

    def _parsers(self, known: ColumnMap) -> dict[str, Cells]:
        styles = judge_styles(known.index, known.hints, sample(self.table))
        if styles.date == "unclear":
            place = known.index["at"]
            cells = (row[place] for _, row in self.table.rows(lambda problem: None))
            try:
                date = settle_date_style("unclear", cells)
            except CellError as error:
                _refuse(self.read, [Problem(1, self.table.columns[place], error.code, error.data)])
            styles = type(styles)(date, styles.price_comma, styles.quantity_comma)
        made = parsers(known.index, styles, DIGITS)
        made |= {"price": _Prices(DIGITS, styles.price_comma), "total": _Prices(DIGITS, styles.price_comma)}
        made = {name: cells for name, cells in made.items() if name in known.index}
        return {name: made[name] for name in FIELDS_USED if name in made}

    def chunks(self, tell: Tell | None) -> Iterator[dict[str, list[Any]]]:
        """Columns for `Interactions.read`. Raises Refusal at the first bad row unless good ones are kept."""
        batch: list[tuple[Any, ...]] = []
        for line, row in self.table.rows(self._damaged):
            self.read.rows += 1
            values = self._values(line, row)
            if values is None:
                continue
            entry = self._entry(values)
            if isinstance(entry, str):
                self.read.leave_out(entry)
            else:
                batch.append(entry)
            if len(batch) == CHUNK:
                yield _columns(batch)
                batch = []
                if tell:
                    tell(self.read.rows)
        yield _columns(batch)

    def _damaged(self, problem: Problem) -> None:
        _damaged(self.read, self.table, problem, keep_good=self.keep_good)

    def _values(self, line: int, row: list[str]) -> list[Any] | None:
        """One value per field of FIELDS_USED; None for a row that was left out."""
        if self.clock is not None:
            row[self.at] = f"{row[self.at]} {row[self.clock]}".strip()
        row.append("")  # what the plan's missing columns point at
        try:
            values = [cells[row[place]] for place, cells in self.plan]
            if values[SKU]:
                return values
        except CellError:
            pass
        self._damaged(self._problem(line, row))
        return None

    def _problem(self, line: int, row: list[str]) -> Problem:
        """The first cell of a row that cannot be taken."""
        for name, cells in self.cells.items():
            place = self.index[name]
            try:
                if not cells[row[place]] and name == "sku":
                    raise CellError("empty")
            except CellError as error:
                return Problem(line, self.table.columns[place], error.code, error.data)
        return Problem(line, "", "not_read")

    def _entry(self, values: list[Any]) -> tuple[Any, ...] | str:
        """customer, product, kind, at, quantity, order, price, category; or why nobody bought this."""
        number, sku, title, quantity, at, price, total, customer, category = values
        if self._kind(sku, title) != "product":
            return "no product"
        if price is None:
            price = total // max(abs(quantity), 1)
        if self._is_write_off(price, customer):
            return "nobody paid"
        kind, order = self._purchase_or_return(self.order[number], quantity)
        if kind == "return" and not (customer or order):
            return "return of nobody"
        who, words = self.customer[customer], self.category[category]
        # tills write a quantity of 0 for what they weigh
        return who, self.sku[sku], kind, at, abs(quantity) or 1, order, max(price, 0), words

    def _is_write_off(self, price: int, customer: int) -> bool:
        return self.knows_free and price <= 0 and not customer

    def _purchase_or_return(self, order: str, quantity: int) -> tuple[str, str]:
        """The kind of a line and its order; a return belongs to an order only where it names one."""
        cancels = order[:1] == CANCEL_MARK and order[1:].isdigit()
        if quantity >= 0 and not cancels:
            return "purchase", order
        return "return", order[1:] if cancels and order[1:] in self.orders else ""

    def _kind(self, sku: int, title: int) -> str:
        """Whether a line is a product; postage, fees and vouchers are not."""
        if (sku, title) not in self.kinds:
            self.kinds[sku, title] = self.charges.kind(self.sku[sku], self.title[title])
        return self.kinds[sku, title]

    def _words(self, name: str) -> list[str]:
        cells: Any = self.cells.get(name)
        return cells.words if cells is not None else [""]


class _Prices(Prices):
    """Prices that tables of floats hold with long tails, such as 1.9899999999999998437, too."""

    def parse(self, text: str) -> int:
        try:
            return super().parse(text)
        except CellError as error:
            if error.code != "number_too_long" or self.comma:
                raise
            return round(float(text) * 10**self.digits)


_NAMES = ("customer", "product", "kind", "at", "quantity", "order", "price", "category")


def _columns(batch: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    parts = zip(*batch, strict=True) if batch else ((),) * len(_NAMES)
    return {name: list(part) for name, part in zip(_NAMES, parts, strict=True)}
