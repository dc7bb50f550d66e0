"""Owner: what lies on the shelves, what came in and went out, what has to be ordered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.catalog.service import tables as t
from storefront.core.console import (
    BulkAction,
    Column,
    Filter,
    Given,
    IndexSpec,
    IndexState,
    Selection,
    View,
    csv_answer,
    load_index,
    may_now,
    record_audit,
    rows_to_export,
    staff,
)
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import Refusal
from storefront.core.pages import private_page
from storefront.inventory.rules import MOST
from storefront.inventory.service import desk

blueprint = Blueprint("inventory_owner", __name__)
Answer = Any
STATES = (
    ("low", _l("Order more")),
    ("out", _l("None left")),
    ("owed", _l("Owed to customers")),
    ("held", _l("Held by carts")),
    ("untracked", _l("Not counted")),
)
SHELVES = IndexSpec(
    key="stock",
    endpoint="inventory_owner.stock",
    title=_l("Stock"),
    columns=(
        Column("sku", _l("SKU"), sort=t.variant.c.sku),
        Column("product", _l("Product"), sort=desk.TITLE, phone="three"),
        Column("on_hand", _l("On hand"), sort=desk.ON_HAND, number=True, phone="less"),
        Column("held", _l("Held"), sort=desk.STOCK.c.held, number=True, phone="less"),
        Column("available", _l("Available"), sort=desk.STOCK.c.available, number=True, phone="top-r"),
        Column("reorder", _l("Order more at"), sort=desk.STOCK.c.reorder_point, number=True, phone="less"),
        Column("change", _l("Received or counted"), phone="three"),
    ),
    row_key=lambda row: str(row.id),
    row_key_column=t.variant.c.id,
    row_name=lambda row: row.sku,
    row_url=lambda row: url_for("inventory_owner.shelf", variant_id=row.id),
    filters=(
        Filter("state", _l("Status"), desk.state_is, STATES, many=True),
        Filter(
            "backorder",
            _l("Sold beyond the stock"),
            lambda v: desk.STOCK.c.backorder.is_(v[0] == "yes"),
            (("yes", _l("Yes")), ("no", _l("No"))),
        ),
        Filter(
            "status",
            _l("Product"),
            lambda v: t.product.c.status.in_(v),
            (("active", _l("On show")), ("draft", _l("Draft")), ("archived", _l("Archived"))),
            many=True,
        ),
    ),
    search=desk.named_like,
    search_hint=_l("SKU, barcode or title"),
    sort="sku",
    views=(
        View("low", _l("Order more"), {"state": "low"}),
        View("out", _l("None left"), {"state": "out"}),
        View("held", _l("Held by carts"), {"state": "held"}),
    ),
    bulk=(
        BulkAction("allow", _l("Allow backorders"), "inventory_owner.stock_bulk", "stock.write"),
        BulkAction("refuse", _l("Refuse backorders"), "inventory_owner.stock_bulk", "stock.write"),
    ),
    export_endpoint="inventory_owner.stock_export",
)


@blueprint.get("/console/stock")
@staff("products.read")
def stock() -> Answer:
    """Every variant with what lies there, what is held, what may be sold."""
    index = load_index(IndexState.read(SHELVES, request.args), desk.shelves())
    page = private_page("console-stock", _("Stock"))
    return render_template("inventory/owner/stock.html", page=page, index=index, write=may_now("stock.write"))


@blueprint.post("/console/stock/bulk")
@staff("stock.write")
def stock_bulk() -> Answer:
    """Let many variants be sold beyond their stock, or not any more."""
    chosen = Selection.read(SHELVES, request.form)
    source = desk.shelves().with_only_columns(t.variant.c.id)
    ids = list(db.session.execute(chosen.narrow(source)).scalars())
    allowed = request.form.get("action") == "allow"
    with transaction() as tx:
        count = desk.allow_backorder(tx, ids, backorder=allowed)
    flash(ngettext("%(num)s variant was changed.", "%(num)s variants were changed.", count))
    return redirect(chosen.back, 303)


@blueprint.post("/console/stock/export")
@staff("products.read", fresh=True)
def stock_export() -> Answer:
    """The view as a table."""
    state = IndexState.of_query(SHELVES, request.form.get("state", ""))
    rows = rows_to_export(state, desk.shelves())
    with transaction() as tx:
        record_audit(tx, "export.taken", "export", "stock", after={"rows": len(rows), "filter": state.query})
    header = [_("SKU"), _("Product"), _("On hand"), _("Held"), _("Available"), _("Order more at")]
    return csv_answer("stock", header, rows, _cells)


def _cells(row: Any) -> list[Any]:
    title = f"{row.title}, {row.options}" if row.options else row.title
    return [row.sku, title, row.on_hand, row.held, row.available, row.reorder_point]


@blueprint.get("/console/stock/<int:variant_id>")
@staff("products.read")
def shelf(variant_id: int) -> Answer:
    """One variant: its stock, its rules, everything that came in and went out."""
    return _page(variant_id)


def _page(variant_id: int, wrong: dict[str, str] | None = None) -> Answer:
    row = desk.shelf(variant_id)
    page = private_page("console-stock-variant", row.sku)
    html = render_template(
        "inventory/owner/shelf.html",
        page=page,
        row=row,
        moves=desk.moves_of(variant_id),
        holds=desk.holds_of(variant_id),
        kinds=_kinds(),
        wrong=wrong or {},
        known=request.form,
        write=may_now("stock.write"),
    )
    return html, 422 if wrong else 200


def _kinds() -> dict[str, str]:
    return {
        "initial": _("Counting began"),
        "receipt": _("Received"),
        "sale": _("Sold"),
        "return": _("Came back"),
        "correction": _("Counted anew"),
    }


@blueprint.post("/console/stock/<int:variant_id>/move")
@staff("stock.write")
def shelf_move(variant_id: int) -> Answer:
    """Receive pieces, or correct the count, with a reference; from the list or from the variant's page."""
    given = Given(request.form)
    pieces, what = given.whole("pieces", most=MOST), given.text("what")
    reference = given.text("reference", 120)
    problems = _run(given, lambda tx: desk.change_stock(tx, variant_id, what, pieces, reference))
    if problems and "state" in request.form:
        flash(next(iter(problems.values())))
    elif problems:
        return _page(variant_id, problems)
    else:
        flash(_("The stock of %(sku)s is changed.", sku=desk.shelf(variant_id).sku))
    return _back(variant_id)


