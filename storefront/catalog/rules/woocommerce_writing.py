"""Records written as WooCommerce's product files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from storefront.catalog.rules.file_cells import MADE_UP, label_of, text_of
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import make_slug
from storefront.catalog.rules.texts import plain_text
from storefront.catalog.rules.woocommerce import (
    ANY,
    USUAL,
    USUAL_VARIATION,
    images_mark,
    listed,
    own_images,
)
from storefront.catalog.rules.woocommerce_cells import (
    BARCODE,
    HANDLE,
    HEADER,
    NAME,
    clean_description,
    joined,
    parts,
    short_words,
    without_lines,
)
from storefront.catalog.rules.woocommerce_sold import (
    PIECES,
    PRICES,
    WEIGHTS,
    piece_cells,
    pieces_meaning,
    price_cells,
    price_meaning,
    shown,
    weight_cells,
)

Cells = dict[str, str]
PARTS = ("name", "value(s)", "visible", "global", "default")


def header(kept: Sequence[str], most: int, *, handles: bool) -> list[str]:
    """All columns: the usual ones, five for each of `most` attributes, and those that files brought along."""
    facts = [f"Attribute {number} {part}" for number in range(1, most + 1) for part in PARTS]
    rest = sorted(name for name in set(kept) - {*HEADER, *facts} if not name.startswith("~"))
    return [*HEADER, *facts, *rest, *([HANDLE] if handles else [])]


def needs_handle(record: Record, locale: str) -> bool:
    """Whether a product's handle is another than its name gives."""
    return make_slug(text_of(record, locale).get("title", ""), "product") != record["handle"]


def product_rows(record: Record, digits: int, locale: str, paths: Mapping[str, str]) -> Iterator[Cells]:
    """A product as rows; one with options or several variants as a variable product and its variations."""
    kept, variants = kept_of(record), record["variants"]
    variable = bool(record["options"]) or len(variants) > 1 or "variable" in kept.get("Type", "")
    head = _head_cells(record, locale, paths) | _attribute_cells(record, locale)
    head["Images"] = _images(record, kept, "", variable)
    if not variable:
        sold = [_sold_cells(variant, digits) for variant in variants]
        usual = {"Type": "simple" if variants else "grouped"}
        yield {**usual, **head, **(sold[0] if sold else {})}
        return
    sku = kept.get("SKU") or ("" if kept.get("ID") else f"{record['handle']}-all")
    yield {"Type": "variable", "In stock?": "1", "Backorders allowed?": "0", **head, "SKU": sku}
    for variant in variants:
        yield _variation_cells(record, variant, head, digits, locale) | {
            "Parent": _parent(variant, sku, kept)
        }


def kept_of(part: Mapping[str, Any]) -> Mapping[str, str]:
    """What only this format knows of a product or variant."""
    return part["extra"].get(NAME, {})


def _plainly_kept(part: Mapping[str, Any]) -> Cells:
    return {name: cell for name, cell in kept_of(part).items() if not name.startswith("~")}


# --- the product's row ------------------------------------------------------------------------------------


def _head_cells(record: Record, locale: str, paths: Mapping[str, str]) -> Cells:
    texts, fields, kept = text_of(record, locale), record["fields"], kept_of(record)
    title = texts.get("title", "")
    cells = {
        **USUAL,
        **_plainly_kept(record),
        "Name": _as_told(kept.get("Name", ""), title, plain_text, title),
        "Published": "1" if fields["status"] == "active" else kept.get("Published", "-1"),
        "Tax class": fields["tax_class"] or "",
        "Tags": joined([tag for tag in fields["tags"].split("|") if tag]),
        "Categories": _categories(record, kept, paths),
    }
    subtitle, description = texts.get("subtitle", ""), texts.get("description", "")
    cells["Short description"] = _as_told(kept.get("Short description", ""), subtitle, short_words, subtitle)
    told = kept.get("Description", "")
    cells["Description"] = _as_told(told, description, clean_description, without_lines(description))
    brands = parts(kept.get("Brands", ""))
    cells["Brands"] = (
        kept["Brands"] if brands and brands[0][:120] == fields["brand"] else fields["brand"] or ""
    )
    if needs_handle(record, locale):
        cells[HANDLE] = record["handle"]
    return cells


