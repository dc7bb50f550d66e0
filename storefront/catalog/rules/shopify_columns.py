"""The columns of Shopify's product files: the classic header, the new one, and which of them mean the same.

Everywhere else in the shop a column goes by its classic name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storefront.core.imports.columns import plain_name

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
GOOGLE = "Google Shopping / "
MARKET = ("Included / ", "Price / ", "Compare At Price / ")
# Written only when a file brought them: exports carry them in one of the headers alone.
RARE = frozenset({"Google Shopping / AdWords Grouping", "Google Shopping / AdWords Labels"})
NEW_ORDER = (
    "Title", "Handle", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Status",
    "Variant SKU", "Variant Barcode", "Option1 Name", "Option1 Value", "Option1 Linked To", "Option2 Name",
    "Option2 Value", "Option2 Linked To", "Option3 Name", "Option3 Value", "Option3 Linked To",
    "Variant Price", "Variant Compare At Price", "Cost per item", "Variant Taxable", "Variant Tax Code",
    "Unit Price Total Measure", "Unit Price Total Measure Unit", "Unit Price Base Measure",
    "Unit Price Base Measure Unit", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Grams", "Variant Weight Unit", "Variant Requires Shipping",
    "Variant Fulfillment Service", "Image Src", "Image Position", "Image Alt Text", "Variant Image",
    "Gift Card", "SEO Title", "SEO Description",
)  # fmt: skip
OF_PRODUCT = frozenset(
    {
        "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Gift Card",
        "SEO Title", "SEO Description", "Status", "Option1 Name", "Option2 Name", "Option3 Name",
        "Option1 Linked To", "Option2 Linked To", "Option3 Linked To",
    }
)  # fmt: skip
OF_PICTURE = frozenset({"Image Src", "Image Position", "Image Alt Text"})
YES_NO = frozenset({"Published", "Gift Card", "Variant Requires Shipping", "Variant Taxable"})
_BY_NAME = {plain_name(name): classic for classic, new in PAIRS.items() for name in (classic, new)}


def classic_name(column: str) -> str:
    """A column by its classic name; columns of neither header (markets, metafields) keep theirs."""
    if column.startswith("Compare-at price / "):
        return "Compare At Price / " + column.removeprefix("Compare-at price / ")
    return _BY_NAME.get(plain_name(column), column)


def is_of_variant(name: str) -> bool:
    """Whether a column says something of a variant, on each of its rows."""
    if name in PAIRS:
        return name not in OF_PRODUCT and name not in OF_PICTURE and not name.startswith(GOOGLE)
    return name.startswith(MARKET[1:]) or "variant.metafields." in name


def recognise(columns: Sequence[str]) -> bool:
    """Whether a header is one of the two."""
    plain = {plain_name(column) for column in columns}
    return {"handle", "variantprice"} <= plain or {"urlhandle", "price"} <= plain


def header(kept: Sequence[str], *, classic: bool) -> list[str]:
    """Columns by classic name in the order of the wanted header; `kept` ones where exports have them."""
    more = [name for name in kept if name not in PAIRS]
    fields = sorted(name for name in more if ".metafields." in name)
    markets = sorted(
        {name.split(" / ", 1)[1] for name in more if name.startswith(MARKET) and name not in fields}
    )
    priced = [part + market for market in markets for part in MARKET]
    rest = sorted(set(more) - {*fields, *priced})
    google = [name for name in PAIRS if name.startswith(GOOGLE) and (name not in RARE or name in kept)]
    if not classic:
        return [*NEW_ORDER, *fields, *google, *priced, *rest]
    known = [name for name in PAIRS if not name.startswith(GOOGLE)]
    body, end = known[: known.index("Variant Image")], known[known.index("Variant Image") : -1]
    return [*body, *google, *fields, *end, *priced, *rest, "Status"]


def shown_name(name: str, *, classic: bool) -> str:
    """How a column is called in the wanted header."""
    return name if classic else PAIRS.get(name, name)


def shown_cells(row: Mapping[str, str], *, classic: bool) -> dict[str, str]:
    """A row in the letter case that goes with the wanted header."""
    if classic:
        return dict(row)
    cells = {
        name: cell.upper() if name in YES_NO or name == "Variant Inventory Policy" else cell
        for name, cell in row.items()
    }
    if "Status" in cells:
        cells["Status"] = cells["Status"].capitalize()
    return cells
