"""WooCommerce's product files, read into records and written from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from storefront.catalog.rules.own_format import LONG, ColumnError
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import make_slug
from storefront.catalog.rules.values_keys import value_keys
from storefront.core.imports.cells import MinorUnits, WholeNumbers, decimal_parts, plain_text, rescale
from storefront.core.imports.problems import CellError
from storefront.core.imports.writing import plain_decimal

NAME = "woocommerce"
MADE_UP = "~sku"
# WooCommerce's files have no handle; one that the name does not give travels as a meta field.
HANDLE = "Meta: regulars_handle"
BARCODE = "GTIN, UPC, EAN, or ISBN"
HEADER = (
    "ID", "Type", "SKU", BARCODE, "Name", "Published", "Is featured?", "Visibility in catalog", "Short description",
    "Description", "Date sale price starts", "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock",
    "Low stock amount", "Backorders allowed?", "Sold individually?", "Weight (kg)", "Length (cm)", "Width (cm)",
    "Height (cm)", "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories", "Tags",
    "Shipping class", "Images", "Download limit", "Download expiry days", "Parent", "Grouped products", "Upsells",
    "Cross-sells", "External URL", "Button text", "Position",
)  # fmt: skip
TAKEN = frozenset(
    {
        "SKU", BARCODE, "Name", "Description", "Stock", "Weight (kg)", "Sale price", "Regular price", "Tags", "Images",
        "Parent", HANDLE,
    }
)  # fmt: skip
TYPES = ("simple", "variable", "variation", "grouped", "external", "virtual", "downloadable")
# Thousandths of a gram in one unit.
_UNITS = {"kg": 1_000_000, "g": 1_000, "lbs": 453_592, "lb": 453_592, "oz": 28_350}
_WEIGHT = re.compile(r"Weight \((kg|g|lbs?|oz)\)")
_FACT_NAME = re.compile(r"Attribute ([0-9]{1,3}) name", re.ASCII)
Cells = Mapping[str, str]


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is that of WooCommerce's product export."""
    return {"Type", "Name", "Regular price"} <= set(columns)


def kinds(cells: Cells) -> list[str]:
    """The types of a row. Raises ColumnError for one that is not known."""
    words = [word.strip().casefold() for word in cells.get("Type", "").split(",") if word.strip()] or ["simple"]
    for word in words:
        if word not in TYPES:
            raise ColumnError("Type", CellError("type_unknown", value=word))
    return words


def parts(cell: str) -> list[str]:
    """The parts of a list cell; a comma inside a part is written with a backslash."""
    found = re.split(r"(?<!\\),", cell)
    return [part.replace("\\,", ",").strip() for part in found if part.strip()]


def joined(values: Sequence[str]) -> str:
    """Parts as a list cell."""
    return ", ".join(value.replace(",", "\\,") for value in values)


