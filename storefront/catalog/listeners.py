"""What the catalogue tells the core."""

from __future__ import annotations

from storefront.catalog.service import exporting, importing
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
