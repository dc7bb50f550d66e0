"""The cells of one row of another shop system's file by column name; refusals say which cell is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from slugify import slugify

from storefront.catalog.rules.own_format import LONG, ColumnError
from storefront.catalog.rules.texts import sanitize
from storefront.core.imports.cells import plain_text
from storefront.core.imports.problems import CellError

KEY_LIMIT = 120
# A mark among the kept cells: the file gave no SKU, and this one was made up.
MADE_UP = "~sku"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. A column that the file does not have is not in `cells`."""

    line: int
    cells: Mapping[str, str]

    def has(self, column: str) -> bool:
        return column in self.cells

    def raw(self, column: str) -> str:
        """A cell without spaces around it; empty when there is no such column."""
        return self.cells.get(column, "").strip()

    def blame(self, column: str, code: str, **data: object) -> ColumnError:
        """The error to raise about a cell of this row."""
        return ColumnError(column, CellError(code, **data), self.line)

    def take(self, column: str, parse: Callable[[str], Any], empty: Any = None) -> Any:
        """The parsed cell, `empty` for an empty one; raises ColumnError."""
        cell = self.raw(column)
        if not cell:
            return empty
        try:
            return parse(cell)
        except CellError as error:
            raise ColumnError(column, error, self.line) from None

    def need(self, column: str, parse: Callable[[str], Any]) -> Any:
        """A cell that must not be empty."""
        if not self.raw(column):
            raise self.blame(column, "empty")
        return self.take(column, parse)

    def text(self, column: str, limit: int, *, lines: bool = False) -> str:
        """A text without control characters, at most `limit` long."""
        return self.take(column, lambda cell: plain_text(cell, limit, lines=lines), "")

    def html(self, column: str) -> str:
        """HTML made harmless."""
        return clean_html(self.text(column, LONG, lines=True))

    def fields(self, parsers: Mapping[str, tuple[str, Callable[[str], Any]]]) -> dict[str, Any]:
        """Field -> value of those columns that the file has. `parsers` is field -> (column, parser)."""
        return {
            name: self.take(column, parse) for name, (column, parse) in parsers.items() if self.has(column)
        }


def clean_html(text: str) -> str:
    """HTML as the shop keeps it: harmless, without spaces around it."""
    return sanitize(text.strip()).strip()


def short_text(limit: int) -> Callable[[str], str]:
    """A parser for a text of one line."""
    return lambda cell: plain_text(cell, limit)


def code(cell: str) -> str:
    """A barcode or SKU. An apostrophe in front keeps spreadsheets from counting and is no part of it."""
    return plain_text(cell[1:] if cell[:1] == "'" and cell[1:2].isalnum() else cell, 120)


def kept(format_name: str, cells: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Cells that only this format knows. Empty ones take away what was kept before."""
    return {format_name: dict(cells)} if cells else {}


def label_keys(labels: Sequence[str]) -> dict[str, str]:
    """A key for each label, different for different labels. Letters of other scripts stay as they are:
    two Chinese words of one sound are two values."""
    keys: dict[str, str] = {}
    for label in dict.fromkeys(labels):
        plain = label.isascii()
        key = slugify(label, max_length=KEY_LIMIT - 20, allow_unicode=not plain) or "value"
        number, free = 2, key
        while free in keys.values():
            free, number = f"{key}-{number}", number + 1
        keys[label] = free
    return keys


def made_up_sku(handle: str, keys: Sequence[str]) -> str:
    """The SKU of a variant that came without one: the same each time the file comes again."""
    sku = ".".join([handle, *keys])
    return (
        sku
        if len(sku) <= 120
        else f"{sku[:105]}.{sha1(sku.encode(), usedforsecurity=False).hexdigest()[:12]}"
    )


def text_of(record: Mapping[str, Any], locale: str) -> Mapping[str, str]:
    """A record's texts in `locale`, or in the first language that has any."""
    return record["texts"].get(locale) or next(iter(record["texts"].values()), {})


def label_of(labels: Mapping[str, str], locale: str, key: str) -> str:
    """A name in `locale`, in another language, or its key."""
    return labels.get(locale) or next(iter(labels.values()), key)
