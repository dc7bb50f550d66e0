"""Shopify's product files, read into records and written from them. Columns go by their classic names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slugify import slugify

from storefront.catalog.rules.own_format import LONG, ColumnError
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.shopify_columns import is_of_product
from storefront.catalog.rules.values_keys import value_keys
from storefront.core.imports.cells import MinorUnits, WholeNumbers, plain_text, yes_no
from storefront.core.imports.problems import CellError
from storefront.core.imports.writing import plain_decimal

NAME = "shopify"
# A mark among the kept cells: the file gave no SKU, and this one was made up.
MADE_UP = "~sku"
ONLY_OPTION, ONLY_VALUE = "Title", "Default Title"
TAKEN = frozenset(
    {
        "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Option1 Name", "Option1 Value", "Option2 Name",
        "Option2 Value", "Option3 Name", "Option3 Value", "Variant SKU", "Variant Grams", "Variant Price",
        "Variant Compare At Price", "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "SEO Title",
        "SEO Description", "Variant Inventory Qty", "Variant Inventory Policy", "Variant Inventory Tracker",
    }
)  # fmt: skip
Cells = Mapping[str, str]


class Reader:
    """Rows of one handle into a record; texts are in `locale`, amounts have `digits` decimals."""

    def __init__(self, digits: int, locale: str) -> None:
        self.locale = locale
        self.prices = MinorUnits(digits, low=0)
        self.whole = WholeNumbers(low=0, high=10**9)
        self.stock = WholeNumbers(high=1_000_000, low=-1_000_000)

    def product(self, handle: str, rows: Sequence[tuple[int, Cells]]) -> tuple[Record, list[str]]:
        """The record and the category path it brings along. Raises ColumnError with the line."""
        line, first = rows[0]
        record = _at(line, self._head, handle, first)
        names = [first.get(f"Option{number} Name", "").strip() for number in (1, 2, 3)]
        names = [name for name in names if name]
        sold = [(line, cells) for line, cells in rows if is_variant(cells)]
        only = names in ([], [ONLY_OPTION]) and len(sold) <= 1
        keys = [] if only else value_keys(names)
        record["options"] = [
            {"key": key, "names": {self.locale: name}} for key, name in zip(keys, names if keys else [], strict=True)
        ]
        labels = [value_keys([cells.get(f"Option{n + 1} Value", "").strip() for _, cells in sold]) for n in range(len(keys))]
        record["variants"] = []
        for place, (line, cells) in enumerate(sold):
            chosen = [column[place] for column in labels]
            record["variants"].append(_at(line, self._variant, handle, cells, chosen))
        record["pictures"] = self._pictures(rows, record["variants"])
        return record, self._paths(first)

    def _head(self, handle: str, cells: Cells) -> Record:
        path = self._paths(cells)
        category = category_handle(category_steps(path[0])) if path else ""
        texts = {
            "title": _text(cells, "Title", 255),
            "description": _text(cells, "Body (HTML)", LONG),
            "seo_title": _text(cells, "SEO Title", 255),
            "seo_description": _text(cells, "SEO Description", 500),
        }
        fields = {
            "status": _status(cells),
            "brand": _text(cells, "Vendor", 120) or None,
            "product_type": _text(cells, "Type", 120) or None,
            "tags": "|".join(part.strip() for part in _text(cells, "Tags", 2_000).split(",") if part.strip()),
            "category": category,
        }
        kept = {name: cell for name, cell in cells.items() if cell and name not in TAKEN and is_of_product(name)}
        return {
            "handle": handle,
            "fields": fields,
            "texts": {self.locale: texts},
            "categories": [category] if category else [],
            "extra": {NAME: kept} if kept else {},
        }

    def _paths(self, cells: Cells) -> list[str]:
        path = cells.get("Product Category", "").strip() or cells.get("Type", "").strip()
        return [path] if category_steps(path) else []

    def _variant(self, handle: str, cells: Cells, chosen: Sequence[str]) -> Record:
        kept = {name: cell for name, cell in cells.items() if cell and name not in TAKEN and not is_of_product(name)}
        sku = _text(cells, "Variant SKU", 120)
        if not sku:
            sku = kept[MADE_UP] = "-".join([handle, *chosen])[:120]
        labels = [cells.get(f"Option{number + 1} Value", "").strip() for number in range(len(chosen))]
        variant: Record = {
            "sku": sku,
            "values": [
                {"key": key, "labels": {self.locale: label[:120]}} for key, label in zip(chosen, labels, strict=True)
            ],
            "fields": {
                "price_minor": _parsed(cells, "Variant Price", self.prices.__getitem__, needed=True),
                "compare_at_minor": _parsed(cells, "Variant Compare At Price", self.prices.__getitem__),
                "barcode": _text(cells, "Variant Barcode", 40) or None,
                "weight_grams": _parsed(cells, "Variant Grams", self.whole.__getitem__),
            },
            "backorder": _goes_on(cells),
        }
        self._count(variant, cells, kept)
        variant["extra"] = {NAME: kept} if kept else {}
        return variant

    def _count(self, variant: Record, cells: Cells, kept: dict[str, str]) -> None:
        """Stock counts only where Shopify tracks it; a number beside an untracked variant is kept."""
        pieces = _parsed(cells, "Variant Inventory Qty", self.stock.__getitem__)
        tracker = cells.get("Variant Inventory Tracker", "").strip()
        if tracker and pieces is not None:
            variant["stock"] = max(0, pieces)
            if tracker != NAME:
                kept["Variant Inventory Tracker"] = tracker
        else:
            variant["stock"] = None
            for name in ("Variant Inventory Qty", "Variant Inventory Tracker", "Variant Inventory Policy"):
                if cells.get(name):
                    kept[name] = cells[name]

    def _pictures(self, rows: Sequence[tuple[int, Cells]], variants: Sequence[Record]) -> list[Record]:
        owners: dict[str, str] = {}
        for variant in variants:
            owners.setdefault(variant["extra"].get(NAME, {}).get("Variant Image", ""), variant["sku"])
        found: list[tuple[int, Record]] = []
        for line, cells in rows:
            source = _at(line, _text, cells, "Image Src", 1000)
            if not source:
                continue
            place = _at(line, _parsed, cells, "Image Position", self.whole.__getitem__)
            alt = _at(line, _text, cells, "Image Alt Text", 500)
            alts = {self.locale: alt} if alt else {}
            position = len(found) + 1 if place is None else place
            found.append((position, {"source": source, "sku": owners.get(source, ""), "alts": alts}))
        return [picture for _, picture in sorted(found, key=lambda pair: pair[0])]


def is_variant(cells: Cells) -> bool:
    """Whether a row holds a variant; further image rows carry only the handle and the image."""
    return any(cells.get(name, "").strip() for name in ("Variant Price", "Variant SKU", "Option1 Value"))


def _at(line: int, step: Any, *arguments: Any, **more: Any) -> Any:
    try:
        return step(*arguments, **more)
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


def _status(cells: Cells) -> str:
    status = cells.get("Status", "").strip().casefold() or "active"
    if status not in ("active", "draft", "archived", "unlisted"):
        raise ColumnError("Status", CellError("not_one_of", value=status, choices="active, draft, archived"))
    shown = _parsed(cells, "Published", lambda cell: yes_no(cell, True))
    return "draft" if status == "unlisted" or (status == "active" and shown is False) else status


def _goes_on(cells: Cells) -> bool:
    word = cells.get("Variant Inventory Policy", "").strip().casefold()
    if word in ("continue", "deny", ""):
        return word == "continue"
    return _parsed(cells, "Variant Inventory Policy", yes_no)


# --- writing ------------------------------------------------------------------------------------------------


def product_rows(record: Record, digits: int, locale: str, paths: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A product as rows of cells by classic name. `paths` gives the titles on the way to each category."""
    variants, pictures = record["variants"], record["pictures"]
    for place in range(max(1, len(variants), len(pictures))):
        row = {"Handle": record["handle"]}
        if place == 0:
            row |= _head_cells(record, locale, paths)
        if place < len(variants):
            row |= _variant_cells(record, variants[place], digits, locale)
        if place < len(pictures):
            picture = pictures[place]
            alt = picture["alts"].get(locale) or next(iter(picture["alts"].values()), "")
            row |= {"Image Src": picture["source"], "Image Position": str(place + 1), "Image Alt Text": alt}
        yield row


