"""WooCommerce's product files read into records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import Any

from storefront.catalog.rules.file_cells import (
    MADE_UP,
    Row,
    code,
    kept,
    label_keys,
    label_of,
    made_up_sku,
    short_text,
)
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.texts import plain_text
from storefront.catalog.rules.woocommerce_cells import (
    ATTRIBUTE,
    BARCODE,
    HANDLE,
    NAME,
    SIZE,
    WEIGHT,
    Attribute,
    attributes,
    centimetres,
    clean_description,
    joined,
    kinds,
    parts,
    short_words,
    without_lines,
)
from storefront.catalog.rules.woocommerce_sold import PIECES, PRICES, Prices, read_pieces, read_weight

TAKEN = frozenset(
    {
        "Type", "SKU", BARCODE, "Name", "Published", "Short description", "Description", "Tax class",
        "Categories", "Tags", "Images", "Parent", "Brands", HANDLE, *PRICES, *PIECES,
    }
)  # fmt: skip
# Kept only where a file says something else.
USUAL = {
    "Is featured?": "0", "Visibility in catalog": "visible", "Tax status": "taxable",
    "Sold individually?": "0", "Allow customer reviews?": "1", "Position": "0",
}  # fmt: skip
USUAL_VARIATION = {**USUAL, "Allow customer reviews?": "0", "Tax class": "parent", "Published": "1"}
# No slug has this sign, so no label gets this key.
ANY = "~any"
DESCRIPTION = 200_000
MOST_OPTIONS = 3


class Reader:
    """The rows of one product into a record; texts are in `locale`.

    `any_label` stands for a variation that fits every value. `note` is told the code of whatever could not be
    taken as it was meant; `lines` says on which line each SKU of the last product stood.
    """

    def __init__(self, prices: Prices, locale: str, any_label: str, note: Callable[[str], None]) -> None:
        self.prices = prices
        self.locale = locale
        self.any_label = any_label
        self.note = note
        self.lines: dict[str, int] = {}

    def product(self, handle: str, head: Row, children: Sequence[Row]) -> tuple[Record, list[str]]:
        """The record and the category paths it brings along. Raises ColumnError."""
        types = kinds(head)
        variable = "variable" in types or bool(children)
        single = not variable and "grouped" not in types
        if not head.raw("Name"):
            raise head.blame("Name", "title_missing")
        record: Record = {"handle": handle, "fields": self._fields(head), "variants": [], "options": []}
        cells = self._kept(head, USUAL) | self._texts(head, record) | self._brand(head, record["fields"])
        paths, cells["Categories"] = self._categories(head, record)
        facts = attributes(head)
        cells |= self._options(head, children, facts, record)
        if single:
            record["variants"] = [self._variant(handle, head, None, [])]
        else:
            cells |= self._kept_of_parent(head)
        self.lines = {}
        for child, variant in zip(children if variable else [head], record["variants"], strict=False):
            self.lines[variant["sku"]] = child.line
        cells |= self._pictures(head, children, record)
        cells |= self._status(head, record, sold=not single or sells(record["variants"][0]))
        cells["Type"] = "" if types == ["variable" if variable else "simple"] else head.raw("Type")
        record["extra"] = kept(NAME, cells)
        return record, paths

    # --- the product --------------------------------------------------------------------------------------

    def _fields(self, head: Row) -> Record:
        fields = head.fields(
            {
                "tax_class": ("Tax class", short_text(40)),
                "tags": ("Tags", lambda cell: "|".join(parts(short_text(5_000)(cell.replace("|", ","))))),
            }
        )
        if "tags" in fields:
            fields["tags"] = fields["tags"] or ""
        return fields

    def _kept(self, row: Row, usual: dict[str, str]) -> dict[str, str]:
        """Cells that only WooCommerce knows what to do with."""
        cells: dict[str, str] = {}
        for name, cell in row.cells.items():
            if SIZE.fullmatch(name):
                column, measure = centimetres(row, name)
                cells[column] = measure
            elif name not in TAKEN and not ATTRIBUTE.fullmatch(name) and not WEIGHT.fullmatch(name):
                cells[name] = "" if cell.strip() in ("", usual.get(name)) else cell
        return cells

    def _kept_of_parent(self, head: Row) -> dict[str, str]:
        """What is said of a product whose pieces are sold as its variations."""
        names = ["SKU", BARCODE, *PRICES, *PIECES, *(name for name in head.cells if WEIGHT.fullmatch(name))]
        return {name: head.raw(name) for name in names if head.has(name)}

    def _texts(self, head: Row, record: Record) -> dict[str, str]:
        """Sets the texts; what the file had is kept where the shop's own words differ from it."""
        texts: Record = {"title": plain_text(head.text("Name", 1_000))}
        if len(texts["title"]) > 255:
            raise head.blame("Name", "cell_too_long", limit=255)
        cells = {"Name": "" if texts["title"] == head.cells["Name"] else head.cells["Name"]}
        if head.has("Short description"):
            raw = head.cells["Short description"]
            head.text("Short description", DESCRIPTION, lines=True)
            texts["subtitle"] = short_words(raw)
            cells["Short description"] = "" if raw == texts["subtitle"] else raw
        if head.has("Description"):
            raw = head.cells["Description"]
            head.text("Description", DESCRIPTION, lines=True)
            texts["description"] = clean_description(raw)
            cells["Description"] = "" if raw == without_lines(texts["description"]) else raw
        record["texts"] = {self.locale: texts}
        return cells

    def _brand(self, head: Row, fields: Record) -> dict[str, str]:
        if not head.has("Brands"):
            return {}
        names = parts(head.text("Brands", 1_000))
        fields["brand"] = names[0][:120] if names else None
        return {"Brands": "" if head.raw("Brands") == (fields["brand"] or "") else head.raw("Brands")}

    def _categories(self, head: Row, record: Record) -> tuple[list[str], str]:
        """Sets the categories, the one deepest in the tree as the main one."""
        if not head.has("Categories"):
            return [], ""
        paths = [path for path in parts(head.text("Categories", 5_000)) if category_steps(path)]
        paths = sorted(paths, key=lambda path: -len(category_steps(path)))
        handles = list(dict.fromkeys(category_handle(category_steps(path)) for path in paths))
        record["categories"], record["fields"]["category"] = handles, handles[0] if handles else ""
        return paths, "" if head.raw("Categories") == joined(paths) else head.raw("Categories")

    def _status(self, head: Row, record: Record, *, sold: bool) -> dict[str, str]:
        """Sets the status: what is private, hidden, grouped or without a price is a draft here."""
        if not head.has("Published"):
            return {}
        told = head.raw("Published") or "1"
        if told not in ("1", "0", "-1"):
            raise head.blame("Published", "not_one_of", value=told, choices="1, 0, -1")
        hidden = head.raw("Visibility in catalog") == "hidden" or "grouped" in kinds(head) or not sold
        active = told == "1" and not hidden
        record["fields"]["status"] = "active" if active else "draft"
        return {"Published": "" if active or told == "-1" else told}

    # --- options and variants -----------------------------------------------------------------------------

    def _options(
        self, head: Row, children: Sequence[Row], facts: Sequence[Attribute], record: Record
    ) -> dict[str, str]:
        """Attributes that variations set are options, the others facts. Sets both and the variants."""
        told = [attributes(child) for child in children]
        names = list(dict.fromkeys(attribute.name for part in (facts, *told) for attribute in part))
        used = {attribute.name for part in told for attribute in part}
        keys, options = label_keys(names), [name for name in names if name in used]
        if len(options) > MOST_OPTIONS:
            raise head.blame("Attribute 4 name", "too_many_options", limit=MOST_OPTIONS)
        record["options"] = [{"key": keys[name], "names": {self.locale: name}} for name in options]
        chosen = self._chosen(told, options)
        record["variants"] = [
            self._variant(record["handle"], child, head, values)
            for child, values in zip(children, chosen, strict=True)
        ]
        named = _keyed(facts, keys)
        shown = {keys[name] for name in options}
        record["attributes"] = [self._fact(fact, key) for key, fact in named.items() if key not in shown]
        return self._kept_of_attributes(named, record)

    def _chosen(self, told: Sequence[Sequence[Attribute]], options: Sequence[str]) -> list[list[Record]]:
        """The values that each variation has of the options."""
        labels = [[_label(part, name) for name in options] for part in told]
        known = [label_keys(column) for column in zip(*labels, strict=True)]
        return [[self._value(known[place], label) for place, label in enumerate(row)] for row in labels]

    def _value(self, known: dict[str, str], label: str) -> Record:
        if label:
            return {"key": known[label], "labels": {self.locale: label[:120]}}
        return {"key": ANY, "labels": {self.locale: self.any_label}}

    def _fact(self, fact: Attribute, key: str) -> Record:
        value = joined(parts(fact.values)).replace("\\,", ",")
        return {"key": key, "value": value[:255], "names": {self.locale: fact.name}, "texts": {}}

    def _kept_of_attributes(self, named: dict[str, Attribute], record: Record) -> dict[str, str]:
        usual = {key: values for key, _, values in listed(record, self.locale)}
        cells = {"~order": "" if list(named) == list(usual) else "|".join(named)}
        for key, fact in named.items():
            cells[f"~visible {key}"] = "" if fact.more["visible"] == "1" else fact.more["visible"] or "0"
            cells[f"~global {key}"] = "" if fact.more["global"] == "1" else fact.more["global"] or "0"
            cells[f"~default {key}"] = fact.more["default"]
            cells[f"~values {key}"] = "" if fact.values == usual.get(key) else fact.values
        return cells

    def _variant(self, handle: str, row: Row, head: Row | None, values: list[Record]) -> Record:
        cells = self._kept_of_variation(row, head) if head is not None else {}
        sku = row.take("SKU", code, "")
        cells[MADE_UP] = "" if sku else made_up_sku(handle, [value["key"] for value in values])
        fields = row.fields({"barcode": (BARCODE, lambda cell: short_text(40)(code(cell)))})
        priced, prices = self.prices.read(row, fields)
        variant: Record = {"sku": sku or cells[MADE_UP], "values": values, "fields": fields}
        sellable = priced and (head is None or (row.raw("Published") or "1") == "1")
        if not sellable:
            self.note("not_sellable")
        remark, pieces = read_pieces(row, head, variant, sellable=sellable)
        if remark:
            self.note(remark)
        cells |= prices | pieces | read_weight(row, head, fields)
        variant["extra"] = kept(NAME, cells)
        return variant

    def _kept_of_variation(self, row: Row, head: Row) -> dict[str, str]:
        cells = self._kept(row, USUAL_VARIATION)
        for name in (
            "Tax class",
            "Published",
            "Short description",
            "Description",
            "Categories",
            "Tags",
            "Brands",
        ):
            if row.has(name):
                cells[name] = "" if row.raw(name) == USUAL_VARIATION.get(name) else row.cells[name]
        cells["Type"] = "" if kinds(row) == ["variation"] else row.raw("Type")
        cells["Parent"] = row.raw("Parent") if row.raw("Parent") != head.raw("SKU") else ""
        cells["Name"] = row.raw("Name")
        return cells

    # --- pictures -----------------------------------------------------------------------------------------

    def _pictures(self, head: Row, children: Sequence[Row], record: Record) -> dict[str, str]:
        """Each address once, the product's own before its variations'; the file's lists are kept where
        the same picture stands in several."""
        if not head.has("Images"):
            return {}
        owners = [
            ("", head),
            *((variant["sku"], row) for variant, row in zip(record["variants"], children, strict=False)),
        ]
        found: dict[str, Record] = {}
        lists = [parts(row.text("Images", 50_000)) for _, row in owners]
        for (sku, row), sources in zip(owners, lists, strict=True):
            for source in sources:
                if len(source) > 1_000:
                    raise row.blame("Images", "cell_too_long", limit=1_000)
                found.setdefault(source, {"source": source, "sku": sku, "alts": {}})
        pictures = list(found.values())
        if pictures:
            record["pictures"] = pictures
        told = [
            images_told(pictures, sku, sources, bool(children))
            for (sku, _), sources in zip(owners, lists, strict=True)
        ]
        for variant, cells in zip(record["variants"], told[1:], strict=False):
            variant["extra"].setdefault(NAME, {}).update(cells)
        return told[0]


