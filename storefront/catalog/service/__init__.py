"""What the catalogue answers and does: queries for pages, commands for owners and importers."""

from __future__ import annotations

from typing import Any

from storefront.catalog.service.cards import ON_A_SHELF, STRANGER, Viewer, load_cards
from storefront.catalog.service.catalogue_feeds import merchant_feed, robots_txt, sitemap_index, sitemap_part
from storefront.catalog.service.content import department_alcoves, find_page, get_page, init_content
from storefront.catalog.service.discreet import Marks, sensitive_marks
from storefront.catalog.service.editing import (
    NewProduct,
    add_option,
    add_variant,
    archive_product,
    attach_picture,
    create_product,
    rename_product,
    set_attribute,
    set_categories,
    set_price,
    set_status,
    set_texts,
    touch_product,
    update_product,
)
from storefront.catalog.service.facets import init_facets
from storefront.catalog.service.heads import content_head, home_head, product_head
from storefront.catalog.service.indexing import reindex, reindex_all, reindex_categories, reindex_pages
from storefront.catalog.service.lookups import (
    find_target,
    newest_cards,
    products_by_sku,
    products_within,
    skus_of,
    titles_of,
    variant_ids,
)
from storefront.catalog.service.navigation import (
    category_choices,
    category_link,
    departments,
    home,
    init_navigation,
    menus,
)
from storefront.catalog.service.pictures import (
    Prepared,
    prepare_picture,
    send_picture,
    store_picture,
    write_files,
)
from storefront.catalog.service.pieces import card_part, init_pieces, remembered
from storefront.catalog.service.previews import init_previews
from storefront.catalog.service.products import get_product
from storefront.catalog.service.redirects import add_redirect, find_redirect
from storefront.catalog.service.searching import (
    MISS_JOB,
    init_searching,
    list_misses,
    record_miss,
    report_miss,
)
from storefront.catalog.service.selling import SoldVariant, sold_variants
from storefront.catalog.service.shelves import show_category, show_search, show_suggestions
from storefront.catalog.service.shelving import (
    create_category,
    move_category,
    publish_release,
    rename_category,
    save_page,
    set_category_texts,
    set_menu,
)
from storefront.catalog.service.surroundings import text_parameters
from storefront.catalog.service.variants import find_variant, load_variants

__all__ = [
    "MISS_JOB",
    "ON_A_SHELF",
    "STRANGER",
    "Marks",
    "NewProduct",
    "Prepared",
    "SoldVariant",
    "Viewer",
    "add_option",
    "add_redirect",
    "add_variant",
    "archive_product",
    "attach_picture",
    "card_part",
    "category_choices",
    "category_link",
    "content_head",
    "create_category",
    "create_product",
    "department_alcoves",
    "departments",
    "find_page",
    "find_redirect",
    "find_target",
    "find_variant",
    "get_page",
    "get_product",
    "home",
    "home_head",
    "init_catalog",
    "list_misses",
    "load_cards",
    "load_variants",
    "menus",
    "merchant_feed",
    "move_category",
    "newest_cards",
    "prepare_picture",
    "product_head",
    "products_by_sku",
    "products_within",
    "publish_release",
    "record_miss",
    "reindex",
    "reindex_all",
    "reindex_categories",
    "reindex_pages",
    "remembered",
    "rename_category",
    "rename_product",
    "report_miss",
    "robots_txt",
    "save_page",
    "send_picture",
    "sensitive_marks",
    "set_attribute",
    "set_categories",
    "set_category_texts",
    "set_menu",
    "set_price",
    "set_status",
    "set_texts",
    "show_category",
    "show_search",
    "show_suggestions",
    "sitemap_index",
    "sitemap_part",
    "skus_of",
    "sold_variants",
    "store_picture",
    "text_parameters",
    "titles_of",
    "touch_product",
    "update_product",
    "variant_ids",
    "write_files",
]


def init_catalog(app: Any) -> None:
    """Give one app its memories: navigation, pages, facet counts, words, rendered cards."""
    for init in (init_navigation, init_content, init_facets, init_searching, init_pieces, init_previews):
        init(app)
