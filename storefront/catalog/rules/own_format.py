"""The shop's own catalogue format: one CSV in which the column `kind` says what a row is.

See docs/import-formats.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storefront.catalog.rules.records import STATUSES, TEXT_FIELDS, Record
from storefront.catalog.rules.slugs import is_slug
from storefront.catalog.rules.texts import sanitize
from storefront.core.imports.cells import (
    MinorUnits,
    WholeNumbers,
    as_kept,
    kept_cells,
    one_of,
    plain_text,
    yes_no,
)
from storefront.core.imports.moments import Moments
from storefront.core.imports.problems import CellError
from storefront.core.imports.writing import plain_decimal

KINDS = ("category", "product", "variant", "picture", "release", "page", "menu", "need")
HUES = ("baby", "books", "sport", "tech", "parts", "home", "garden", "gift", "care", "soft")
NAME = "regulars"
PLAIN_COLUMNS = (
    "kind", "handle", "parent", "position", "hue", "sensitive", "status", "category", "categories", "brand",
    "product_type",
    "tax_class", "age_limit", "visible_from", "visible_until", "tags", "option1", "option2", "option3", "sku",
    "barcode", "option1_value", "option2_value", "option3_value", "option1_swatch", "option2_swatch",
    "option3_swatch", "price", "compare_at", "weight_grams",
    "stock",
    "backorder", "picture", "version", "published_at", "target", "needs", "extra",
)  # fmt: skip
LOCAL_COLUMNS = (
    "title", "subtitle", "description", "seo_title", "seo_description", "option1", "option2", "option3",
    "option1_value", "option2_value", "option3_value", "alt",
)  # fmt: skip
LONG = 200_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")
NEED_STATUSES = ("active", "draft")  # a draft does not count for now
_ADDRESS = re.compile(r"(?P<kind>[cp])/(?P<slug>.+)")
_LOCAL = re.compile(r"(?P<name>[a-z0-9_]+)@(?P<locale>[a-z]{2}(?:[-_][A-Za-z]{2,4})?)", re.ASCII)
_FACT = re.compile(r"(?P<name>attribute|attribute_name):(?P<key>[^@]{1,80})(?:@(?P<locale>[a-z]{2}))?")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns of a file are: plain ones by name, texts by (name, locale), facts by (part, key,
    locale).
    """

    plain: Mapping[str, int]
    local: Mapping[tuple[str, str], int]
    facts: Mapping[tuple[str, str, str], int]
    unknown: Mapping[str, int]

    @property
    def keys(self) -> list[str]:
        """Keys of all attributes, in the order of their columns."""
        return list(dict.fromkeys(key for _, key, _ in self.facts))


