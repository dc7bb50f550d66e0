"""One search over everything that the console knows."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _

from storefront.console.service import finding as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import staff


@blueprint.get("/console/search")
@staff()
def search() -> str | tuple[str, int]:
    """What was found, by kind; with `part=1` only the list, for the dialog."""
    words = " ".join(request.args.get("q", "").replace("\0", "").split())[:200]
    found = service.find(words)
    if request.args.get("part") == "1":
        return render_template("console/_found.html", find_words=words, found=found)
    return show("search", _("Search"), find_words=words, found=found)
