"""Files of whole orders: the shop's own and Shopify's, parsed into one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slugify import slugify

from storefront.core.imports.cells import MinorUnits, WholeNumbers, kept_cells, one_of, plain_text
from storefront.core.imports.moments import Moments
from storefront.core.imports.problems import CellError

OWN_COLUMNS = (
    "kind", "number", "customer", "email", "status", "at", "cancelled_at", "currency", "country",
    "discount", "tax",
    "position", "line_kind", "sku", "title", "quantity", "unit_price", "total", "of_order", "of_position",
    "extra",
)  # fmt: skip
KINDS = ("order", "line", "return", "return_line")
LINE_KINDS = ("product", "charge")
SHOPIFY_NEEDED = frozenset({"Name", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price"})
SHOPIFY_TAKEN = frozenset(
    {
        "Name", "Email", "Created at", "Cancelled at", "Currency", "Shipping", "Taxes", "Discount Amount",
        "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Shipping Country",
        "Billing Country",
    }
)  # fmt: skip
GIVEN_BACK = ("refunded", "voided")
Cells = Mapping[str, str]


class RowError(CellError):
    """A cell error with its column and line."""

    def __init__(self, line: int, column: str, error: CellError) -> None:
        super().__init__(error.code, **error.data)
        self.line = line
        self.column = column


@dataclass(slots=True)
class Whole:
    """One order or return of a file. `rows` are its lines in the file; `lines` go into the staging file."""

    kind: str
    number: str
    rows: list[int]
    head: dict[str, Any]
    lines: list[list[Any]] = field(default_factory=list)


class Parser:
    """Cells of orders; `digits` are the decimals of the shop's `currency`."""

    def __init__(self, digits: int, currency: str) -> None:
        self.currency = currency
        self.money = MinorUnits(digits)
        self.pieces = WholeNumbers(low=1)
        self.place = WholeNumbers(low=0, high=10**6)
        self.moments = Moments()

    def take(
        self, line: int, cells: Cells, column: str, parse: Callable[[str], Any], empty: Any = None
    ) -> Any:
        """The parsed cell; `empty` for an empty one. Raises RowError."""
        cell = cells.get(column, "").strip()
        if not cell:
            return empty
        try:
            return parse(cell)
        except CellError as error:
            raise RowError(line, column, error) from None

    def need(self, line: int, cells: Cells, column: str, parse: Callable[[str], Any]) -> Any:
        """A cell that must not be empty."""
        if not cells.get(column, "").strip():
            raise RowError(line, column, CellError("empty"))
        return self.take(line, cells, column, parse)

    def text(self, line: int, cells: Cells, column: str, limit: int) -> str:
        return self.take(line, cells, column, lambda cell: plain_text(cell, limit), "")

    def seconds(self, cell: str) -> float:
        return self.moments[cell].timestamp()

    def check_currency(self, line: int, cells: Cells, column: str) -> None:
        """Raises RowError for an order in another currency than the shop's."""
        told = cells.get(column, "").strip()
        if told and told.upper() != self.currency:
            raise RowError(line, column, CellError("currency_differs", value=told, currency=self.currency))


def is_own(columns: Sequence[str]) -> bool:
    """Whether a header is that of the own format."""
    return {"kind", "number", "line_kind"} <= set(columns)


def is_shopify(columns: Sequence[str]) -> bool:
    """Whether a header is that of Shopify's order export."""
    return set(columns) >= SHOPIFY_NEEDED


# --- the own format -----------------------------------------------------------------------------------------


def own_kind(row: Cells) -> str:
    """What a row of the own format is: the start of an order or return, or a line of it."""
    return one_of(row.get("kind", ""), KINDS)


def own_whole(parser: Parser, rows: Sequence[tuple[int, Cells]]) -> Whole:
    """An order or return from its rows, the head first. Raises RowError."""
    line, cells = rows[0]
    kind = own_kind(cells)
    if kind not in ("order", "return"):
        raise RowError(line, "kind", CellError("head_missing"))
    number = parser.need(line, cells, "number", lambda cell: plain_text(cell, 60))
    parser.check_currency(line, cells, "currency")
    head: dict[str, Any] = {
        "who": parser.text(line, cells, "customer", 320),
        "at": parser.need(line, cells, "at", parser.seconds),
        "country": parser.text(line, cells, "country", 60),
        "extra": parser.take(line, cells, "extra", kept_cells, {}),
    }
    if kind == "order":
        head |= {
            "email": parser.text(line, cells, "email", 320) or None,
            "status": parser.text(line, cells, "status", 16) or "done",
            "cancelled_at": parser.take(line, cells, "cancelled_at", parser.seconds),
            "discount": parser.take(line, cells, "discount", parser.money.__getitem__, 0),
            "tax": parser.take(line, cells, "tax", parser.money.__getitem__, 0),
        }
    whole = Whole(kind, number, [line for line, _ in rows], head)
    for line, cells in rows[1:]:
        whole.lines.append(_own_line(parser, line, cells, kind))
    return whole


