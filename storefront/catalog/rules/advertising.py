"""What an owner wrote down for advertisements: Google's category, whom a thing is for, labels of campaigns.

It comes from columns of Shopify's files, from columns of the same name in the shop's own format, or from
attributes of a product with these keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LABELS = tuple(f"custom_label_{number}" for number in range(5))
FIELDS = ("google_product_category", "gender", "age_group", *LABELS)
# These words are for a machine: pages and facets do not show them.
HIDDEN = ("google_product_category", *LABELS)
WORDS = {
    "gender": ("male", "female", "unisex"),
    "age_group": ("newborn", "infant", "toddler", "kids", "adult"),
    "condition": ("new", "refurbished", "used"),
}
LONGEST = {"google_product_category": 750, **dict.fromkeys(LABELS, 100)}
_SHOPIFY = "Google Shopping / "
_COLUMNS = {
    "google_product_category": "Google Product Category",
    "gender": "Gender",
    "age_group": "Age Group",
    "mpn": "MPN",
    "condition": "Condition",
    **{label: label.replace("_", " ").title() for label in LABELS},
}
NEEDS_DELIVERY = "Variant Requires Shipping"
Extra = Mapping[str, Any] | None


def written_for_ads(
    variant: Extra, product: Extra = None, attributes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The fields that are known, by name, with `mpn` and `condition`; `variant` and `product` are kept cells.

    What a variant says counts before what its product's attributes say, and those before the product's file.
    """
    sources = [_cells(variant), attributes or {}, _cells(product)]
    found: dict[str, str] = {}
    for name in _COLUMNS:
        known = (_fitting(name, source.get(name, "")) for source in sources)
        value = next((text for text in known if text), "")
        if value:
            found[name] = value
    return found


def _cells(extra: Extra) -> dict[str, str]:
    """Cells that formats kept, by the name of the field."""
    kept = extra or {}
    own, shopify = kept.get("regulars") or {}, kept.get("shopify") or {}
    return {name: own.get(name) or shopify.get(_SHOPIFY + column, "") for name, column in _COLUMNS.items()}


def _fitting(name: str, text: Any) -> str:
    """The text as the feed takes it; nothing where it is none of the words that it must be."""
    words = " ".join(str(text or "").split())
    if name in WORDS:
        return words.lower() if words.lower() in WORDS[name] else ""
    return words[: LONGEST.get(name, 70)]


def needs_delivery(extra: Extra) -> bool:
    """Whether somebody has to bring it: not so for gift cards and files, where their file says it."""
    return ((extra or {}).get("shopify") or {}).get(NEEDS_DELIVERY, "") != "false"
