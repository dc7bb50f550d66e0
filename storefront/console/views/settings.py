"""What an owner sets for the shop: one page for each group that features registered."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.console.service import settings as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import staff
from storefront.core.errors import Refusal


@blueprint.get("/console/settings")
@staff("settings.write")
def settings() -> tuple[str, int]:
    """Every group with what stands in it."""
    return show("settings", _("Settings"), groups=service.groups())


@blueprint.route("/console/settings/<group>", methods=["GET", "POST"])
@staff("settings.write")
def settings_group(group: str) -> Response | tuple[str, int]:
    """The fields of one group."""
    section = service.get_group(group)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            changed = service.save_group(section, request.form)
        except Refusal as refusal:
            errors = {refusal.field or "": refusal.message}
        else:
            flash(_("Saved.") if changed else _("Nothing was changed."))
            return redirect(url_for("console.settings_group", group=group), 303)
    fields = service.fields(section, request.form if errors else None)
    status = 422 if errors else 200
    return show("settings_group", section.title, status, section=section, fields=fields, errors=errors)
