"""Records written as Shopify's product files. Columns go by their classic names; see shopify_columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storefront.catalog.rules.file_cells import MADE_UP, clean_html, label_of, made_up_sku, text_of
from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.rules.records import Record, empty_variant
from storefront.catalog.rules.shopify import NAME, ONLY_OPTION, ONLY_VALUE, USUAL
from storefront.catalog.rules.shopify_columns import is_of_variant
from storefront.core.imports.writing import plain_decimal

Cells = dict[str, str]


def product_rows(record: Record, digits: int, locale: str, paths: Mapping[str, str]) -> Iterator[Cells]:
    """A product as rows: one per variant, further ones for further pictures.

    `paths` gives the titles on the way to each category.
    """
    # Shopify knows no product without a variant.
    variants, pictures = record["variants"] or [_nothing_to_sell(record)], record["pictures"]
    for place in range(max(1, len(variants), len(pictures))):
        row = {"Handle": record["handle"]}
        if place == 0:
            row |= _head_cells(record, locale, paths)
        if place < len(variants):
            row |= _variant_cells(record, variants[place], digits, locale)
        if place < len(pictures):
            alt = label_of(pictures[place]["alts"], locale, "")
            row |= {
                "Image Src": pictures[place]["source"],
                "Image Position": str(place + 1),
                "Image Alt Text": alt,
            }
        yield row


def _nothing_to_sell(record: Record) -> Record:
    sku = made_up_sku(record["handle"], [])
    return {**empty_variant(sku), "extra": {NAME: {MADE_UP: sku}}}


def kept_of(part: Mapping[str, Any]) -> Mapping[str, str]:
    """What only this format knows of a product or variant."""
    return part["extra"].get(NAME, {})


def _head_cells(record: Record, locale: str, paths: Mapping[str, str]) -> Cells:
    texts, fields, kept = text_of(record, locale), record["fields"], kept_of(record)
    usual = {name: cell for name, cell in USUAL.items() if not is_of_variant(name)}
    status, published = _status(record, kept)
    cells = {
        **usual,
        **kept,
        "Title": texts.get("title", ""),
        "Body (HTML)": _body(texts.get("description", ""), kept),
        "SEO Title": texts.get("seo_title", ""),
        "SEO Description": texts.get("seo_description", ""),
        "Vendor": fields["brand"] or "",
        "Type": _type(record, kept, paths),
        "Tags": ", ".join(part for part in fields["tags"].split("|") if part),
        "Status": status,
        "Published": published,
    }
    options = [label_of(option["names"], locale, option["key"]) for option in record["options"]] or [
        ONLY_OPTION
    ]
    return cells | {f"Option{number} Name": name for number, name in enumerate(options, start=1)}


def _status(record: Record, kept: Mapping[str, str]) -> tuple[str, str]:
    """Status and Published; what only Shopify tells apart from a draft is told as it came."""
    status, told = record["fields"]["status"], kept.get("Status")
    if status == "draft" and told:
        return told, kept.get("Published", "true")
    return status, "true" if status == "active" else kept.get("Published", "false")


def _body(description: str, kept: Mapping[str, str]) -> str:
    """What the file had, as long as the shop says the same."""
    body = kept.get("Body (HTML)", "")
    return body if body and clean_html(body) == description else description


def _type(record: Record, kept: Mapping[str, str], paths: Mapping[str, str]) -> str:
    """The type, or the way to the main category unless Shopify's own category says it already."""
    fields = record["fields"]
    if fields["product_type"] or not fields["category"]:
        return fields["product_type"] or ""
    told = category_steps(kept.get("Product Category", ""))
    return "" if told and category_handle(told) == fields["category"] else paths.get(fields["category"], "")


def _variant_cells(record: Record, variant: Record, digits: int, locale: str) -> Cells:
    fields, kept = variant["fields"], dict(kept_of(variant))
    made_up = kept.pop(MADE_UP, None)
    usual = {name: cell for name, cell in USUAL.items() if is_of_variant(name)}
    compare_at = fields["compare_at_minor"]
    cells = {
        **usual,
        **kept,
        **_stock_cells(variant, kept),
        "Variant SKU": "" if variant["sku"] == made_up else variant["sku"],
        "Variant Price": plain_decimal(fields["price_minor"], digits),
        "Variant Barcode": fields["barcode"] or "",
        "Variant Grams": "" if fields["weight_grams"] is None else str(fields["weight_grams"]),
        "Variant Image": _picture(record, variant, kept),
    }
    if compare_at is not None:
        cells["Variant Compare At Price"] = plain_decimal(compare_at, digits)
    labels = [label_of(value["labels"], locale, value["key"]) for value in variant["values"]]
    if not labels:
        labels = [ONLY_VALUE if len(record["variants"]) <= 1 else variant["sku"]]
    return cells | {f"Option{number} Value": label for number, label in enumerate(labels, start=1)}


def _stock_cells(variant: Record, kept: Mapping[str, str]) -> Cells:
    if variant["stock"] is None:
        policy = kept.get("Variant Inventory Policy", "deny")
        return {"Variant Inventory Tracker": "", "Variant Inventory Policy": policy}
    # Oversold pieces are none here; the file's own count stands until some come in.
    below = kept.get("Variant Inventory Qty", "") if variant["stock"] == 0 else ""
    return {
        "Variant Inventory Tracker": kept.get("Variant Inventory Tracker", NAME),
        "Variant Inventory Qty": below if below.startswith("-") else str(variant["stock"]),
        "Variant Inventory Policy": "continue" if variant["backorder"] else "deny",
    }


def _picture(record: Record, variant: Record, kept: Mapping[str, str]) -> str:
    """Its own picture, or one that it shares as long as the product has it."""
    own = [picture["source"] for picture in record["pictures"] if picture["sku"] == variant["sku"]]
    shared = kept.get("Variant Image", "")
    return (
        own[0]
        if own
        else shared
        if any(picture["source"] == shared for picture in record["pictures"])
        else ""
    )