class Reader:
    """The rows of one product into a record; texts are in `locale`, amounts have `digits` decimals."""

    def __init__(self, digits: int, locale: str) -> None:
        self.locale = locale
        self.prices = MinorUnits(digits, low=0)
        self.stock = WholeNumbers(low=-1_000_000, high=1_000_000)

    def product(self, handle: str, rows: Sequence[tuple[int, Cells]]) -> tuple[Record, list[str]]:
        """The record and the category paths it brings along. Raises ColumnError with the line."""
        (line, head), children = rows[0], rows[1:]
        paths = parts(head.get("Categories", ""))
        record = _at(line, self._head, handle, head, paths)
        facts = attributes(head)
        if "variable" in kinds(head):
            self._variable(record, handle, facts, children)
        else:
            record["variants"] = [_at(line, self._variant, handle, head, [], [])]
            # One row holds product and variant, so what is only kept stays with the product.
            record["variants"][0]["extra"] = _only_made_up(record["variants"][0]["extra"])
        used = {option["key"] for option in record["options"]}
        record["attributes"] = self._facts([fact for fact in facts if value_keys([fact[0]])[0] not in used])
        record["pictures"] = self._pictures(rows, record["variants"])
        return record, paths

    def _head(self, handle: str, cells: Cells, paths: Sequence[str]) -> Record:
        handles = list(dict.fromkeys(category_handle(category_steps(path)) for path in paths))
        kept = {name: cell for name, cell in cells.items() if cell and name not in TAKEN and not _WEIGHT.fullmatch(name)}
        if "variable" in kinds(cells) and cells.get("SKU"):
            kept["SKU"] = cells["SKU"]
        texts = {
            "title": _text(cells, "Name", 255),
            "subtitle": _plain(cells.get("Short description", "")),
            "description": _text(cells, "Description", LONG).replace("\\n", "\n"),
        }
        status = {"1": "active", "0": "draft", "-1": "draft", "": "active"}.get(cells.get("Published", "").strip())
        if status is None:
            raise ColumnError("Published", CellError("not_one_of", value=cells["Published"], choices="1, 0, -1"))
        if "grouped" in kinds(cells):
            status = "draft"  # it only shows other products and has no price of its own
        fields = {
            "status": status,
            "tax_class": _text(cells, "Tax class", 40) or None,
            "tags": "|".join(parts(_text(cells, "Tags", 2_000))),
            "category": handles[0] if handles else "",
        }
        return {
            "handle": handle,
            "fields": fields,
            "texts": {self.locale: texts},
            "categories": handles,
            "options": [],
            "extra": {NAME: kept} if kept else {},
        }

    def _variable(self, record: Record, handle: str, facts: list[Fact], children: Sequence[tuple[int, Cells]]) -> None:
        """Attributes that variations set are options; each variation sets one value of every one."""
        told = [{name: values for name, values in attributes(cells)} for _, cells in children]
        names = [name for name, _ in facts if any(name in part for part in told)]
        names += [name for part in told for name in part if name not in names]
        names = list(dict.fromkeys(names))[:3]
        keys = value_keys(names)
        record["options"] = [{"key": key, "names": {self.locale: name}} for key, name in zip(keys, names, strict=True)]
        labels: list[list[str]] = []
        for (line, _), part in zip(children, told, strict=True):
            labels.append([", ".join(part.get(name, [])) for name in names])
            if not all(labels[-1]):
                raise ColumnError("Attribute 1 value(s)", CellError("options_differ"), line)
        columns = [value_keys([row[place] for row in labels]) for place in range(len(names))]
        record["variants"] = []
        for place, (line, cells) in enumerate(children):
            chosen = [column[place] for column in columns]
            record["variants"].append(_at(line, self._variant, handle, cells, chosen, labels[place]))

    def _variant(self, handle: str, cells: Cells, chosen: Sequence[str], labels: Sequence[str]) -> Record:
        kept = {name: cell for name, cell in cells.items() if cell and name not in TAKEN and not _WEIGHT.fullmatch(name)}
        sku = _text(cells, "SKU", 120)
        if not sku:
            sku = kept[MADE_UP] = "-".join([handle, *chosen])[:120]
        grouped = "grouped" in kinds(cells)
        regular = _parsed(cells, "Regular price", self.prices.__getitem__, needed=not grouped)
        sale = _parsed(cells, "Sale price", self.prices.__getitem__)
        pieces = None
        if cells.get("Stock", "").strip() not in ("", "parent"):
            pieces = max(0, _parsed(cells, "Stock", self.stock.__getitem__))
        values = [
            {"key": key, "labels": {self.locale: label[:120]}} for key, label in zip(chosen, labels, strict=True)
        ]
        return {
            "sku": sku,
            "values": values,
            "fields": {
                "price_minor": (regular or 0) if sale is None else sale,
                "compare_at_minor": None if sale is None else regular,
                "barcode": _text(cells, BARCODE, 40) or None,
                "weight_grams": _weight(cells),
            },
            "stock": pieces,
            "backorder": cells.get("Backorders allowed?", "").strip() in ("1", "notify"),
            "extra": {NAME: kept} if kept else {},
        }

    def _facts(self, facts: list[Fact]) -> list[Record]:
        keys = value_keys([name for name, _ in facts])
        return [
            {
                "key": key,
                "value": joined(values)[:255],
                "names": {self.locale: name[:120]},
                "texts": {},
            }
            for key, (name, values) in zip(keys, facts, strict=True)
            if values
        ]

    def _pictures(self, rows: Sequence[tuple[int, Cells]], variants: Sequence[Record]) -> list[Record]:
        found: dict[str, Record] = {}
        for place, (line, cells) in enumerate(rows):
            for source in parts(_at(line, _text, cells, "Images", 20_000)):
                owner = variants[place - 1]["sku"] if place and len(variants) >= place else ""
                found.setdefault(source, {"source": source[:1000], "sku": owner, "alts": {}})
        return list(found.values())


