"""Shopify's product files read into records. Columns go by their classic names, whichever header there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storefront.catalog.rules.file_cells import (
    MADE_UP,
    Row,
    code,
    kept,
    label_keys,
    made_up_sku,
    short_text,
)
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.shopify_columns import OF_PICTURE, OF_PRODUCT, YES_NO, is_of_variant
from storefront.core.imports.cells import (
    MinorUnits,
    WholeNumbers,
    decimal_parts,
    one_of,
    rescale,
    within,
    yes_no,
)

NAME = "shopify"
ONLY_OPTION, ONLY_VALUE = "Title", "Default Title"
STATUSES = ("active", "draft", "archived", "unlisted")
OPTION_LIMIT, TYPE_LIMIT = 80, 120
# What the shop itself knows of these columns is all that there is to know.
TAKEN = frozenset(
    {
        "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Status", "Option1 Name",
        "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value", "Variant SKU",
        "Variant Grams", "Variant Price", "Variant Compare At Price", "Variant Barcode",
        "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy", "Variant Image",
        "SEO Title", "SEO Description", *OF_PICTURE,
    }
)  # fmt: skip
# Kept only where a file says something else.
USUAL = {
    "Gift Card": "false", "Variant Requires Shipping": "true", "Variant Taxable": "true",
    "Variant Fulfillment Service": "manual", "Variant Weight Unit": "g",
}  # fmt: skip


class Reader:
    """Rows of one handle into a record; texts are in `locale`, amounts have `digits` decimals.

    `note` is told the code of whatever could not be taken as it was meant; `lines` says on which line each
    SKU of the last product stood.
    """

    def __init__(self, digits: int, locale: str, note: Callable[[str], None]) -> None:
        self.locale = locale
        self.note = note
        self.lines: dict[str, int] = {}
        self.prices = MinorUnits(digits, low=0)
        self.place = WholeNumbers(low=0, high=10**6)
        self.stock = WholeNumbers(low=-1_000_000, high=1_000_000)

    def product(self, handle: str, rows: Sequence[Row]) -> tuple[Record, list[str]]:
        """The record and the path of the category it brings along. Raises ColumnError."""
        head = next((row for row in rows if row.raw("Title")), rows[0])
        if not head.raw("Title"):
            raise head.blame("Title", "title_missing")
        sold = [row for row in rows if is_variant(row)]
        if not sold:
            raise head.blame("Variant Price", "empty")
        record: Record = {
            "handle": handle,
            "fields": self._fields(head),
            "texts": {self.locale: self._texts(head)},
        }
        cells = self._kept_of_product(head) | self._status(head, record["fields"])
        cells |= self._body(head, record["texts"][self.locale])
        record["extra"] = kept(NAME, cells)
        path = self._path(head)
        if path is not None:
            slug = category_handle(category_steps(path)) if path else ""
            record["fields"]["category"], record["categories"] = slug, [slug] if slug else []
        chosen = self._options(head, sold, record)
        record["variants"] = [
            self._variant(handle, row, head, chosen[place]) for place, row in enumerate(sold)
        ]
        self.lines = {variant["sku"]: row.line for variant, row in zip(record["variants"], sold, strict=True)}
        self._pictures(rows, sold, record)
        return record, [path] if path else []

    # --- the product --------------------------------------------------------------------------------------

    def _fields(self, head: Row) -> Record:
        fields = head.fields(
            {
                "brand": ("Vendor", short_text(120)),
                "product_type": ("Type", short_text(255)),
                "tags": ("Tags", lambda cell: "|".join(tags(short_text(5_000)(cell)))),
            }
        )
        if len(fields.get("product_type") or "") > TYPE_LIMIT:
            # Too long for a type; as a path of categories it is taken all the same.
            fields["product_type"] = None
        if "tags" in fields:
            fields["tags"] = fields["tags"] or ""
        return fields

    def _texts(self, head: Row) -> Record:
        columns = {
            "title": ("Title", 255),
            "seo_title": ("SEO Title", 255),
            "seo_description": ("SEO Description", 500),
        }
        return {
            name: head.text(column, limit) for name, (column, limit) in columns.items() if head.has(column)
        }

    def _body(self, head: Row, texts: Record) -> dict[str, str]:
        """Puts the harmless HTML among the texts; what the file had is kept where that differs."""
        if not head.has("Body (HTML)"):
            return {}
        body, texts["description"] = head.cells["Body (HTML)"], head.html("Body (HTML)")
        return {"Body (HTML)": body if body != texts["description"] else ""}

    def _path(self, head: Row) -> str | None:
        """A product's type is its category; one without stands where Shopify's own taxonomy puts it.

        None when the file has neither column.
        """
        columns = [column for column in ("Type", "Product Category") if head.has(column)]
        if not columns:
            return None
        steps = (category_steps(head.text(column, 1_000)) for column in columns)
        return " > ".join(next((found for found in steps if found), []))

    def _status(self, head: Row, fields: Record) -> dict[str, str]:
        """Sets the status. Active but in no online store, or seen by those with a link only: a draft here."""
        if not (head.has("Status") or head.has("Published")):
            return {}
        shown = head.take("Published", yes_no)
        told = head.take("Status", lambda cell: one_of(cell, STATUSES)) or (
            "draft" if shown is False else "active"
        )
        hidden = told == "unlisted" or (told == "active" and shown is False)
        fields["status"] = "draft" if hidden else told
        if hidden:
            return {"Status": told, "Published": "false" if shown is False else "true"}
        return {"Status": "", "Published": "true" if told != "active" and shown else ""}

    def _kept_of_product(self, head: Row) -> dict[str, str]:
        names = (name for name in head.cells if name not in TAKEN and not is_of_variant(name))
        return {name: self._keep(head, name) for name in names}

    def _keep(self, row: Row, name: str) -> str:
        cell = row.cells[name]
        if name in YES_NO:
            answer = row.take(name, yes_no)
            cell = "" if answer is None else str(answer).lower()
        return "" if cell == USUAL.get(name) or not cell.strip() else cell

    # --- options and variants -----------------------------------------------------------------------------

    def _options(self, head: Row, sold: Sequence[Row], record: Record) -> list[list[Record] | None]:
        """Sets the options; returns the values of each variant, None where the file does not name any."""
        if not head.has("Option1 Name"):
            return [None for _ in sold]
        names = [head.text(f"Option{number} Name", OPTION_LIMIT) for number in (1, 2, 3)]
        labels = [_labels(row) for row in sold]
        if names in (["", "", ""], [ONLY_OPTION, "", ""]) and all(map(_is_only, labels)):
            record["options"] = []
            return [[] for _ in sold]
        _check_options(head, names, list(zip(sold, labels, strict=True)))
        keys = label_keys([name for name in names if name])
        record["options"] = [{"key": key, "names": {self.locale: name}} for name, key in keys.items()]
        known = [label_keys(column) for column in list(zip(*labels, strict=True))[: len(keys)]]
        return [self._values(parts, known) for parts in labels]

    def _values(self, labels: Sequence[str], keys: Sequence[dict[str, str]]) -> list[Record]:
        pairs = zip(labels, keys, strict=False)
        return [{"key": known[label], "labels": {self.locale: label}} for label, known in pairs]

    def _variant(self, handle: str, row: Row, head: Row, values: list[Record] | None) -> Record:
        cells = self._kept_of_variant(row, head)
        sku = row.take("Variant SKU", code, "")
        cells[MADE_UP] = "" if sku else made_up_sku(handle, [value["key"] for value in values or []])
        variant: Record = {"sku": sku or cells[MADE_UP], "fields": self._variant_fields(row, cells)}
        if values is not None:
            variant["values"] = values
        cells |= self._stock(row, variant)
        variant["extra"] = kept(NAME, cells)
        return variant

    def _kept_of_variant(self, row: Row, head: Row) -> dict[str, str]:
        """Cells of the variant's own columns, and what a further row says in columns nobody knows."""
        mine = [name for name in row.cells if name not in TAKEN and is_of_variant(name)]
        if row is not head:
            mine += [
                name for name in row.cells if name not in OF_PRODUCT and name not in TAKEN and row.raw(name)
            ]
        return {name: self._keep(row, name) for name in dict.fromkeys(mine)}

    def _variant_fields(self, row: Row, cells: dict[str, str]) -> Record:
        fields = row.fields(
            {
                "compare_at_minor": ("Variant Compare At Price", self.prices.__getitem__),
                "barcode": ("Variant Barcode", lambda cell: short_text(40)(code(cell))),
                "weight_grams": ("Variant Grams", whole_grams),
            }
        )
        if fields.get("compare_at_minor") == 0:
            cells["Variant Compare At Price"], fields["compare_at_minor"] = (
                row.raw("Variant Compare At Price"),
                None,
            )
        elif "compare_at_minor" in fields:
            cells["Variant Compare At Price"] = ""
        return {"price_minor": row.need("Variant Price", self.prices.__getitem__), **fields}

    def _stock(self, row: Row, variant: Record) -> dict[str, str]:
        """Sets stock and backorder where pieces are tracked; returns the cells that are only kept."""
        names = ("Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy")
        if not row.has(names[1]):
            return {}
        pieces = row.take(names[1], self.stock.__getitem__)
        goes_on = row.take(names[2], goes_on_selling, False)
        tracker = row.raw(names[0]) if row.has(names[0]) else NAME
        if not tracker:
            return {names[0]: "", names[1]: row.raw(names[1]), names[2]: "continue" if goes_on else ""}
        if pieces is not None and pieces < 0:
            self.note("stock_below_zero")
        variant["stock"], variant["backorder"] = max(0, pieces or 0), goes_on
        below = row.raw(names[1]) if (pieces or 0) < 0 else ""
        return {names[0]: "" if tracker == NAME else tracker, names[1]: below, names[2]: ""}

    # --- pictures -----------------------------------------------------------------------------------------

    def _pictures(self, rows: Sequence[Row], sold: Sequence[Row], record: Record) -> None:
        """Pictures in their order, each with the first variant that shows it; others keep its address."""
        pictures = self._gallery(rows)
        for row, variant in zip(sold, record["variants"], strict=True):
            if row.has("Variant Image"):
                told = _show(pictures, address(row, "Variant Image"), variant["sku"])
                variant["extra"][NAME]["Variant Image"] = told
        if pictures:
            record["pictures"] = pictures

    def _gallery(self, rows: Sequence[Row]) -> list[Record]:
        found: list[tuple[int, Record]] = []
        for row in rows:
            source = address(row, "Image Src")
            if source:
                alt = row.text("Image Alt Text", 500)
                picture = {"source": source, "sku": "", "alts": {self.locale: alt} if alt else {}}
                found.append((row.take("Image Position", self.place.__getitem__, len(found) + 1), picture))
        return [picture for _, picture in sorted(found, key=lambda pair: pair[0])]


