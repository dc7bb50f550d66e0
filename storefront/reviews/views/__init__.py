"""Pages of wish lists, of lists shared by a link, and of requests to be told when something is back."""

from __future__ import annotations

from storefront.reviews.views import shared, waiting
from storefront.reviews.views.blueprint import blueprint
from storefront.reviews.views.wishlist import init_app

__all__ = ["blueprint", "init_app", "shared", "waiting"]
