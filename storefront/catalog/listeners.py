"""What the catalogue tells the core."""

from __future__ import annotations

from storefront.core.imports.registry import Importer
from storefront.hookspecs import hookimpl
from storefront.catalog.service import importing


@hookimpl
def register_importers() -> list[Importer]:
    """Products, categories, pages and menus."""
    return importing.importers()
