"""The columns and cells of WooCommerce's product files: lists, escapes, units, attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from storefront.catalog.rules.file_cells import Row, clean_html
from storefront.catalog.rules.texts import plain_text, shorten
from storefront.core.imports.cells import decimal_parts, rescale, within
from storefront.core.imports.columns import plain_name
from storefront.core.imports.problems import CellError

NAME = "woocommerce"
SUBTITLE = 255
BARCODE = "GTIN, UPC, EAN, or ISBN"
# WooCommerce's files have no handle; one that the name does not give travels as a meta field.
HANDLE = "Meta: regulars_handle"
HEADER = (
    "ID", "Type", "SKU", BARCODE, "Name", "Published", "Is featured?", "Visibility in catalog",
    "Short description", "Description", "Date sale price starts", "Date sale price ends", "Tax status",
    "Tax class", "In stock?", "Stock", "Low stock amount", "Backorders allowed?", "Sold individually?",
    "Weight (kg)", "Length (cm)", "Width (cm)", "Height (cm)", "Allow customer reviews?", "Purchase note",
    "Sale price", "Regular price", "Categories", "Tags", "Shipping class", "Images", "Download limit",
    "Download expiry days", "Parent", "Grouped products", "Upsells", "Cross-sells", "External URL",
    "Button text", "Position", "Brands",
)  # fmt: skip
TYPES = ("simple", "variable", "variation", "grouped", "external", "virtual", "downloadable")
ATTRIBUTE = re.compile(r"Attribute ([0-9]{1,3}) (name|value\(s\)|visible|global|default)", re.ASCII)
WEIGHT = re.compile(r"Weight \((kg|g|lbs|oz)\)")
SIZE = re.compile(r"(Length|Width|Height) \((cm|mm|m|in|yd)\)")
# Thousandths of a gram in one unit.
_MASSES = {"kg": 1_000_000, "g": 1_000, "lbs": 453_592, "oz": 28_350}
_LENGTHS = {"cm": "1", "mm": "0.1", "m": "100", "in": "2.54", "yd": "91.44"}
_BY_NAME = {plain_name(name): name for name in HEADER}


def known_as(column: str) -> str:
    """A column by its usual name, whatever its letter case; others keep theirs."""
    return _BY_NAME.get(plain_name(column), column)


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is that of WooCommerce's product export."""
    return {"type", "name", "regularprice"} <= {plain_name(column) for column in columns}


def kinds(row: Row) -> list[str]:
    """The types of a row. Raises ColumnError for one that is not known."""
    words = [word.strip().casefold() for word in row.raw("Type").split(",") if word.strip()]
    for word in words:
        if word not in TYPES:
            raise row.blame("Type", "type_unknown", value=word)
    return words or ["simple"]


def is_variation(row: Row) -> bool:
    """Whether a row is a variation of a product in another row."""
    return "variation" in row.raw("Type").casefold()


def parts(cell: str) -> list[str]:
    """The parts of a list cell; a comma inside a part is written with a backslash."""
    found = (part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", cell))
    return [part for part in found if part]


def joined(values: Sequence[str]) -> str:
    """Parts as a list cell."""
    return ", ".join(value.replace(",", "\\,") for value in values)


def with_lines(cell: str) -> str:
    r"""A description with its line breaks, which files write as `\n`."""
    return "\\n".join(part.replace("\\n", "\n") for part in cell.split("\\\\n"))


def without_lines(text: str) -> str:
    r"""A description as files write it."""
    return text.replace("\\n", "\\\\n").replace("\r\n", "\n").replace("\n", "\\n")


def short_words(cell: str) -> str:
    """A short description as one line of words."""
    return shorten(plain_text(with_lines(cell)), SUBTITLE)


def clean_description(cell: str) -> str:
    """A description as harmless HTML with its line breaks."""
    return clean_html(with_lines(cell))


def grams(row: Row) -> int | None:
    """Whole grams, from whatever unit the header names."""
    for column in row.cells:
        unit = WEIGHT.fullmatch(column)
        if unit and row.raw(column):

            def parse(cell: str, factor: int = _MASSES[unit[1]]) -> int:
                amount, scale = decimal_parts(cell)
                return within(rescale(amount * factor, scale + 3, 0)[0], cell, 0, 10**9)

            return row.take(column, parse)
    return None


def kilograms(weight: int | None) -> str:
    """Grams as kilograms without needless zeros."""
    return "" if weight is None else _plain(Decimal(weight) / 1000)


def centimetres(row: Row, column: str) -> tuple[str, str]:
    """A measure's column with centimetres, and its cell."""
    found = SIZE.fullmatch(column)
    name = f"{found[1]} (cm)" if found else column
    factor = Decimal(_LENGTHS[found[2]]) if found else Decimal(1)

    def parse(cell: str) -> str:
        amount, scale = decimal_parts(cell)
        return cell if factor == 1 else _plain(Decimal(amount).scaleb(-scale) * factor)

    return name, row.take(column, parse, "")


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as a row has it."""

    number: int
    name: str
    values: str
    more: Mapping[str, str]

    @property
    def label(self) -> str:
        """Its value where it has one only."""
        return ", ".join(parts(self.values))


def attributes(row: Row) -> list[Attribute]:
    """The attributes of a row in the order of their numbers."""
    cells: dict[int, dict[str, str]] = {}
    for column in row.cells:
        found = ATTRIBUTE.fullmatch(column)
        if found:
            cells.setdefault(int(found[1]), {})[found[2]] = row.raw(column)
    result = []
    for number, part in sorted(cells.items()):
        if part.get("name"):
            more = {key: part.get(key, "") for key in ("visible", "global", "default")}
            if len(part["name"]) > 80:
                raise row.blame(f"Attribute {number} name", "cell_too_long", limit=80)
            result.append(Attribute(number, part["name"], part.get("value(s)", ""), more))
    return result


def number_of(cell: str) -> int:
    """A whole number of pieces, which may be below zero."""
    amount, scale = decimal_parts(cell)
    pieces, exact = rescale(amount, scale, 0)
    if not exact:
        raise CellError("not_whole", value=cell)
    return within(pieces, cell, -1_000_000, 1_000_000)
