"""Owner: the list of products, many at once, and the list as a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from storefront.catalog import service
from storefront.catalog.owner.frame import Answer, blueprint, go, saved, show
from storefront.catalog.rules.pricing import LEAST, MOST
from storefront.catalog.rules.visibility import ACTIVE, ARCHIVED, DRAFT
from storefront.catalog.service import desk_commands, desk_products
from storefront.catalog.service import tables as t
from storefront.catalog.service.exporting_some import products_sheet
from storefront.catalog.service.surroundings import languages, settings
from storefront.core.console import (
    BulkAction,
    Column,
    Filter,
    Given,
    IndexSpec,
    IndexState,
    Selection,
    View,
    load_index,
    record_audit,
    staff,
)
from storefront.core.console.rows import MOST_EXPORTED
from storefront.core.database import db, snapshot, transaction
from storefront.core.errors import Refusal
from storefront.core.imports.registry import Options
from storefront.core.imports.writing import write_rows

STATUSES = ((ACTIVE, _l("On show")), (DRAFT, _l("Draft")), (ARCHIVED, _l("Archived")))
STOCKS = (("in", _l("In stock")), ("low", _l("Few left")), ("out", _l("Sold out")))
ASK_FIRST = {"price": "products_price", "category": "products_category"}


def _lacks() -> list[tuple[str, Any]]:
    texts = [(f"text-{one.code}", _("A text in %(language)s", language=one.name)) for one in languages()]
    return [("picture", _("A picture")), ("category", _("A category")), *texts]


def _categories() -> list[tuple[str, str]]:
    return [(str(at), title) for at, title in service.category_choices()]


PRODUCTS = IndexSpec(
    key="products",
    endpoint="catalog_owner.products",
    title=_l("Products"),
    columns=(
        Column("title", _l("Product"), sort=desk_products.TITLE),
        Column("status", _l("Status"), sort=t.product.c.status, phone="top-r"),
        Column("stock", _l("Stock"), sort=desk_products.PIECES, number=True),
        Column("price", _l("Price"), sort=desk_products.LOWEST, number=True),
        Column("category", _l("Category"), phone="three"),
        Column("brand", _l("Brand"), sort=t.product.c.brand, phone="less"),
        Column(
            "variants", _l("Variants"), sort=desk_products.VARIANTS, number=True, shown=False, phone="less"
        ),
        Column("changed", _l("Changed"), sort=t.product.c.updated_at, number=True, phone="less"),
    ),
    row_key=lambda row: str(row.id),
    row_key_column=t.product.c.id,
    row_name=lambda row: row.title,
    row_url=lambda row: url_for("catalog_owner.product", product_id=row.id),
    filters=(
        Filter("status", _l("Status"), lambda v: t.product.c.status.in_(v), STATUSES, many=True),
        Filter("stock", _l("Stock"), desk_products.stock_is, STOCKS, many=True),
        Filter("category", _l("Category"), desk_products.stands_in, _categories),
        Filter("brand", _l("Brand"), lambda v: t.product.c.brand.in_(v), desk_products.brands),
        Filter("lacks", _l("Without"), desk_products.lacks, _lacks),
    ),
    search=desk_products.named_like,
    search_hint=_l("Title, SKU or barcode"),
    sort="-changed",
    views=(
        View("active", _l("On show"), {"status": ACTIVE}),
        View("draft", _l("Drafts"), {"status": DRAFT}),
        View("out", _l("Sold out"), {"stock": "out"}),
        View("bare", _l("Without picture"), {"lacks": "picture"}),
    ),
    bulk=(
        BulkAction("show", _l("Show"), "catalog_owner.products_bulk", "products.write"),
        BulkAction("hide", _l("Make draft"), "catalog_owner.products_bulk", "products.write"),
        BulkAction("category", _l("Change category"), "catalog_owner.products_bulk", "products.write"),
        BulkAction("price", _l("Change prices"), "catalog_owner.products_bulk", "products.write"),
        BulkAction("archive", _l("Archive"), "catalog_owner.products_bulk", "products.write", stop=True),
    ),
    export_endpoint="catalog_owner.products_export",
)
NEW_STATUS = {"show": ACTIVE, "hide": DRAFT, "archive": ARCHIVED}


@blueprint.get("/console/products")
@staff("products.read")
def products() -> Answer:
    """Every product: whether it is on show, how many there are, what it costs."""
    index = load_index(IndexState.read(PRODUCTS, request.args), desk_products.products())
    words = {"state_of": desk_products.status_words, "thumbnail": desk_products.thumbnail}
    return show("products", "products", _("Products"), index=index, **words)


@blueprint.post("/console/products/bulk")
@staff("products.write")
def products_bulk() -> Answer:
    """Another status for many products at once; what asks for more goes on to a page of its own."""
    chosen = Selection.read(PRODUCTS, request.form)
    action = request.form.get("action", "")
    if action in ASK_FIRST:
        return go(
            ASK_FIRST[action],
            picked=",".join(chosen.keys),
            all=int(chosen.everything),
            state=chosen.state.query,
        )
    if action not in NEW_STATUS:
        raise Refusal(_("Please choose one of these."))
    with transaction() as tx:
        count = desk_commands.change_status(tx, _ids(chosen), NEW_STATUS[action])
    flash(ngettext("%(num)s product was changed.", "%(num)s products were changed.", count))
    return go("products", **_state(chosen))


@blueprint.route("/console/products/bulk/price", methods=["GET", "POST"])
@staff("products.write")
def products_price() -> Answer:
    """Raise or lower the prices of the chosen products by a percentage."""
    chosen = _chosen()
    ids, known = _ids(chosen), {"way": "more"}
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        points = given.percent("percent") * (-1 if given.text("way") == "less" else 1)
        if not given.problems and (not points or not LEAST <= points <= MOST):
            given.wrong("percent", _("Please give a percentage above 0; at most 99 less or 1,000 more."))
        count, problems = saved(given, lambda tx: desk_commands.change_many_prices(tx, ids, points))
        if not problems:
            flash(ngettext("%(num)s price was changed.", "%(num)s prices were changed.", count))
            return go("products", **_state(chosen))
        known = request.form.to_dict()
    return _ask("price", _("Change prices"), ids, chosen, known, problems)


@blueprint.route("/console/products/bulk/category", methods=["GET", "POST"])
@staff("products.write")
def products_category() -> Answer:
    """Put the chosen products into another main category."""
    chosen = _chosen()
    ids = _ids(chosen)
    known: dict[str, str] = {}
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        at = given.whole("category")
        count, problems = saved(given, lambda tx: desk_commands.change_category(tx, ids, at))
        if not problems:
            flash(ngettext("%(num)s product was moved.", "%(num)s products were moved.", count))
            return go("products", **_state(chosen))
        known = request.form.to_dict()
    return _ask("category", _("Change category"), ids, chosen, known, problems)


def _ask(what: str, title: str, ids: Sequence[int], chosen: Selection, known: Any, problems: Any) -> Answer:
    return show(
        "products_bulk",
        "products-bulk",
        title,
        422 if problems else 200,
        what=what,
        count=len(ids),
        chosen=chosen,
        known=known,
        wrong=problems,
        categories=service.category_choices(),
    )


def _chosen() -> Selection:
    """What was picked on the list: from its address, or from the form that carries it on."""
    if request.method == "POST":
        return Selection.read(PRODUCTS, request.form)
    picked = [key for key in request.args.get("picked", "").split(",") if key]
    form = MultiDict([("pick", key) for key in picked])
    form["all"], form["state"] = request.args.get("all", ""), request.args.get("state", "")
    return Selection.read(PRODUCTS, form)


def _ids(chosen: Selection) -> list[int]:
    query = sa.select(t.product.c.id).select_from(desk_products.TEXTS.join(t.product))
    narrowed = chosen.narrow(query).params(**service.text_parameters())
    return list(db.session.execute(narrowed).scalars())


def _state(chosen: Selection) -> dict[str, Any]:
    """The list as it was, as values for its address."""
    pairs: dict[str, Any] = {}
    for key, value in chosen.state.pairs():
        pairs.setdefault(key, []).append(value)
    return pairs


@blueprint.post("/console/products/export")
@staff("products.read", fresh=True)
def products_export() -> Answer:
    """The products of this view in the shop's own format: the same file can be imported again."""
    state = IndexState.of_query(PRODUCTS, request.form.get("state", ""))
    rows = db.session.execute(state.order(state.narrow(desk_products.products())).limit(MOST_EXPORTED)).all()
    out = io.BytesIO()
    with snapshot() as session:
        options = Options(settings().currency, tuple(settings().language_codes))
        sheet = products_sheet(session, options, [row.id for row in rows])
        write_rows(out, sheet.columns, sheet.rows)
    with transaction() as tx:
        record_audit(tx, "export", "export", "products", None, {"rows": len(rows), "view": state.query})
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="products.csv"'
    return answer
