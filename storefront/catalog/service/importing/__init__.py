"""Products, categories, pages and menus out of files, and products out of order histories."""

from __future__ import annotations

from storefront.catalog.service.importing.history import (
    HistoryCategories,
    HistoryProducts,
    find_variants,
    known_variants,
)

__all__ = ["HistoryCategories", "HistoryProducts", "find_variants", "known_variants"]
