"""The columns of Shopify's product files: the classic header, the new one, and which of them mean the same."""

from __future__ import annotations

from collections.abc import Sequence

# classic -> new
PAIRS = {
    "Handle": "URL handle",
    "Title": "Title",
    "Body (HTML)": "Description",
    "Vendor": "Vendor",
    "Product Category": "Product category",
    "Type": "Type",
    "Tags": "Tags",
    "Published": "Published on online store",
    "Option1 Name": "Option1 name",
    "Option1 Value": "Option1 value",
    "Option1 Linked To": "Option1 Linked To",
    "Option2 Name": "Option2 name",
    "Option2 Value": "Option2 value",
    "Option2 Linked To": "Option2 Linked To",
    "Option3 Name": "Option3 name",
    "Option3 Value": "Option3 value",
    "Option3 Linked To": "Option3 Linked To",
    "Variant SKU": "SKU",
    "Variant Grams": "Weight value (grams)",
    "Variant Inventory Tracker": "Inventory tracker",
    "Variant Inventory Qty": "Inventory quantity",
    "Variant Inventory Policy": "Continue selling when out of stock",
    "Variant Fulfillment Service": "Fulfillment service",
    "Variant Price": "Price",
    "Variant Compare At Price": "Compare-at price",
    "Variant Requires Shipping": "Requires shipping",
    "Variant Taxable": "Charge tax",
    "Unit Price Total Measure": "Unit price total measure",
    "Unit Price Total Measure Unit": "Unit price total measure unit",
    "Unit Price Base Measure": "Unit price base measure",
    "Unit Price Base Measure Unit": "Unit price base measure unit",
    "Variant Barcode": "Barcode",
    "Image Src": "Product image URL",
    "Image Position": "Image position",
    "Image Alt Text": "Image alt text",
    "Gift Card": "Gift card",
    "SEO Title": "SEO title",
    "SEO Description": "SEO description",
    "Google Shopping / Google Product Category": "Google Shopping / Google product category",
    "Google Shopping / Gender": "Google Shopping / Gender",
    "Google Shopping / Age Group": "Google Shopping / Age group",
    "Google Shopping / MPN": "Google Shopping / Manufacturer part number (MPN)",
    "Google Shopping / AdWords Grouping": "Google Shopping / Ad group name",
    "Google Shopping / AdWords Labels": "Google Shopping / Ads labels",
    "Google Shopping / Condition": "Google Shopping / Condition",
    "Google Shopping / Custom Product": "Google Shopping / Custom product",
    "Google Shopping / Custom Label 0": "Google Shopping / Custom label 0",
    "Google Shopping / Custom Label 1": "Google Shopping / Custom label 1",
    "Google Shopping / Custom Label 2": "Google Shopping / Custom label 2",
    "Google Shopping / Custom Label 3": "Google Shopping / Custom label 3",
    "Google Shopping / Custom Label 4": "Google Shopping / Custom label 4",
    "Variant Image": "Variant image URL",
    "Variant Weight Unit": "Weight unit for display",
    "Variant Tax Code": "Tax code",
    "Cost per item": "Cost per item",
    "Status": "Status",
}
CLASSIC_OF = {new: classic for classic, new in PAIRS.items()}
NEW_ORDER = (
    "Title", "Handle", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Status",
    "Variant SKU", "Variant Barcode", "Option1 Name", "Option1 Value", "Option1 Linked To", "Option2 Name",
    "Option2 Value", "Option2 Linked To", "Option3 Name", "Option3 Value", "Option3 Linked To", "Variant Price",
    "Variant Compare At Price", "Cost per item", "Variant Taxable", "Variant Tax Code", "Unit Price Total Measure",
    "Unit Price Total Measure Unit", "Unit Price Base Measure", "Unit Price Base Measure Unit",
    "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy", "Variant Grams",
    "Variant Weight Unit", "Variant Requires Shipping", "Variant Fulfillment Service", "Image Src",
    "Image Position", "Image Alt Text", "Variant Image", "Gift Card", "SEO Title", "SEO Description",
)  # fmt: skip
OF_PRODUCT = frozenset(
    {
        "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Gift Card", "SEO Title",
        "SEO Description", "Status", "Option1 Name", "Option2 Name", "Option3 Name", "Option1 Linked To",
        "Option2 Linked To", "Option3 Linked To",
    }
)  # fmt: skip


def classic_name(column: str) -> str:
    """A column by its classic name; columns of neither header (markets, metafields) keep theirs."""
    return CLASSIC_OF.get(column, column)


def is_of_product(name: str) -> bool:
    """Whether a column stands on a product's first row only."""
    return name in OF_PRODUCT or name.startswith(("Google Shopping / ", "Included / ")) or ".metafields." in name


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is one of the two."""
    given = set(columns)
    return {"Handle", "Variant Price"} <= given or {"URL handle", "Price"} <= given


def header(kept: Sequence[str], *, classic: bool) -> list[str]:
    """Columns by their classic names, in the order of the wanted header, `kept` ones behind."""
    if classic:
        order = list(PAIRS)
    else:
        order = [*NEW_ORDER, *(name for name in PAIRS if name.startswith("Google Shopping / "))]
    return order + sorted(set(kept) - set(order))


def shown_name(name: str, *, classic: bool) -> str:
    """How a column is called in the wanted header."""
    return name if classic else PAIRS.get(name, name)
