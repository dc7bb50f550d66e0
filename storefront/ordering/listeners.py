"""What orders tell the core."""

from __future__ import annotations

from storefront.core.imports.registry import Importer
from storefront.hookspecs import hookimpl
from storefront.ordering.service import importing


@hookimpl
def register_importers() -> list[Importer]:
    """Histories of orders."""
    return importing.importers()
