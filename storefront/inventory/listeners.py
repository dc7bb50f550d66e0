"""What the inventory tells the core."""

from __future__ import annotations

from storefront.core.health import Invariant
from storefront.core.imports.registry import Importer
from storefront.hookspecs import hookimpl
from storefront.inventory.service import checks, importing


@hookimpl
def register_invariants() -> list[Invariant]:
    """Movements explain the stock, holds explain what is held, nothing is held too long or below zero."""
    return [
        Invariant("stock is the sum of its movements", checks.unexplained),
        Invariant("held pieces are those of the holds", checks.held_by_nobody),
        Invariant("no hold outlives its end by a minute", checks.held_too_long),
        Invariant("no stock is below zero", checks.negative),
    ]


@hookimpl
def register_importers() -> list[Importer]:
    """The stock column of catalogue files."""
    return importing.importers()