Fact = tuple[str, list[str]]


def attributes(cells: Cells) -> list[Fact]:
    """(name, values) of the attribute columns, by their number."""
    numbers = sorted(
        int(found[1]) for column in cells if (found := _FACT_NAME.fullmatch(column))
    )
    facts = [
        (cells[f"Attribute {number} name"].strip(), parts(cells.get(f"Attribute {number} value(s)", "")))
        for number in numbers
    ]
    return [(name, values) for name, values in facts if name]


def _only_made_up(extra: Record) -> Record:
    kept = {name: cell for name, cell in extra.get(NAME, {}).items() if name == MADE_UP}
    return {NAME: kept} if kept else {}


def _at(line: int, step: Any, *arguments: Any) -> Any:
    try:
        return step(*arguments)
    except ColumnError as error:
        error.line = error.line or line
        raise


def _text(cells: Cells, column: str, limit: int) -> str:
    try:
        return plain_text(cells.get(column, ""), limit, lines=True)
    except CellError as error:
        raise ColumnError(column, error) from None


def _parsed(cells: Cells, column: str, parse: Any, *, needed: bool = False) -> Any:
    cell = cells.get(column, "").strip()
    if not cell and not needed:
        return None
    try:
        return parse(cell)
    except CellError as error:
        raise ColumnError(column, error) from None


def _plain(html: str) -> str:
    """A short description without its tags, as one line."""
    text = re.sub(r"<[^<>]{0,500}>", " ", html[:5_000].replace("\\n", " "))
    return " ".join(text.split())[:255]


def _weight(cells: Cells) -> int | None:
    """Whole grams, from whatever unit the header names."""
    for column, cell in cells.items():
        unit = _WEIGHT.fullmatch(column)
        if unit and cell.strip():
            try:
                amount, scale = decimal_parts(cell)
            except CellError as error:
                raise ColumnError(column, error) from None
            return rescale(amount * _UNITS[unit[1]], scale + 3, 0)[0]
    return None


# --- writing ------------------------------------------------------------------------------------------------