@blueprint.post("/console/stock/<int:variant_id>/rules")
@staff("stock.write")
def shelf_rules(variant_id: int) -> Answer:
    """Whether it may be sold beyond its stock, and from how many pieces on to order more."""
    given = Given(request.form)
    point, beyond = given.maybe_whole("reorder_point", most=MOST), given.yes("backorder")
    problems = _run(
        given, lambda tx: desk.change_rules(tx, variant_id, backorder=beyond, reorder_point=point)
    )
    if problems:
        return _page(variant_id, problems)
    flash(_("Saved."))
    return _back(variant_id)


@blueprint.post("/console/stock/product/<int:product_id>")
@staff("stock.write")
def product_stock(product_id: int) -> Answer:
    """The stock of a product's variants at once; fields that are empty change nothing."""
    given = Given(request.form)
    what, reference = given.text("what"), given.text("reference", 120)
    mine = [row.id for row in desk.shelves_of(product_id)]
    counts = {at: given.whole(f"pieces_{at}", most=MOST) for at in mine if given.text(f"pieces_{at}")}

    def run(tx: Tx) -> None:
        for at, pieces in counts.items():
            desk.change_stock(tx, at, what, pieces, reference)

    problems = _run(given, run)
    told = _("The stock is changed.") if counts else _("No number was given.")
    flash(next(iter(problems.values())) if problems else told)
    return redirect(url_for("catalog_owner.product", product_id=product_id, _anchor="stock"), 303)


def _run(given: Given, command: Any) -> dict[str, str]:
    """What is wrong by field; the command does not run while the form has problems."""
    if given.problems:
        return given.problems
    try:
        with transaction() as tx:
            command(tx)
    except Refusal as error:
        return {"pieces" if error.field == "quantity" else error.field or "": error.message}
    return {}


def _back(variant_id: int) -> Answer:
    """To the list as it was, when the form stood there; else to the variant."""
    if "state" in request.form:
        return redirect(IndexState.of_query(SHELVES, request.form["state"]).url, 303)
    return redirect(url_for("inventory_owner.shelf", variant_id=variant_id), 303)
