"""Pages of orders and payments."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ordering", __name__)

# Their routes belong to the one blueprint of the feature.
from storefront.ordering.views import fake, payments  # noqa: E402

__all__ = ["blueprint", "fake", "payments"]
