"""A product as files carry it: one plain record, the same for every format, and what merging two of them
means.

A record is made of dictionaries, lists, texts and numbers only, so that it can wait in a staging file:

    handle        the slug
    fields        status, brand, product_type, tax_class, age_limit, visible_from, visible_until, tags,
    category
    categories    handles of every category it stands in, the main one first
    texts         locale -> title, subtitle, description, seo_title, seo_description
    options       [{key, names: {locale: name}}], at most three
    attributes    [{key, value, names: {locale: name}, texts: {locale: value}}]
    variants      [{sku, values: [{key, labels: {locale: label}, perhaps swatch}],
                  fields: {barcode, price_minor, compare_at_minor,
                  weight_grams}, stock (None: not counted), backorder, extra}]
    pictures      [{source, sku, alts: {locale: text}}], in their order
    extra         format -> column -> cell: what a format knows and the shop does not

What a file does not say is left out of its record, and merging leaves it as it is.
"""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

PRODUCT_FIELDS = (
    "status", "brand", "product_type", "tax_class", "age_limit", "visible_from", "visible_until", "tags",
    "category",
)  # fmt: skip
TEXT_FIELDS = ("title", "subtitle", "description", "seo_title", "seo_description")
VARIANT_FIELDS = ("barcode", "price_minor", "compare_at_minor", "weight_grams")
STATUSES = ("active", "draft", "archived")


def empty_record(handle: str) -> Record:
    """A product of which nothing is known yet."""
    return {
        "handle": handle,
        "fields": {**dict.fromkeys(PRODUCT_FIELDS), "status": "active", "tags": "", "category": ""},
        "categories": [],
        "texts": {},
        "options": [],
        "attributes": [],
        "variants": [],
        "pictures": [],
        "extra": {},
    }


def empty_variant(sku: str) -> Record:
    """A variant of which nothing is known yet."""
    fields = {**dict.fromkeys(VARIANT_FIELDS), "price_minor": 0}
    return {"sku": sku, "values": [], "fields": fields, "stock": None, "backorder": False, "extra": {}}


def merged(current: Record, wanted: Record) -> Record:
    """`current` with everything that `wanted` says. Neither is changed.

    Variants and attributes are matched by SKU and key and never dropped; options, categories and pictures
    are taken as a whole when they are given.
    """
    result = {**current, "fields": {**current["fields"], **wanted.get("fields", {})}}
    result["texts"] = merged_texts(current["texts"], wanted.get("texts", {}))
    for name in ("categories", "options", "pictures"):
        if name in wanted:
            result[name] = wanted[name]
    result["attributes"] = _by_key(
        current["attributes"], wanted.get("attributes", []), "key", _merged_attribute
    )
    result["variants"] = _by_key(current["variants"], wanted.get("variants", []), "sku", _merged_variant)
    result["extra"] = _merged_extra(current["extra"], wanted.get("extra", {}))
    return result


def merged_texts(current: dict[str, Record], wanted: dict[str, Record]) -> dict[str, Record]:
    """Texts per locale; a locale in which nothing is left is gone."""
    result = {locale: {**texts} for locale, texts in current.items()}
    for locale, texts in wanted.items():
        result[locale] = {**result.get(locale, dict.fromkeys(TEXT_FIELDS, "")), **texts}
    return {locale: texts for locale, texts in sorted(result.items()) if any(texts.values())}


def _by_key(current: list[Record], wanted: list[Record], key: str, merge: Any) -> list[Record]:
    """In the order of `wanted`, when that names all; otherwise new ones behind those that are there."""
    known = {part[key]: part for part in current}
    changed = {part[key]: merge(known.get(part[key]), part) for part in wanted}
    if set(known) <= set(changed):
        return list(changed.values())
    kept = [changed.pop(part[key], part) for part in current]
    return kept + list(changed.values())


def _merged_variant(current: Record | None, wanted: Record) -> Record:
    base = current or empty_variant(wanted["sku"])
    result = {**base, "fields": {**base["fields"], **wanted.get("fields", {})}}
    for name in ("stock", "backorder"):
        if name in wanted:
            result[name] = wanted[name]
    if "values" in wanted:
        swatches = {value["key"]: value["swatch"] for value in base["values"] if value.get("swatch")}
        result["values"] = [_with_swatch(value, swatches) for value in wanted["values"]]
    if result["stock"] is None:
        result["backorder"] = False  # what nobody counts never runs out
    result["extra"] = _merged_extra(base["extra"], wanted.get("extra", {}))
    return result


def _with_swatch(value: Record, known: dict[str, str]) -> Record:
    """A value keeps the colour that it had when a file does not name one."""
    swatch = value.get("swatch") or known.get(value["key"])
    return {**value, "swatch": swatch} if swatch else value


def _merged_attribute(current: Record | None, wanted: Record) -> Record:
    base = current or {"key": wanted["key"], "value": "", "names": {}, "texts": {}}
    return {
        "key": wanted["key"],
        "value": wanted.get("value", base["value"]),
        "names": {**base["names"], **wanted.get("names", {})},
        "texts": {**base["texts"], **wanted.get("texts", {})},
    }


def _merged_extra(current: Record, wanted: Record) -> Record:
    result = {**current}
    for format_name, cells in wanted.items():
        joined = {**result.get(format_name, {}), **cells}
        result[format_name] = {name: cell for name, cell in joined.items() if cell != ""}
    return {name: cells for name, cells in result.items() if cells}
