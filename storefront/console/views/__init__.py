"""Pages of the frame: today, search, the log, the staff, settings, the system, and the way in."""

from __future__ import annotations

from storefront.console.views import (  # noqa: F401 - they add their pages to the blueprint
    audit,
    entry,
    finding,
    notes,
    settings,
    staff,
    system,
    today,
)
from storefront.console.views.frame import blueprint, init_app

__all__ = ["blueprint", "init_app"]
