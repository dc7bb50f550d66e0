"""What other features may ask of orders."""

from __future__ import annotations

from storefront.ordering.service.counting import count_rows

__all__ = ["count_rows"]