def read_header(columns: Sequence[str], ignored: Sequence[str] = ()) -> Header:
    """Sorts the columns of a file in this format."""
    plain: dict[str, int] = {}
    local: dict[tuple[str, str], int] = {}
    facts: dict[tuple[str, str, str], int] = {}
    unknown: dict[str, int] = {}
    for place, column in enumerate(columns):
        found, fact = _LOCAL.fullmatch(column), _FACT.fullmatch(column)
        if column in PLAIN_COLUMNS:
            plain[column] = place
        elif found and found["name"] in LOCAL_COLUMNS:
            local[found["name"], found["locale"]] = place
        elif fact:
            facts[fact["name"], fact["key"], fact["locale"] or ""] = place
        elif column and column not in ignored:
            unknown[column] = place
    return Header(plain, local, facts, unknown)


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is of this format."""
    return "kind" in columns and ("handle" in columns or "needs" in columns)


class ColumnError(CellError):
    """A cell error that knows its column, and its line when it speaks of one row of several (else 0)."""

    def __init__(self, column: str, error: CellError, line: int = 0) -> None:
        super().__init__(error.code, **error.data)
        self.column = column
        self.line = line


@dataclass(slots=True)
class Cells:
    """The cells of one row by column, with parsers that name the column when they refuse."""

    header: Header
    row: Sequence[str]
    reader: Reader

    def raw(self, column: str) -> str | None:
        """A cell without spaces around it; None when the file has no such column."""
        place = self.header.plain.get(column)
        return None if place is None else self.row[place].strip()

    def take(self, column: str, parse: Any, empty: Any = None) -> Any:
        """The parsed cell, `empty` for an empty one; raises ColumnError."""
        cell = self.raw(column)
        if not cell:
            return empty
        try:
            return parse(cell)
        except CellError as error:
            raise ColumnError(column, error) from None

    def need(self, column: str, parse: Any) -> Any:
        """A cell that must not be empty."""
        if not self.raw(column):
            raise ColumnError(column, CellError("empty"))
        return self.take(column, parse)

    def texts(self, names: Sequence[str]) -> dict[str, Record]:
        """Texts per locale for the columns that the file has."""
        found: dict[str, Record] = {}
        for (name, locale), place in self.header.local.items():
            if name in names:
                found.setdefault(locale, {})[name] = self._text(f"{name}@{locale}", place, name)
        return found

    def labels(self, name: str) -> dict[str, str]:
        """One text per locale, without empty ones."""
        found = self.texts([name])
        return {locale: texts[name] for locale, texts in sorted(found.items()) if texts[name]}

    def _text(self, column: str, place: int, name: str) -> str:
        limit = LONG if name == "description" else {"seo_description": 500, "alt": 500}.get(name, 255)
        try:
            text = plain_text(self.row[place], limit, lines=name == "description")
        except CellError as error:
            raise ColumnError(column, error) from None
        # Pages show descriptions as they are stored.
        return sanitize(text).strip() if name == "description" and text else text


@dataclass(slots=True)
class Reader:
    """Turns rows into parts of records. `digits` are the decimals of the shop's currency."""

    header: Header
    digits: int
    prices: MinorUnits = field(init=False)
    moments: Moments = field(default_factory=Moments)
    pieces: WholeNumbers = field(default_factory=lambda: WholeNumbers(low=0, high=1_000_000))
    whole: WholeNumbers = field(default_factory=lambda: WholeNumbers(low=0, high=10**9))

    def __post_init__(self) -> None:
        self.prices = MinorUnits(self.digits, low=0)

    def cells(self, row: Sequence[str]) -> Cells:
        return Cells(self.header, row, self)

    def kind(self, row: Sequence[str]) -> str:
        """What a row is; raises ColumnError."""
        return self.cells(row).need("kind", lambda cell: one_of(cell, KINDS))

    def handle(self, row: Sequence[str], column: str = "handle") -> str:
        return self.cells(row).need(column, handle)

    def kept(self, row: Sequence[str]) -> Record:
        """Cells that are only kept: unknown columns, and what other formats brought along."""
        extra: Record = dict(self.cells(row).take("extra", kept_cells, {}))
        kept = {name: row[place] for name, place in self.header.unknown.items() if row[place]}
        return {**extra, NAME: kept} if kept else extra

    def product(self, row: Sequence[str]) -> Record:
        """A product without its variants and pictures."""
        cells = self.cells(row)
        record: Record = {"handle": cells.need("handle", handle), "fields": self._fields(cells)}
        record["texts"] = cells.texts(TEXT_FIELDS)
        if cells.raw("categories") is not None or cells.raw("category") is not None:
            main = record["fields"].get("category", "")
            more = cells.take("categories", lambda cell: [handle(part) for part in split(cell)], [])
            record["categories"] = list(dict.fromkeys([main, *more] if main else more))
        options = self._options(cells)
        if options:
            record["options"] = options
        record["attributes"] = self._attributes(cells)
        return record

    def _fields(self, cells: Cells) -> Record:
        parsers: dict[str, tuple[Any, Any]] = {
            "status": (lambda cell: one_of(cell, STATUSES), "active"),
            "category": (handle, ""),
            "brand": (lambda cell: plain_text(cell, 120), None),
            "product_type": (lambda cell: plain_text(cell, 120), None),
            "tax_class": (lambda cell: plain_text(cell, 40), None),
            "age_limit": (WholeNumbers(low=0, high=150).parse, None),
            "visible_from": (lambda cell: self.moments[cell].isoformat(), None),
            "visible_until": (lambda cell: self.moments[cell].isoformat(), None),
            "tags": (lambda cell: "|".join(split(plain_text(cell, 2_000))), ""),
        }
        return {
            name: cells.take(name, parse, empty)
            for name, (parse, empty) in parsers.items()
            if cells.raw(name) is not None
        }

    def _options(self, cells: Cells) -> list[Record]:
        options: list[Record] = []
        for number in (1, 2, 3):
            key = cells.take(f"option{number}", lambda cell: plain_text(cell, 80))
            if key:
                options.append({"key": key, "names": cells.labels(f"option{number}")})
        return options

    def _attributes(self, cells: Cells) -> list[Record]:
        facts: list[Record] = []
        for key in self.header.keys:
            fact: Record = {"key": key, "value": "", "names": {}, "texts": {}}
            for (part, name, locale), place in self.header.facts.items():
                if name != key or not cells.row[place].strip():
                    continue
                text = cells._text(f"{part}:{key}", place, "fact")
                if part == "attribute_name":
                    fact["names"][locale or "en"] = text[:120]
                elif locale:
                    fact["texts"][locale] = text
                else:
                    fact["value"] = text
            if fact["value"] or fact["texts"]:
                facts.append(fact)
        return facts

    def variant(self, row: Sequence[str]) -> Record:
        """A variant; its product is named by `handle`."""
        cells = self.cells(row)
        variant: Record = {"sku": cells.need("sku", lambda cell: plain_text(cell, 120)), "fields": {}}
        variant["fields"]["price_minor"] = cells.need("price", self.prices.__getitem__)
        optional = {
            "barcode": ("barcode", lambda cell: plain_text(cell, 40)),
            "compare_at": ("compare_at_minor", self.prices.__getitem__),
            "weight_grams": ("weight_grams", self.whole.__getitem__),
        }
        for column, (name, parse) in optional.items():
            if cells.raw(column) is not None:
                variant["fields"][name] = cells.take(column, parse)
        if cells.raw("stock") is not None:
            variant["stock"] = cells.take("stock", self.pieces.__getitem__)
        if cells.raw("backorder") is not None:
            variant["backorder"] = cells.take("backorder", yes_no, False)
        values = []
        for number in (1, 2, 3):
            key = cells.take(f"option{number}_value", lambda cell: plain_text(cell, 120))
            if key:
                value = {"key": key, "labels": cells.labels(f"option{number}_value")}
                swatch = cells.take(f"option{number}_swatch", _colour)
                values.append(value | {"swatch": swatch} if swatch else value)
        variant["values"] = values
        return variant

    def picture(self, row: Sequence[str]) -> Record:
        """A picture of a product, perhaps of one variant."""
        cells = self.cells(row)
        source = cells.need("picture", lambda cell: plain_text(cell, 1000))
        sku = cells.take("sku", lambda cell: plain_text(cell, 120), "")
        return {"source": source, "sku": sku, "alts": cells.labels("alt")}

    def position(self, row: Sequence[str]) -> int | None:
        return self.cells(row).take("position", self.whole.__getitem__)

    def category(self, row: Sequence[str]) -> Record:
        """A category; its parent is named by handle."""
        cells = self.cells(row)
        return {
            "handle": cells.need("handle", handle),
            "parent": cells.take("parent", handle, ""),
            "position": self.position(row) or 0,
            "hue": cells.take("hue", lambda cell: one_of(cell, HUES)),
            "sensitive": cells.take("sensitive", yes_no, None if cells.raw("sensitive") is None else False),
            "picture": cells.take("picture", lambda cell: plain_text(cell, 1000), ""),
            "texts": cells.texts(["title", "description"]),
        }

    def release(self, row: Sequence[str]) -> Record:
        """A published version of a product."""
        cells = self.cells(row)
        return {
            "handle": cells.need("handle", handle),
            "version": cells.need("version", lambda cell: plain_text(cell, 40)),
            "published_at": cells.need("published_at", lambda cell: self.moments[cell].isoformat()),
            "texts": cells.texts(["title", "description"]),
        }

    def page(self, row: Sequence[str]) -> Record:
        """A content page."""
        cells = self.cells(row)
        texts = cells.texts(["title", "description"])
        return {"handle": cells.need("handle", handle), "position": self.position(row) or 0, "texts": texts}

    def menu(self, row: Sequence[str]) -> Record:
        """An entry of a menu."""
        cells = self.cells(row)
        return {
            "menu": cells.need("handle", lambda cell: plain_text(cell, 40)),
            "position": self.position(row) or 0,
            "target": cells.take("target", lambda cell: plain_text(cell, 500), ""),
            "texts": cells.texts(["title"]),
        }

    def need(self, row: Sequence[str]) -> Record:
        """That buyers of `target` need what `needs` names: each a product or a category by its address."""
        cells = self.cells(row)
        target, needs = cells.need("target", address), cells.need("needs", address)
        if target == needs:
            raise ColumnError("needs", CellError("needs_itself"))
        status = cells.take("status", lambda cell: one_of(cell, NEED_STATUSES), "active")
        return {"target": target, "needs": needs, "active": status == "active"}