def _own_line(parser: Parser, line: int, cells: Cells, kind: str) -> list[Any]:
    pieces = parser.need(line, cells, "quantity", parser.pieces.__getitem__)
    price = parser.take(line, cells, "unit_price", parser.money.__getitem__, 0)
    total = parser.take(line, cells, "total", parser.money.__getitem__, pieces * price)
    what = parser.take(line, cells, "line_kind", lambda cell: one_of(cell, LINE_KINDS), "product")
    sku = parser.need(line, cells, "sku", lambda cell: plain_text(cell, 120))
    found = [sku, parser.text(line, cells, "title", 255), pieces, price, total, what]
    if kind == "return":
        order = parser.text(line, cells, "of_order", 60)
        place = parser.take(line, cells, "of_position", parser.place.__getitem__)
        found.append([[order, place, pieces]] if order and place is not None else [])
    return found


# --- Shopify ------------------------------------------------------------------------------------------------


def shopify_wholes(parser: Parser, rows: Sequence[tuple[int, Cells]]) -> Iterator[Whole]:
    """An order from the rows of one name; one that was cancelled or refunded comes back as a return, too."""
    line, cells = rows[0]
    parser.check_currency(line, cells, "Currency")
    number = parser.need(line, cells, "Name", lambda cell: plain_text(cell, 60))
    lines = [_shopify_line(parser, at, row) for at, row in rows]
    shipping = parser.take(line, cells, "Shipping", parser.money.__getitem__, 0)
    if shipping:
        title = parser.text(line, cells, "Shipping Method", 255) or "Shipping"
        lines.append(["shipping", title, 1, shipping, shipping, "charge"])
    head = _shopify_head(parser, line, cells, lines)
    yield Whole("order", number, [at for at, _ in rows], head, lines)
    if head["cancelled_at"] or cells.get("Financial Status", "").strip().casefold() in GIVEN_BACK:
        back = [[*row, [[number, place, row[2]]]] for place, row in enumerate(lines) if row[5] == "product"]
        moment = head["cancelled_at"] or head["at"]
        returned = {"who": head["who"], "at": moment, "country": head["country"], "extra": {}}
        yield Whole("return", f"{number[:55]}-back", [], returned, back)


def _shopify_head(parser: Parser, line: int, cells: Cells, lines: Iterable[Sequence[Any]]) -> dict[str, Any]:
    cancelled = parser.take(line, cells, "Cancelled at", parser.seconds)
    email = parser.text(line, cells, "Email", 320)
    shipped, billed = (parser.text(line, cells, f"{to} Country", 60) for to in ("Shipping", "Billing"))
    kept = {name: cell for name, cell in cells.items() if cell and name not in SHOPIFY_TAKEN}
    return {
        "who": email,
        "at": parser.need(line, cells, "Created at", parser.seconds),
        "country": shipped or billed,
        "email": email or None,
        "status": "cancelled" if cancelled else "done",
        "cancelled_at": cancelled,
        "discount": parser.take(line, cells, "Discount Amount", parser.money.__getitem__, 0),
        "tax": _tax_on_top(parser, line, cells, lines),
        "extra": {"shopify": kept},
    }


def _tax_on_top(parser: Parser, line: int, cells: Cells, lines: Iterable[Sequence[Any]]) -> int:
    """Taxes that the total adds to the prices; nothing when prices include them."""
    taxes = parser.take(line, cells, "Taxes", parser.money.__getitem__, 0)
    total = parser.take(line, cells, "Total", parser.money.__getitem__)
    discount = parser.take(line, cells, "Discount Amount", parser.money.__getitem__, 0)
    without = sum(row[4] for row in lines) - discount
    return taxes if total is not None and total == without + taxes else 0


def _shopify_line(parser: Parser, line: int, cells: Cells) -> list[Any]:
    pieces = parser.need(line, cells, "Lineitem quantity", parser.pieces.__getitem__)
    price = parser.need(line, cells, "Lineitem price", parser.money.__getitem__)
    title = parser.text(line, cells, "Lineitem name", 1000)
    sku = parser.text(line, cells, "Lineitem sku", 120) or slugify(title, max_length=110)
    if not sku:
        raise RowError(line, "Lineitem sku", CellError("empty"))
    return [sku, title[:255], pieces, price, pieces * price, "product"]
