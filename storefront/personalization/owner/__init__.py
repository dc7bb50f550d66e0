"""What owners decide about recommendations."""

from __future__ import annotations

from storefront.personalization.owner import needs
from storefront.personalization.owner.blueprint import blueprint

__all__ = ["blueprint", "needs"]
