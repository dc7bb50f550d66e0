"""The checkout: contact, delivery, payment, and what comes after. No script is needed for any of it."""

from __future__ import annotations

from storefront.checkout.views import after, keeping, paying, steps  # noqa: F401 - they add their pages
from storefront.checkout.views.frame import blueprint, init_app

__all__ = ["blueprint", "init_app"]
