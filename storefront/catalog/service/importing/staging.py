"""Staging a catalogue: rows gathered by product in a scratch table, each product built and checked as a
whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from storefront.catalog.rules.own_format import ColumnError
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing import reasons  # noqa: F401 - adds its sentences
from storefront.catalog.service.importing.picturing import is_possible
from storefront.core.database import db
from storefront.core.imports.problems import CellError, Problem
from storefront.core.imports.reading import Table
from storefront.core.imports.staging import Staging

BATCH = 2_000
PACK = 20
NumberedRow = tuple[int, list[str]]
Other = tuple[int, str, str, Record]
_SCRATCH = """
CREATE TEMP TABLE part (handle TEXT, line INTEGER PRIMARY KEY, cells TEXT);
CREATE TEMP TABLE code (sku TEXT PRIMARY KEY);
CREATE TEMP TABLE counted (sku TEXT, quantity INTEGER, backorder INTEGER);
CREATE TEMP TABLE shown (handle TEXT);
"""


class Adapter(Protocol):
    """A catalogue format. `key`, `other` and `build` raise ColumnError, whose `line` says which row when
    there are
    several. `lines` says where each SKU of the product built last stood, as far as the format knows."""

    lines: Mapping[str, int]

    def key(self, row: list[str]) -> str | None:
        """The product that a row belongs to; None for rows of another kind."""

    def other(self, row: list[str]) -> tuple[str, str, Record]:
        """Target, key and content of a row of another kind."""

    def build(self, handle: str, rows: Sequence[NumberedRow]) -> tuple[Record, list[str]]:
        """The product that these rows describe, and the paths of categories it brings along."""

    def shown(self, error: ColumnError) -> ColumnError:
        """An error about `sku`, `picture` or `category`, with the column's name in the file."""


def stage_catalog(table: Table, staging: Staging, adapter: Adapter) -> None:
    """Stages categories, then products, then what hangs on them."""
    for statement in _SCRATCH.split(";"):
        staging.connection.execute(statement)
    others = _gather(table, staging, adapter)
    folder = table.path.parent
    handles = _stage_categories(staging, others, folder)
    _stage_products(staging, adapter, folder, handles)
    _stage_rest(staging, others)
    _stage_needs(staging, others, handles)


def _gather(table: Table, staging: Staging, adapter: Adapter) -> list[Other]:
    others: list[Other] = []
    buffer: list[tuple[str, int, str]] = []
    for line, row in table.rows(staging.damaged):
        staging.read += 1
        try:
            key = adapter.key(row)
            if key is None:
                others.append((line, *adapter.other(row)))
                continue
        except ColumnError as error:
            staging.reject(Problem(line, error.column, error.code, error.data))
            continue
        buffer.append((key, line, json.dumps(row, ensure_ascii=False)))
        if len(buffer) >= BATCH:
            _insert(staging, buffer)
    _insert(staging, buffer)
    return others


def _insert(staging: Staging, buffer: list[tuple[str, int, str]]) -> None:
    staging.connection.executemany("INSERT INTO part VALUES (?, ?, ?)", buffer)
    buffer.clear()
    staging.tell("read", staging.read)


# --- categories -------------------------------------------------------------------------------------------


def _stage_categories(staging: Staging, others: list[Other], folder: Path) -> set[str]:
    """Stages categories, parents first; returns the handles that products may name."""
    known = set(db.session.execute(sa.select(t.category.c.slug)).scalars())
    waiting = {key: (line, row) for line, target, key, row in others if target == "category"}
    for line, target, key, _ in others:
        if target == "category" and waiting[key][0] != line:
            staging.reject(Problem(line, "handle", "handle_twice", {"value": key}))
    while ready := [key for key, (_, row) in waiting.items() if row["parent"] in {"", *known}]:
        for key in ready:
            line, row = waiting.pop(key)
            if row["picture"] and not is_possible(folder, row["picture"]):
                staging.reject(Problem(line, "picture", "picture_missing", {"value": row["picture"]}))
                continue
            known.add(key)
            staging.add("category", key, {"folder": str(folder), "row": row}, lines=1, weight=4)
    for line, row in waiting.values():
        staging.reject(Problem(line, "parent", "category_unknown", {"value": row["parent"]}))
    return known


# --- products ---------------------------------------------------------------------------------------------


def _stage_products(staging: Staging, adapter: Adapter, folder: Path, categories: set[str]) -> None:
    for handle, rows in _groups(staging):
        try:
            record, paths = adapter.build(handle, rows)
            made = {category_handle(category_steps(path)) for path in paths}
            _check(staging, record, {"": rows[0][0], **adapter.lines}, folder, categories | made)
        except _Unfit as error:
            _reject_group(staging, rows, adapter.shown(error))
            continue
        except ColumnError as error:
            _reject_group(staging, rows, error)
            continue
        payload = {"folder": str(folder), "record": record, "paths": paths}
        weight = 6 + 3 * len(record.get("variants", [])) + 3 * len(record.get("pictures", []))
        staging.add("product", handle, payload, lines=len(rows), weight=weight)
        _note_rest(staging, record)


