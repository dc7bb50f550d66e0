"""What owners decide about recommendations."""

from __future__ import annotations

from storefront.personalization.owner import inspecting, merchandising, needs
from storefront.personalization.owner.blueprint import blueprint

__all__ = ["blueprint", "inspecting", "merchandising", "needs"]
