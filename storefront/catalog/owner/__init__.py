"""What owners do about the catalogue: products, categories, pages, menus, redirects, imports."""

from __future__ import annotations

from storefront.catalog.owner import parts, product, products
from storefront.catalog.owner.frame import blueprint, init_app

__all__ = ["blueprint", "init_app", "parts", "product", "products"]