def address(cell: str) -> str:
    """A product or a category as `p/handle` or `c/handle`."""
    found = _ADDRESS.fullmatch(plain_text(cell, 162))
    if not found or not is_slug(found["slug"]):
        raise CellError("not_an_address", value=cell)
    return cell


def handle(cell: str) -> str:
    """A handle as it can stand in an address."""
    word = plain_text(cell, 160)
    if not is_slug(word):
        raise CellError("not_a_handle", value=cell)
    return word


def split(cell: str) -> list[str]:
    """The parts of a list cell."""
    return [part.strip() for part in cell.split("|") if part.strip()]


# --- writing ------------------------------------------------------------------------------------------------


def columns_for(locales: Sequence[str], keys: Sequence[str]) -> list[str]:
    """The header for a shop with these languages and attributes."""
    columns = list(PLAIN_COLUMNS)
    columns += [f"{name}@{locale}" for name in LOCAL_COLUMNS for locale in locales]
    for key in keys:
        columns.append(f"attribute:{key}")
        columns += [f"attribute:{key}@{locale}" for locale in locales]
    columns += [f"attribute_name:{key}@{locale}" for key in keys for locale in locales]
    return columns


def product_rows(record: Record, digits: int) -> Iterator[dict[str, str]]:
    """A product, its variants and its pictures as cells by column."""
    yield _product_row(record)
    for place, variant in enumerate(record["variants"], start=1):
        yield _variant_row(record, variant, place, digits)
    for place, picture in enumerate(record["pictures"], start=1):
        row = {
            "kind": "picture",
            "handle": record["handle"],
            "picture": picture["source"],
            "sku": picture["sku"],
        }
        row["position"] = str(place)
        yield row | _named_cells("alt", picture["alts"])