def _label(row: Sequence[Attribute], name: str) -> str:
    return next((attribute.label for attribute in row if attribute.name == name), "")


def sells(variant: Record) -> bool:
    """Whether the file gave a variant a price."""
    cells = variant["extra"][NAME]
    return not cells["~Regular price"] or any(cells[name] for name in PRICES)


def images_told(
    pictures: Sequence[Record], sku: str, sources: Sequence[str], variable: bool
) -> dict[str, str]:
    """A list of pictures to keep, with a mark of what it was taken to mean; empty when it is as usual."""
    if list(sources) == own_images(pictures, sku, variable):
        return {"Images": "", "~Images": ""}
    return {"Images": joined(sources), "~Images": images_mark(pictures)}


def own_images(pictures: Sequence[Record], sku: str, variable: bool) -> list[str]:
    """Addresses of the pictures that belong to a variation, or with '' to the product itself."""
    return [part["source"] for part in pictures if not variable or part["sku"] == sku]


def images_mark(pictures: Sequence[Record]) -> str:
    """A short sign of which pictures a product has, in which order and of what."""
    text = "\n".join(f"{part['source']} {part['sku']}" for part in pictures)
    return sha1(text.encode(), usedforsecurity=False).hexdigest()[:12]


def _keyed(facts: Sequence[Attribute], keys: dict[str, str]) -> dict[str, Attribute]:
    """Attributes by key; of several with one name, each has a key of its own."""
    named: dict[str, Attribute] = {}
    for fact in facts:
        key, number = keys[fact.name], 2
        while key in named:
            key, number = f"{keys[fact.name]}~{number}", number + 1
        named[key] = fact
    return named


def listed(record: Record, locale: str) -> list[tuple[str, str, str]]:
    """Key, name and values of each option and fact, as the product's row lists them."""
    found = []
    for place, option in enumerate(record["options"]):
        values: list[Any] = [variant["values"][place] for variant in record["variants"] if variant["values"]]
        labels = dict.fromkeys(
            label_of(value["labels"], locale, value["key"]) for value in values if value["key"] != ANY
        )
        found.append((option["key"], label_of(option["names"], locale, option["key"]), joined(list(labels))))
    for fact in record["attributes"]:
        name = label_of(fact["names"], locale, fact["key"])
        found.append((fact["key"], name, fact["texts"].get(locale) or fact["value"]))
    return found
