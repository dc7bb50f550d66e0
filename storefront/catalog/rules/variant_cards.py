"""One variant as carts and orders show it."""

from __future__ import annotations

from dataclasses import dataclass

from storefront.catalog.rules.values import Picture
from storefront.core.money import Money


@dataclass(frozen=True, slots=True)
class VariantCard:
    """A variant with its words in one language. `options` are its values in words: "Green, small".

    `on_show`: somebody could buy it today if there were any. `available` None means that nobody counts it.
    """

    variant_id: int
    product_id: int
    sku: str
    title: str
    url: str
    price: Money
    on_show: bool
    available: int | None
    backorder: bool
    lang: str | None = None
    options: str = ""
    brand: str | None = None
    hue: str | None = None
    picture: Picture | None = None
    compare_at: Money | None = None
    age_limit: int | None = None
    category_id: int | None = None