def _show(pictures: list[Record], source: str, sku: str) -> str:
    """Gives a variant its picture; returns the address to keep where another variant has it already."""
    if source and all(picture["source"] != source for picture in pictures):
        pictures.append({"source": source, "sku": "", "alts": {}})
    free = next((part for part in pictures if part["source"] == source and not part["sku"]), None)
    if free is None:
        return source
    free["sku"] = sku
    return ""


def _labels(row: Row) -> list[str]:
    return [row.text(f"Option{number} Value", 120) for number in (1, 2, 3)]


def _is_only(labels: Sequence[str]) -> bool:
    """Whether a variant's values are those of a product without options."""
    return labels[0] in ("", ONLY_VALUE) and not any(labels[1:])


def _check_options(head: Row, names: Sequence[str], sold: Sequence[tuple[Row, Sequence[str]]]) -> None:
    ""
    "Each option has a name of its own, none is left out between two, and each variant has a value of all."
    ""
    for place, name in enumerate(names):
        column = f"Option{place + 1}"
        if not name and any(names[place:]):
            raise head.blame(f"{column} Name", "empty")
        if name and name in names[:place]:
            raise head.blame(f"{column} Name", "handle_twice", value=name)
        for row, labels in sold:
            if labels[place] and not name:
                raise head.blame(f"{column} Name", "empty")
            if name and not labels[place]:
                raise row.blame(f"{column} Value", "options_differ")


def is_variant(row: Row) -> bool:
    """Whether a row holds a variant; further image rows carry only the handle and the image."""
    return any(row.raw(name) for name in ("Variant Price", "Variant SKU", "Option1 Value"))


def address(row: Row, column: str) -> str:
    """Where a picture lies. Shopify leaves the scheme out in some exports."""
    source = row.text(column, 1_000)
    return "https:" + source if source.startswith("//") else source


def tags(cell: str) -> list[str]:
    """Tags parted by commas."""
    return [tag for tag in (part.strip() for part in cell.replace("|", ",").split(",")) if tag]


def whole_grams(cell: str) -> int:
    """Grams, rounded to whole ones."""
    return within(rescale(*decimal_parts(cell), 0)[0], cell, 0, 10**9)


def goes_on_selling(cell: str) -> bool:
    """The policy for what is sold out: `deny` or `continue`, in newer files also yes and no."""
    word = cell.casefold()
    return word == "continue" if word in ("continue", "deny") else yes_no(cell)