def _head_cells(record: Record, locale: str, paths: Mapping[str, str]) -> dict[str, str]:
    texts, fields = record["texts"].get(locale) or next(iter(record["texts"].values()), {}), record["fields"]
    kept = record["extra"].get(NAME, {})
    cells = {
        **kept,
        "Title": texts.get("title", ""),
        "Body (HTML)": texts.get("description", ""),
        "SEO Title": texts.get("seo_title", ""),
        "SEO Description": texts.get("seo_description", ""),
        "Vendor": fields["brand"] or "",
        "Type": fields["product_type"] or "",
        "Tags": ", ".join(part for part in fields["tags"].split("|") if part),
        "Product Category": _category_cell(record, kept, paths),
    }
    as_told = _status(kept) == fields["status"] if kept.get("Status") or kept.get("Published") else False
    cells["Status"] = kept.get("Status", "") if as_told else fields["status"]
    cells["Published"] = kept.get("Published", "") if as_told else ("TRUE" if fields["status"] == "active" else "FALSE")
    options = [option["names"].get(locale, option["key"]) for option in record["options"]] or [ONLY_OPTION]
    return cells | {f"Option{number} Name": name for number, name in enumerate(options, start=1)}


def _category_cell(record: Record, kept: Mapping[str, str], paths: Mapping[str, str]) -> str:
    """What the file said, as long as the product still stands there."""
    told, category = kept.get("Product Category", ""), record["fields"]["category"]
    if told and category_handle(category_steps(told)) == category:
        return told
    kind = record["fields"]["product_type"] or ""
    if not told and kind and category_handle(category_steps(kind)) == category:
        return ""
    return paths.get(category, "")


def _variant_cells(record: Record, variant: Record, digits: int, locale: str) -> dict[str, str]:
    fields, kept = variant["fields"], dict(variant["extra"].get(NAME, {}))
    made_up = kept.pop(MADE_UP, None)
    compare_at = fields["compare_at_minor"]
    cells = {
        **kept,
        "Variant SKU": "" if variant["sku"] == made_up else variant["sku"],
        "Variant Price": plain_decimal(fields["price_minor"], digits),
        "Variant Compare At Price": "" if compare_at is None else plain_decimal(compare_at, digits),
        "Variant Barcode": fields["barcode"] or "",
        "Variant Grams": "" if fields["weight_grams"] is None else str(fields["weight_grams"]),
    }
    if variant["stock"] is not None:
        cells["Variant Inventory Tracker"] = kept.get("Variant Inventory Tracker", NAME)
        cells["Variant Inventory Qty"] = str(variant["stock"])
        cells["Variant Inventory Policy"] = "continue" if variant["backorder"] else "deny"
    values = [value["labels"].get(locale, value["key"]) for value in variant["values"]] or [ONLY_VALUE]
    return cells | {f"Option{number} Value": label for number, label in enumerate(values, start=1)}


def guess_handle(title: str) -> str:
    """A handle for a product that came without one."""
    return slugify(title, max_length=140)
