"""Staging files of whole orders: products and customers that they name, then orders, then returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from storefront.core.imports.problems import CellError, Problem
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import Options
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.core.money import currency_digits
from storefront.ordering.rules.order_files import (
    Parser,
    RowError,
    Whole,
    is_own,
    own_kind,
    own_whole,
    shopify_wholes,
)

Rows = list[tuple[int, dict[str, str]]]
Cells = Iterator[tuple[int, dict[str, str]]]
Refuse = Callable[[Problem], None]
PACK = 20
DIGITS = 2  # decimals of prices in a file that names no currency
_SCRATCH = """
CREATE TEMP TABLE product (sku TEXT PRIMARY KEY, title TEXT, price INTEGER);
CREATE TEMP TABLE person (who TEXT PRIMARY KEY, at INTEGER, country TEXT);
CREATE TEMP TABLE whole (number TEXT, kind TEXT, line INTEGER, lines INTEGER, weight INTEGER, payload TEXT);
"""


def stage_own(table: Table, staging: Staging, options: Options) -> None:
    """Stages the shop's own files of orders and returns."""
    _stage(table, staging, options, _own_groups, lambda parser, rows: iter([own_whole(parser, rows)]))


def stage_shopify(table: Table, staging: Staging, options: Options) -> None:
    """Stages a Shopify order export."""
    _stage(table, staging, options, _shopify_groups, shopify_wholes)


def _stage(
    table: Table,
    staging: Staging,
    options: Options,
    group: Callable[[Cells, Refuse], Iterator[Rows]],
    build: Callable[[Parser, Rows], Iterator[Whole]],
) -> None:
    for statement in _SCRATCH.split(";"):
        staging.connection.execute(statement)
    parser = Parser(currency_digits(options.currency), options.currency)
    for rows in group(_counted(_cells(table, staging.damaged), staging), staging.reject):
        try:
            wholes = list(build(parser, rows))
        except RowError as error:
            _reject(staging, rows, error)
            continue
        for whole in wholes:
            _keep(staging, whole)
    _stage_named(staging)
    _stage_wholes(staging)


def wholes_in(table: Table, refuse: Refuse) -> Iterator[Whole]:
    """Orders and returns of a file in the own format or Shopify's, in its own currency, without a shop.

    Of an order with a bad row `refuse` hears of that row, and the order is left out.
    """
    own = is_own(table.columns)
    cells = _cells(table, refuse)
    parser: Parser | None = None
    for rows in _own_groups(cells, refuse) if own else _shopify_groups(cells, refuse):
        currency = rows[0][1].get("currency" if own else "Currency", "").strip().upper()
        if parser is None and currency:
            parser = Parser(_digits(currency), currency)
        used = parser or Parser(DIGITS, "")
        try:
            yield from [own_whole(used, rows)] if own else shopify_wholes(used, rows)
        except RowError as error:
            refuse(Problem(error.line, error.column, error.code, error.data))


def _digits(currency: str) -> int:
    try:
        return currency_digits(currency)
    except ValueError:
        return DIGITS


def _counted(rows: Cells, staging: Staging) -> Cells:
    for row in rows:
        staging.read += 1
        yield row


def _cells(table: Table, damaged: Refuse) -> Cells:
    places = [(name, place) for place, name in enumerate(table.columns) if name and name != REASON_COLUMN]
    for line, row in table.rows(damaged):
        yield line, {name: row[place] for name, place in places}


def _own_groups(rows: Cells, refuse: Refuse) -> Iterator[Rows]:
    held: Rows = []
    for line, cells in rows:
        try:
            kind = own_kind(cells)
        except CellError as error:
            refuse(Problem(line, "kind", error.code, error.data))
            continue
        if held and kind in ("order", "return"):
            yield held
            held = []
        held.append((line, cells))
    if held:
        yield held


def _shopify_groups(rows: Cells, _refuse: Refuse) -> Iterator[Rows]:
    held: Rows = []
    for line, cells in rows:
        if held and cells.get("Name") != held[0][1].get("Name"):
            yield held
            held = []
        held.append((line, cells))
    if held:
        yield held


def _reject(staging: Staging, rows: Rows, error: RowError) -> None:
    """An order is taken whole or not at all."""
    for line, _ in rows:
        if line == error.line:
            staging.reject(Problem(line, error.column, error.code, error.data))
        else:
            staging.reject(Problem(line, "", "with_rejected_row", {"line": error.line}))


def _keep(staging: Staging, whole: Whole) -> None:
    execute = staging.connection.execute
    head = whole.head
    if head["who"]:
        execute(
            "INSERT OR IGNORE INTO person VALUES (?, ?, ?)", (head["who"], int(head["at"]), head["country"])
        )
    for sku, title, _pieces, price, _total, kind, *_ in whole.lines:
        if kind == "product":
            execute("INSERT OR IGNORE INTO product VALUES (?, ?, ?)", (sku, title, max(0, price)))
    known = execute(
        "SELECT 1 FROM whole WHERE number = ? AND kind = ?", (whole.number, whole.kind)
    ).fetchone()
    if known:
        for line in whole.rows:
            staging.reject(Problem(line, "", "number_twice", {"value": whole.number}))
        return
    payload = staging.encode({**head, "lines": whole.lines})
    weight = len(whole.lines) * (3 if whole.kind == "return" else 1) + 1
    row = (whole.number, whole.kind, whole.rows[0] if whole.rows else 0, len(whole.rows), weight, payload)
    execute("INSERT INTO whole VALUES (?, ?, ?, ?, ?, ?)", row)


def _stage_named(staging: Staging) -> None:
    """Products and customers that the shop may not know; those that it knows stay as they are."""
    skus: list[str] = []
    for sku, title, price in staging.connection.execute("SELECT * FROM product ORDER BY rowid"):
        payload: dict[str, Any] = {"sku": sku, "title": title or sku, "price": price, "category": ""}
        status = "active" if price else "draft"
        staging.add("history_product", sku, {**payload, "status": status}, weight=6)
        skus.append(sku)
    _stage_search(staging, skus)
    for who, at, country in staging.connection.execute("SELECT * FROM person ORDER BY rowid"):
        staging.add("history_customer", who, {"who": who, "joined": at, "country": country}, weight=2)


def _stage_search(staging: Staging, skus: Sequence[str]) -> None:
    for start in range(0, len(skus), PACK):
        pack = list(skus[start : start + PACK])
        staging.add("search", str(start), {"skus": pack}, weight=4 * len(pack))


def _stage_wholes(staging: Staging) -> None:
    query = "SELECT number, kind, lines, weight, payload FROM whole ORDER BY kind = 'return', rowid"
    for number, kind, lines, weight, payload in staging.connection.execute(query):
        staging.add(kind, number, staging.decode(payload), lines=lines, weight=weight)
