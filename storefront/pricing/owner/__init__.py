"""What owners do about prices: taxes, delivery, discounts and codes, trying out what a cart costs."""

from __future__ import annotations

from storefront.pricing.owner import codes, delivery, discounts, taxes, trying
from storefront.pricing.owner.frame import blueprint

__all__ = ["blueprint", "codes", "delivery", "discounts", "taxes", "trying"]
