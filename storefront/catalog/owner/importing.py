"""Owner: importing a file: send it, see what would happen, apply it, take it back."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from storefront.catalog.owner.frame import Answer, blueprint, go, show
from storefront.catalog.service import desk_imports
from storefront.core.console import Given, staff
from storefront.core.errors import NotFound, Refusal
from storefront.core.i18n import current_language
from storefront.core.permissions import may

# Who may bring in what; a kind that a later feature adds is the settings' business.
NEEDED = {"catalog": "products.write", "customers": "customers.write", "orders": "orders.write"}
COLUMNS_SHOWN = 200


def _kinds() -> list[tuple[str, str]]:
    names = {
        "catalog": _("Products, categories, pages and menus"),
        "customers": _("Customers"),
        "orders": _("Orders"),
        "events": _("Behaviour"),
    }
    return [(kind, names.get(kind, kind)) for kind in desk_imports.kinds() if _may(kind)]


def _may(kind: str) -> bool:
    return may(current_user.role, NEEDED.get(kind, "settings.write"))


@blueprint.get("/console/imports")
@staff("products.write")
def imports() -> Answer:
    """What was imported, and a form for the next file."""
    return _list()


def _list(wrong: dict[str, str] | None = None) -> Answer:
    more: dict[str, Any] = {"kinds": _kinds(), "batches": desk_imports.batches(), "states": _states()}
    return show("imports", "imports", _("Imports"), 422 if wrong else 200, wrong=wrong or {}, **more)


def _states() -> dict[str, tuple[str, str]]:
    return {
        "applying": (_("being written"), "dash"),
        "done": (_("done"), "green"),
        "undone": (_("taken back"), "line"),
        "undone_part": (_("taken back in part"), "gold"),
    }


@blueprint.post("/console/imports")
@staff("products.write")
def import_upload() -> Answer:
    """Keep the file; nothing is imported yet."""
    file, kind = request.files.get("file"), request.form.get("kind", "")
    if file is None or not file.filename:
        return _list({"file": _("Please choose a file.")})
    if kind not in dict(_kinds()):
        return _list({"kind": _("Please choose one of these.")})
    token = desk_imports.keep_upload(file.stream, file.filename, kind, current_language().babel)
    return go("import_file", token=token)


@blueprint.get("/console/imports/<token>")
@staff("products.write")
def import_file(token: str) -> Answer:
    """One file: its columns, what would happen, how far it is."""
    status = _status(token)
    columns, rows = desk_imports.first_rows(token)
    more: dict[str, Any] = {
        "token": token,
        "status": status,
        "columns": columns[:COLUMNS_SHOWN],
        "rows": rows,
        "rejects": desk_imports.rejects_of(token) is not None,
        "kind_name": dict(_kinds())[status["kind"]],
    }
    return show("import", "import", status["name"], busy=status["state"] in desk_imports.BUSY, **more)


@blueprint.post("/console/imports/<token>/check")
@staff("products.write")
def import_check(token: str) -> Answer:
    """Look at the whole file, without changing anything."""
    _status(token)
    given = Given(request.form)
    columns, _rows = desk_imports.first_rows(token)
    told = {column: given.text(f"means_{at}", 80) for at, column in enumerate(columns[:COLUMNS_SHOWN])}
    mapping = {column: field for column, field in told.items() if field}
    return _try(token, lambda: desk_imports.begin_check(token, mapping, keep_good=given.yes("keep_good")))


@blueprint.post("/console/imports/<token>/apply")
@staff("products.write")
def import_apply(token: str) -> Answer:
    """Write it into the shop."""
    _status(token)
    return _try(token, lambda: desk_imports.begin_apply(token))


@blueprint.post("/console/imports/<token>/forget")
@staff("products.write")
def import_forget(token: str) -> Answer:
    """Throw the file away."""
    _status(token)
    desk_imports.forget_upload(token)
    flash(_("The file is thrown away. What was imported stays."))
    return go("imports")


@blueprint.get("/console/imports/<token>/rejects")
@staff("products.write")
def import_rejects(token: str) -> Answer:
    """The rows that cannot be taken, each with its reason."""
    _status(token)
    path = desk_imports.rejects_of(token)
    if path is None:
        raise NotFound()
    answer = Response(path.read_bytes(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="rejects.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/console/imports/batches/<batch>/undo")
@staff("products.write")
def import_undo(batch: str) -> Answer:
    """Take back what an import created or changed; what others rely on by now stays."""
    row = next((row for row in desk_imports.batches() if row.public_id == batch), None)
    if row is None or not _may(row.kind):
        raise NotFound()
    try:
        desk_imports.begin_undo(batch)
    except Refusal as error:
        flash(error.message)
    else:
        flash(_("It is being taken back; large imports take a while."))
    return go("imports")


def _status(token: str) -> dict[str, Any]:
    """The upload's status, for who may import its kind. Raises NotFound."""
    status = desk_imports.read_status(token)
    if not _may(status["kind"]):
        raise NotFound()
    return status


def _try(token: str, command: Any) -> Answer:
    try:
        command()
    except Refusal as error:
        flash(error.message)
    return redirect(url_for("catalog_owner.import_file", token=token), 303)