def _as_told(told: str, value: str, read: Any, usual: str) -> str:
    """What the file had, as long as it reads as what the shop says."""
    return told if told and read(told) == value else usual


def _categories(record: Record, kept: Mapping[str, str], paths: Mapping[str, str]) -> str:
    told = parts(kept.get("Categories", ""))
    if told and {category_handle(category_steps(path)) for path in told} == set(record["categories"]):
        return kept["Categories"]
    return joined([paths.get(slug, slug) for slug in record["categories"]])


def _attribute_cells(record: Record, locale: str) -> Cells:
    kept = kept_of(record)
    cells: Cells = {}
    for number, (key, name, usual) in enumerate(_in_order(record, locale), start=1):
        told = kept.get(f"~values {key}", "")
        values = {
            "name": name,
            "value(s)": told if set(parts(told)) >= set(parts(usual)) and told else usual,
            "visible": kept.get(f"~visible {key}", "1"),
            "global": kept.get(f"~global {key}", "1"),
            "default": kept.get(f"~default {key}", ""),
        }
        cells |= {f"Attribute {number} {part}": cell for part, cell in values.items()}
    return cells


def _in_order(record: Record, locale: str) -> list[tuple[str, str, str]]:
    """Options and facts as the file numbered them, new ones behind."""
    order = kept_of(record).get("~order", "").split("|")
    places = {key: place for place, key in enumerate(order)}
    return sorted(listed(record, locale), key=lambda entry: places.get(entry[0], len(order)))


def _images(record: Record, kept: Mapping[str, str], sku: str, variable: bool) -> str:
    if kept.get("~Images") == images_mark(record["pictures"]):
        return kept.get("Images", "")
    return joined(own_images(record["pictures"], sku, variable))


# --- what is sold -----------------------------------------------------------------------------------------


def _sold_cells(variant: Record, digits: int) -> Cells:
    kept, fields = kept_of(variant), variant["fields"]
    weight, stock, backorder = fields["weight_grams"], variant["stock"], variant["backorder"]
    return {
        "SKU": "" if variant["sku"] == kept.get(MADE_UP) else variant["sku"],
        BARCODE: fields["barcode"] or "",
        **shown(kept, PRICES, price_meaning(fields), price_cells(fields, digits)),
        **shown(kept, PIECES, pieces_meaning(stock, backorder), piece_cells(stock, backorder)),
        **shown(kept, WEIGHTS, str(weight), weight_cells(weight)),
    }


def _variation_cells(record: Record, variant: Record, head: Cells, digits: int, locale: str) -> Cells:
    kept = kept_of(variant)
    labels = [label_of(value["labels"], locale, value["key"]) for value in variant["values"]]
    row = {
        "Type": "variation",
        **USUAL_VARIATION,
        **_plainly_kept(variant),
        **_sold_cells(variant, digits),
        "Name": kept.get("Name") or f"{head['Name']} - {', '.join(labels)}".removesuffix(" - "),
        "Images": _images(record, kept, variant["sku"], variable=True),
    }
    keys = [key for key, _, _ in _in_order(record, locale)]
    for option, value in zip(record["options"], variant["values"], strict=False):
        number = keys.index(option["key"]) + 1
        label = "" if value["key"] == ANY else label_of(value["labels"], locale, value["key"])
        row[f"Attribute {number} name"] = head[f"Attribute {number} name"]
        row[f"Attribute {number} value(s)"] = joined([label]) if label else ""
        row[f"Attribute {number} global"] = head[f"Attribute {number} global"]
    return row


def _parent(variant: Record, sku: str, kept: Mapping[str, str]) -> str:
    told = kept_of(variant).get("Parent", "")
    if told and told == f"id:{kept.get('ID', '')}":
        return told
    return sku or f"id:{kept.get('ID', '')}"