def _groups(staging: Staging) -> Iterator[tuple[str, list[NumberedRow]]]:
    """The rows of each product, in the order in which products first appear."""
    execute = staging.connection.execute
    execute("CREATE TEMP TABLE head AS SELECT handle, min(line) AS first FROM part GROUP BY handle")
    rows = execute("SELECT handle, line, cells FROM part JOIN head USING (handle) ORDER BY head.first, line")
    handle = ""
    held: list[NumberedRow] = []
    for key, line, cells in rows:
        if key != handle and held:
            yield handle, held
            held = []
        handle = key
        held.append((line, json.loads(cells)))
    if held:
        yield handle, held


class _Unfit(ColumnError):
    """An error about a record, so that its column is a part's name and not yet one of the file."""


def _check(
    staging: Staging, record: Record, lines: Mapping[str, int], folder: Path, categories: set[str]
) -> None:
    """What only the whole file or the shop can tell: codes used twice, pictures that are missing, categories.

    `lines` says on which line each SKU stands; '' is the product's first.
    """
    first = lines[""]
    skus = [variant["sku"] for variant in record.get("variants", [])]
    for place, sku in enumerate(skus):
        known = staging.connection.execute("SELECT 1 FROM code WHERE sku = ?", (sku,)).fetchone()
        if known or sku in skus[:place]:
            raise _Unfit("sku", CellError("sku_twice", value=sku), lines.get(sku, first))
    for picture in record.get("pictures", []):
        if not is_possible(folder, picture["source"]):
            raise _Unfit("picture", CellError("picture_missing", value=picture["source"]), first)
    for slug in record.get("categories", []):
        if slug not in categories:
            raise _Unfit("category", CellError("category_unknown", value=slug), first)
    staging.connection.executemany("INSERT INTO code VALUES (?)", [(sku,) for sku in skus])


def at(line: int, error: ColumnError) -> ColumnError:
    """The error with the line it is about, unless it has one."""
    error.line = error.line or line
    return error


def _reject_group(staging: Staging, rows: Sequence[NumberedRow], error: ColumnError) -> None:
    """A product is taken whole or not at all; its other rows say which one is to blame."""
    guilty = error.line or rows[0][0]
    for line, _ in rows:
        if line == guilty:
            staging.reject(Problem(line, error.column, error.code, error.data))
        else:
            staging.reject(Problem(line, "", "with_rejected_row", {"line": guilty}, fatal=False))


def _note_rest(staging: Staging, record: Record) -> None:
    stock = [
        (variant["sku"], variant["stock"], variant.get("backorder", False))
        for variant in record.get("variants", [])
        if variant.get("stock") is not None
    ]
    staging.connection.executemany("INSERT INTO counted VALUES (?, ?, ?)", stock)
    staging.connection.execute("INSERT INTO shown VALUES (?)", (record["handle"],))


# --- what hangs on products -------------------------------------------------------------------------------


def _stage_rest(staging: Staging, others: list[Other]) -> None:
    for sku, quantity, backorder in staging.connection.execute("SELECT * FROM counted"):
        staging.add("stock", sku, {"quantity": quantity, "backorder": bool(backorder)}, weight=3)
    for target in ("release", "page", "menu"):
        for line, kind, key, row in others:
            if kind == target:
                staging.add(target, key, {"row": row, "line": line}, lines=1, weight=4)
    shown = [handle for (handle,) in staging.connection.execute("SELECT handle FROM shown")]
    for start in range(0, len(shown), PACK):
        staging.add("search", str(start), {"handles": shown[start : start + PACK]}, weight=PACK * 4)
    names = [key for _, kind, key, _ in others if kind == "category"]
    pages = [key for _, kind, key, _ in others if kind == "page"]
    if names or pages:
        staging.add("search", "texts", {"categories": names, "pages": pages}, weight=2 * len(names) + 1)


def _stage_needs(staging: Staging, others: list[Other], categories: set[str]) -> None:
    """What people need beside something else: both sides have to be in the file or in the shop."""
    rows = [(line, key, row) for line, kind, key, row in others if kind == "need"]
    named = {row[side].removeprefix("p/") for _, _, row in rows for side in ("target", "needs")}
    there = {f"c/{handle}" for handle in categories} | {f"p/{handle}" for handle in _products(staging, named)}
    seen: set[str] = set()
    for line, key, row in rows:
        missing = next((side for side in ("target", "needs") if row[side] not in there), None)
        if missing:
            staging.reject(Problem(line, missing, "address_unknown", {"value": row[missing]}))
        elif key in seen:
            staging.reject(Problem(line, "needs", "need_twice"))
        else:
            seen.add(key)
            staging.add("need", key, {"row": row}, lines=1, weight=4)


def _products(staging: Staging, handles: set[str]) -> set[str]:
    """Those of the handles that are products of the file or of the shop."""
    found = {handle for (handle,) in staging.connection.execute("SELECT handle FROM shown")} & handles
    wanted = sorted(handles - found)
    for start in range(0, len(wanted), 400):
        some = sa.select(t.product.c.slug).where(t.product.c.slug.in_(wanted[start : start + 400]))
        found |= set(db.session.execute(some).scalars())
    return found
