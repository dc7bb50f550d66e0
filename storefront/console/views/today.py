"""The first page: what waits, how today goes, what is left to set up."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.console.service import today as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import staff


@blueprint.get("/console")
@staff()
def today() -> tuple[str, int]:
    """To-dos first, then figures beside the usual, and the guide until the shop is live."""
    return show("today", _("Today"), today=service.today())
