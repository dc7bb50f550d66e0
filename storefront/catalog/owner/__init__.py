"""What owners do about the catalogue: products, categories, pages, menus, redirects, imports."""

from __future__ import annotations

from storefront.catalog.owner import importing, parts, product, products, redirects, shelves
from storefront.catalog.owner.frame import blueprint, init_app

__all__ = ["blueprint", "importing", "init_app", "parts", "product", "products", "redirects", "shelves"]