def _product_row(record: Record) -> dict[str, str]:
    fields = record["fields"]
    row = {"kind": "product", "handle": record["handle"]}
    for name in (
        "status",
        "category",
        "brand",
        "product_type",
        "tax_class",
        "visible_from",
        "visible_until",
        "tags",
    ):
        row[name] = fields[name] or ""
    row["age_limit"] = "" if fields["age_limit"] is None else str(fields["age_limit"])
    row["extra"] = as_kept(record["extra"], NAME)
    row["categories"] = "|".join(slug for slug in record["categories"] if slug != fields["category"])
    row |= local_cells(record["texts"])
    for number, option in enumerate(record["options"], start=1):
        row |= {f"option{number}": option["key"], **_named_cells(f"option{number}", option["names"])}
    for fact in record["attributes"]:
        column = f"attribute:{fact['key']}"
        row |= {column: fact["value"], **_named_cells(column, fact["texts"])}
        row |= _named_cells(f"attribute_name:{fact['key']}", fact["names"])
    return row


def _named_cells(column: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{column}@{locale}": text for locale, text in texts.items()}


def _variant_row(record: Record, variant: Record, place: int, digits: int) -> dict[str, str]:
    fields = variant["fields"]
    row = {"kind": "variant", "handle": record["handle"], "sku": variant["sku"], "position": str(place)}
    row["extra"] = as_kept(variant["extra"], NAME)
    row["barcode"] = fields["barcode"] or ""
    row["price"] = plain_decimal(fields["price_minor"], digits)
    for name, column in (("compare_at_minor", "compare_at"),):
        row[column] = "" if fields[name] is None else plain_decimal(fields[name], digits)
    row["weight_grams"] = "" if fields["weight_grams"] is None else str(fields["weight_grams"])
    row["stock"] = "" if variant["stock"] is None else str(variant["stock"])
    row["backorder"] = "yes" if variant["backorder"] else "no"
    for number, value in enumerate(variant["values"], start=1):
        row[f"option{number}_value"] = value["key"]
        row[f"option{number}_swatch"] = value.get("swatch", "")
        row |= {f"option{number}_value@{locale}": label for locale, label in value["labels"].items()}
    return row


def _colour(cell: str) -> str:
    """A colour as #rrggbb. Raises CellError for anything else."""
    colour = cell.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise CellError("not_a_colour", value=cell)
    return colour


def local_cells(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Texts per locale as cells by column."""
    return {f"{name}@{locale}": text for locale, parts in texts.items() for name, text in parts.items()}
