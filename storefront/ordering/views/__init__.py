"""Pages of orders and payments."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ordering", __name__)

# Their routes belong to the one blueprint of the feature.
from storefront.ordering.views import account, fake, orders, payments  # noqa: E402

__all__ = ["account", "blueprint", "fake", "orders", "payments"]