def product_rows(record: Record, digits: int, locale: str, paths: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A product as rows of cells; one with options as a variable product and its variations."""
    head = _head_cells(record, locale, paths)
    if not record["options"]:
        for variant in record["variants"][:1]:
            head = {**_variant_cells(variant, digits), **head, **_sold_cells(variant, digits)}
        yield head
        return
    head |= {"Type": record["extra"].get(NAME, {}).get("Type", "variable")}
    head["SKU"] = record["extra"].get(NAME, {}).get("SKU") or f"{record['handle']}-all"
    yield head
    for variant in record["variants"]:
        row = {**_variant_cells(variant, digits), **_sold_cells(variant, digits)}
        kept = variant["extra"].get(NAME, {})
        row |= {"Type": kept.get("Type", "variation"), "Parent": head["SKU"]}
        labels = [value["labels"].get(locale, value["key"]) for value in variant["values"]]
        row["Name"] = f"{head['Name']} - {', '.join(labels)}"
        row["Images"] = joined([p["source"] for p in record["pictures"] if p["sku"] == variant["sku"]])
        names = [option["names"].get(locale, option["key"]) for option in record["options"]]
        row |= _numbered([(name, [label]) for name, label in zip(names, labels, strict=False)], kept)
        yield row


def _head_cells(record: Record, locale: str, paths: Mapping[str, str]) -> dict[str, str]:
    texts = record["texts"].get(locale) or next(iter(record["texts"].values()), {})
    kept, fields = record["extra"].get(NAME, {}), record["fields"]
    told = parts(kept.get("Categories", ""))
    same = [category_handle(category_steps(path)) for path in told] == record["categories"]
    short = kept.get("Short description", "")
    published = {"0": "draft", "-1": "draft", "1": "active"}.get(kept.get("Published", ""))
    cells = {
        "Type": "simple",
        **_without_facts(kept),
        "Name": texts.get("title", ""),
        HANDLE: "" if make_slug(texts.get("title", ""), "product") == record["handle"] else record["handle"],
        "Short description": short if _plain(short) == texts.get("subtitle", "") else texts.get("subtitle", ""),
        "Description": texts.get("description", "").replace("\n", "\\n"),
        "Published": kept["Published"] if published == fields["status"] else ("1" if fields["status"] == "active" else "0"),
        "Tax class": fields["tax_class"] or "",
        "Tags": joined([tag for tag in fields["tags"].split("|") if tag]),
        "Categories": kept.get("Categories", "") if same else joined([paths.get(slug, slug) for slug in record["categories"]]),
        "Images": joined([picture["source"] for picture in record["pictures"] if not _is_of_variation(record, picture)]),
    }
    return cells | _attribute_cells(record, locale)


def _is_of_variation(record: Record, picture: Record) -> bool:
    return bool(record["options"]) and bool(picture["sku"])


def _attribute_cells(record: Record, locale: str) -> dict[str, str]:
    facts: list[Fact] = []
    for place, option in enumerate(record["options"]):
        values = [variant["values"][place] for variant in record["variants"] if place < len(variant["values"])]
        labels = dict.fromkeys(value["labels"].get(locale, value["key"]) for value in values)
        facts.append((option["names"].get(locale, option["key"]), list(labels)))
    for fact in record["attributes"]:
        value = fact["texts"].get(locale) or fact["value"]
        facts.append((fact["names"].get(locale, fact["key"]), parts(value)))
    return _numbered(facts, record["extra"].get(NAME, {}))


def _numbered(facts: Sequence[Fact], kept: Cells) -> dict[str, str]:
    """Attribute columns, each with the number that it had in the file it came from."""
    told = {cell: int(found[1]) for name, cell in kept.items() if (found := _FACT_NAME.fullmatch(name))}
    free = (number for number in range(1, 1000) if number not in told.values())
    cells: dict[str, str] = {}
    for name, values in facts:
        number = told[name] if name in told else next(free)
        cells[f"Attribute {number} name"] = name
        cells[f"Attribute {number} value(s)"] = joined(values)
    return cells


def _without_facts(kept: Cells) -> dict[str, str]:
    """Kept cells without names and values of attributes: those the shop knows better."""
    return {name: cell for name, cell in kept.items() if not re.fullmatch(r"Attribute [0-9]+ (?:name|value\(s\))", name)}


def _variant_cells(variant: Record, digits: int) -> dict[str, str]:
    """What a variation only keeps."""
    kept = _without_facts(variant["extra"].get(NAME, {}))
    return {name: cell for name, cell in kept.items() if name != MADE_UP}


def _sold_cells(variant: Record, digits: int) -> dict[str, str]:
    fields = variant["fields"]
    price, compare_at = fields["price_minor"], fields["compare_at_minor"]
    made_up = variant["extra"].get(NAME, {}).get(MADE_UP)
    grams = fields["weight_grams"]
    return {
        "SKU": "" if variant["sku"] == made_up else variant["sku"],
        BARCODE: fields["barcode"] or "",
        "Regular price": plain_decimal(price if compare_at is None else compare_at, digits),
        "Sale price": "" if compare_at is None else plain_decimal(price, digits),
        "Stock": "" if variant["stock"] is None else str(variant["stock"]),
        "Weight (kg)": "" if grams is None else plain_decimal(grams, 3),
    }
