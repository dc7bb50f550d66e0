"""Owner: old addresses and where they lead, and what people searched for in vain."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.catalog import service
from storefront.catalog.owner.frame import Answer, blueprint, go, saved, show
from storefront.catalog.service import desk_shelves, shelf_editing
from storefront.catalog.service import tables as t
from storefront.core.console import Column, Given, IndexSpec, IndexState, load_index, staff

REDIRECTS = IndexSpec(
    key="redirects",
    endpoint="catalog_owner.redirects",
    title=_l("Redirects"),
    columns=(
        Column("old", _l("Old address"), sort=t.redirect.c.old_path),
        Column("new", _l("Leads to"), sort=t.redirect.c.new_path, phone="three"),
        Column("since", _l("Since"), sort=t.redirect.c.created_at, number=True, phone="top-r"),
        Column("remove", _l("Remove"), phone="three"),
    ),
    row_key=lambda row: row.old_path,
    row_key_column=t.redirect.c.old_path,
    row_name=lambda row: row.old_path,
    search=desk_shelves.path_like,
    search_hint=_l("Part of an address"),
    sort="-since",
)


@blueprint.get("/console/redirects")
@staff("pages.write")
def redirects() -> Answer:
    """Old addresses and where they lead."""
    return _redirects()


def _redirects(known: Any = None, wrong: dict[str, str] | None = None) -> Answer:
    index = load_index(IndexState.read(REDIRECTS, request.args), desk_shelves.redirects())
    places = {row.old_path: place for place, row in enumerate(index.rows)}
    more = {"known": known or {}, "wrong": wrong or {}, "loop_key": lambda row: places[row.old_path]}
    return show("redirects", "redirects", _("Redirects"), 422 if wrong else 200, index=index, **more)


@blueprint.post("/console/redirects")
@staff("pages.write")
def redirect_save() -> Answer:
    """Lead an old address somewhere."""
    given = Given(request.form)
    old, new = given.text("old_path", 500), given.text("new_path", 500)
    _done, problems = saved(given, lambda tx: shelf_editing.save_redirect(tx, old, new))
    if problems:
        return _redirects(request.form, problems)
    flash(_("It leads there from now on."))
    return go("redirects")


@blueprint.post("/console/redirects/remove")
@staff("pages.write")
def redirect_remove() -> Answer:
    """Let an old address be unknown again."""
    old = request.form.get("old_path", "")[:500].replace("\0", "")
    saved(Given({}), lambda tx: shelf_editing.remove_redirect(tx, old))
    flash(_("The redirect is gone."))
    return go("redirects")


@blueprint.get("/console/misses")
@staff("products.read")
def misses() -> Answer:
    """What people searched for and did not find, the most frequent first."""
    return show("misses", "misses", _("Searches without result"), misses=service.list_misses(200))
