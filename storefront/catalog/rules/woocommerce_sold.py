"""What is sold in a WooCommerce row: price, stock, weight. Each is read and written here, side by side.

Where the shop's own way of writing a value is not what the file had (a sale that has not begun, pieces
counted for all variations together, no price at all), the file's cells are kept beside a note of what they
were taken to mean, and come back as long as the shop still means the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from storefront.catalog.rules.file_cells import Row
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.woocommerce_cells import grams, kilograms, number_of
from storefront.core.imports.cells import MinorUnits
from storefront.core.imports.moments import Moments
from storefront.core.imports.writing import plain_decimal

PRICES = ("Regular price", "Sale price")
PIECES = ("Stock", "In stock?", "Backorders allowed?")
WEIGHTS = ("Weight (kg)",)
Cells = dict[str, str]


def told(row: Row, columns: tuple[str, ...], meaning: str, usual: Mapping[str, str]) -> Cells:
    """Cells to keep: those of the file with their meaning, or empty ones where the usual ones say it all."""
    given = {column: row.raw(column) for column in columns}
    mark = f"~{columns[0]}"
    if all(given[column] == usual.get(column, "") for column in columns):
        return dict.fromkeys((*columns, mark), "")
    return {**given, mark: meaning}


def shown(kept: Mapping[str, str], columns: tuple[str, ...], meaning: str, usual: Mapping[str, str]) -> Cells:
    """The file's cells if they still mean the same, else the usual ones."""
    if kept.get(f"~{columns[0]}") == meaning:
        return {column: kept.get(column, "") for column in columns}
    return {column: usual.get(column, "") for column in columns}


# --- prices -----------------------------------------------------------------------------------------------


class Prices:
    """Prices in minor units with `digits` decimals; whether a sale is on is judged at `moment`."""

    def __init__(self, digits: int, moment: datetime) -> None:
        self.digits = digits
        self.moment = moment
        self.units = MinorUnits(digits, low=0)
        self.moments = Moments()

    def read(self, row: Row, fields: Record) -> tuple[bool, Cells]:
        """Sets price and compare-at price; False when the row has no price and cannot be sold."""
        regular = row.take("Regular price", self.units.__getitem__)
        sale = row.take("Sale price", self.units.__getitem__)
        if sale is not None and (regular is None or self._is_on(row)):
            fields["price_minor"], fields["compare_at_minor"] = sale, regular
        else:
            fields["price_minor"], fields["compare_at_minor"] = regular or 0, None
        cells = told(row, PRICES, price_meaning(fields), price_cells(fields, self.digits))
        return regular is not None or sale is not None, cells

    def _is_on(self, row: Row) -> bool:
        starts = row.take("Date sale price starts", self.moments.__getitem__)
        ends = row.take("Date sale price ends", self.moments.__getitem__)
        if ends is not None and len(row.raw("Date sale price ends")) <= 10:
            ends += timedelta(days=1)
        return (starts is None or starts <= self.moment) and (ends is None or self.moment < ends)


def price_meaning(fields: Mapping[str, Any]) -> str:
    return f"{fields['price_minor']}/{fields['compare_at_minor']}"


def price_cells(fields: Mapping[str, Any], digits: int) -> Cells:
    price, compare_at = fields["price_minor"], fields["compare_at_minor"]
    if compare_at is None:
        return {"Regular price": plain_decimal(price, digits), "Sale price": ""}
    return {"Regular price": plain_decimal(compare_at, digits), "Sale price": plain_decimal(price, digits)}


# --- pieces -----------------------------------------------------------------------------------------------


def read_pieces(row: Row, parent: Row | None, variant: Record, *, sellable: bool) -> tuple[str, Cells]:
    """Sets stock and backorder; returns a remark's code or '', and the cells to keep.

    Pieces counted for all variations together count for each. What cannot be sold has none.
    """
    if not (row.has("Stock") or row.has("In stock?")):
        return "", {}
    word, pieces, remark = row.raw("In stock?").casefold(), None, ""
    goes_on = row.raw("Backorders allowed?").casefold() in ("1", "notify", "yes") or word == "backorder"
    if row.raw("Stock").casefold() == "parent":
        pieces = parent.take("Stock", number_of, 0) if parent is not None else 0
        remark = "stock_shared"
    elif row.raw("Stock"):
        pieces = row.take("Stock", number_of)
    elif word in ("0", "backorder", "no"):
        pieces = 0
    if not sellable:
        pieces, goes_on = 0, False
    if pieces is not None:
        remark = "stock_below_zero" if pieces < 0 else remark
        variant["stock"], variant["backorder"] = max(0, pieces), goes_on
    stock, backorder = variant.get("stock"), variant.get("backorder", False)
    return remark, told(row, PIECES, pieces_meaning(stock, backorder), piece_cells(stock, backorder))


def pieces_meaning(stock: int | None, backorder: bool) -> str:
    return f"{stock}/{int(backorder)}"


def piece_cells(stock: int | None, backorder: bool) -> Cells:
    if stock is None:
        return {"Stock": "", "In stock?": "1", "Backorders allowed?": "0"}
    word = "1" if stock else ("backorder" if backorder else "0")
    return {"Stock": str(stock), "In stock?": word, "Backorders allowed?": "1" if backorder else "0"}


# --- weight -----------------------------------------------------------------------------------------------


def read_weight(row: Row, parent: Row | None, fields: Record) -> Cells:
    """Sets the weight; a variation without one weighs what its product does."""
    own = grams(row)
    weight = own if own is not None or parent is None else grams(parent)
    fields["weight_grams"] = weight
    if own is not None and not row.has("Weight (kg)"):
        return dict.fromkeys((*WEIGHTS, f"~{WEIGHTS[0]}"), "")
    return told(row, WEIGHTS, str(weight), weight_cells(weight))


def weight_cells(weight: int | None) -> Cells:
    return {"Weight (kg)": kilograms(weight)}
