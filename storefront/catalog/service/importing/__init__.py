"""Products, categories, pages and menus out of files, and products out of order histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from storefront.catalog.rules import own_format, shopify_columns, woocommerce_cells
from storefront.catalog.service import indexing
from storefront.catalog.service.importing.history import (
    HistoryCategories,
    HistoryProducts,
    find_variants,
    known_variants,
    sku_of_products,
)
from storefront.catalog.service.importing.own import stage_own
from storefront.catalog.service.importing.products import Products
from storefront.catalog.service.importing.shopify import stage_shopify
from storefront.catalog.service.importing.things import Categories, MenuItems, Pages, Releases, SearchEntries
from storefront.catalog.service.importing.woocommerce import stage_woocommerce
from storefront.core.imports.registry import Format, Importer

OWNED = frozenset(
    {
        "category_text", "product_text", "product_category", "product_attribute",
        "product_attribute_text", "option",
        "option_text", "option_value", "option_value_text", "variant", "product_picture",
        "product_picture_text",
        "release", "release_text", "content_page_text", "menu_item_text",
    }
)  # fmt: skip


def importers() -> list[Importer]:
    """What `regulars import catalog` reads, and how it is applied."""
    formats = (
        Format("regulars", own_format.recognise, stage_own),
        Format("shopify", shopify_columns.recognise, stage_shopify),
        Format("woocommerce", woocommerce_cells.recognise, stage_woocommerce),
    )
    targets = (Categories(), Products(), Releases(), Pages(), MenuItems(), SearchEntries())
    return [Importer("catalog", formats, targets, owned=OWNED, removed=forget)]


def forget(tx: Session, table: str, ids: Sequence[int]) -> None:
    """Takes rows that an undo removed or restored out of the search index, or puts them back as they are."""
    again: Mapping[str, object] = {
        "product": indexing.reindex,
        "category": indexing.reindex_categories,
        "content_page": indexing.reindex_pages,
    }
    if table in again:
        again[table](tx, ids)  # type: ignore[operator]


__all__ = [
    "HistoryCategories",
    "HistoryProducts",
    "SearchEntries",
    "find_variants",
    "forget",
    "importers",
    "known_variants",
    "sku_of_products",
]
