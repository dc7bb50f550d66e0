"""Declared needs: what the owner knows goes together, before anybody bought it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.catalog import service as catalog
from storefront.core.console import staff
from storefront.core.database import transaction
from storefront.core.errors import Refusal
from storefront.core.pages import private_page
from storefront.personalization.owner.blueprint import blueprint
from storefront.personalization.service import declaring

Answer = str | Response | tuple[str, int]
LONGEST_SKU = 80


@blueprint.get("/console/needs")
@staff("products.read")
def needs() -> Answer:
    """Every need with its switch, and the form for one more."""
    return _shown({})


@blueprint.post("/console/needs")
@staff("products.write")
def declare() -> Answer:
    """One more need."""
    wrong: dict[str, str] = {}
    sides = []
    for name in declaring.SIDES:
        try:
            sides.append(declaring.read_side(name, _category(f"{name}_category"), _sku(f"{name}_sku")))
        except Refusal as error:
            wrong[error.field or ""] = error.message
    if not wrong:
        try:
            with transaction() as tx:
                declaring.declare(tx, *sides)
        except Refusal as error:
            wrong[error.field or ""] = error.message
    if wrong:
        return _shown(wrong), 422
    flash(_("Declared. The shop shows it at once."))
    return _back()


@blueprint.post("/console/needs/<int:need_id>/switch")
@staff("products.write")
def switch(need_id: int) -> Answer:
    """On or off."""
    active = request.form.get("active") == "1"
    with transaction() as tx:
        declaring.switch(tx, need_id, active)
    flash(_("It counts again.") if active else _("It does not count any more."))
    return _back()


@blueprint.post("/console/needs/<int:need_id>/remove")
@staff("products.write")
def remove(need_id: int) -> Answer:
    """Away with it."""
    with transaction() as tx:
        declaring.remove(tx, need_id)
    flash(_("Removed."))
    return _back()


def _shown(wrong: dict[str, str]) -> str:
    page = private_page("console-needs", _("Declared needs"))
    return render_template(
        "personalization/owner/needs.html",
        page=page,
        needs=declaring.list_needs(),
        categories=[("", _("none")), *catalog.category_choices()],
        wrong=wrong,
        given=request.form,
    )


def _category(field: str) -> int | None:
    given = request.form.get(field, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _sku(field: str) -> str:
    return request.form.get(field, "").replace("\x00", "").strip()[:LONGEST_SKU]


def _back() -> Response:
    return redirect(url_for("personalization_owner.needs"), 303)
