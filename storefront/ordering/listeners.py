"""What orders tell the core."""

from __future__ import annotations

from storefront.core.imports.registry import Exporter, Importer
from storefront.hookspecs import hookimpl
from storefront.ordering.service import exporting, importing


@hookimpl
def register_importers() -> list[Importer]:
    """Histories of orders."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """Orders and returns, written."""
    return exporting.exporters()
