"""What the catalogue tells the core and puts into the console."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.catalog.service import desk_products, desk_shelves, exporting, importing
from storefront.core.console import ConsolePage, SearchHit, SearchSource, SetupStep, Todo, TodoCard
from storefront.core.imports.registry import Exporter, Importer
from storefront.hookspecs import hookimpl


@hookimpl
def register_importers() -> list[Importer]:
    """Products, categories, pages and menus."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """The same, written."""
    return exporting.exporters()


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """Products, where the shop's work is; what the shop consists of, under its heading."""
    return [
        ConsolePage(
            "products",
            _l("Products"),
            "catalog_owner.products",
            "work",
            20,
            "products.read",
            "products",
            shortcut="p",
        ),
        ConsolePage(
            "categories", _l("Categories"), "catalog_owner.categories", "shop", 10, "products.read", "cols"
        ),
        ConsolePage("pages", _l("Pages and menus"), "catalog_owner.pages", "shop", 20, "pages.write", "page"),
    ]


@hookimpl
def register_console_search() -> list[SearchSource]:
    """Products by title or SKU."""
    return [SearchSource("products", _l("Products"), "products.read", 20, _find_products)]


def _find_products(words: str, limit: int) -> list[SearchHit]:
    return [
        SearchHit(
            row.title,
            url_for("catalog_owner.product", product_id=row.id),
            row.sku or "",
            "" if row.status == "active" else desk_products.status_words(row)[0],
        )
        for row in desk_products.find_products(words, limit)
    ]


@hookimpl
def register_todo_cards() -> list[TodoCard]:
    """Products that are on show without a picture."""
    return [TodoCard("bare_products", "products.write", 400, _bare)]


def _bare() -> Todo | None:
    bare = desk_products.counts().bare or 0
    if not bare:
        return None
    return Todo(
        count=bare,
        title=ngettext("%(num)s product has no picture", "%(num)s products have no picture", bare),
        url=url_for("catalog_owner.products", status="active", lacks="picture"),
        action=_("Add pictures"),
    )


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    """A shop has something to sell, and shows it."""
    return [
        SetupStep(
            "product",
            _l("Add the first product, or import a file"),
            _l("There are products on show"),
            "catalog_owner.products",
            "products.write",
            10,
            lambda: bool(desk_products.counts().active),
        ),
        SetupStep(
            "pictures",
            _l("Give each product a picture"),
            _l("Each product has a picture"),
            "catalog_owner.products",
            "products.write",
            20,
            _all_pictured,
            (("lacks", "picture"),),
        ),
        SetupStep(
            "delivery_page",
            _l("Write the pages about delivery and returns"),
            _l("Delivery and returns are explained"),
            "catalog_owner.pages",
            "pages.write",
            60,
            lambda: desk_shelves.has_page(("delivery", "shipping", "returns")),
        ),
    ]


def _all_pictured() -> bool:
    found = desk_products.counts()
    return bool(found.active) and not found.bare
