"""Owner: what people wait for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.core.console import Column, Filter, IndexSpec, IndexState, Todo, like, load_index, staff
from storefront.core.i18n import format_day
from storefront.core.pages import private_page
from storefront.reviews.service import demand

blueprint = Blueprint("reviews_owner", __name__)
STOCK = {"none": demand.AVAILABLE <= 0, "some": demand.AVAILABLE > 0}


def _shop_page(row: Any) -> str:
    return url_for("catalog.product", slug=row.slug, sku=row.sku)


WAITING = IndexSpec(
    key="waiting",
    endpoint="reviews_owner.waiting",
    title=_l("People are waiting"),
    columns=(
        Column("title", _l("Product"), sort=demand.TITLE),
        Column("people", _l("Waiting"), sort=demand.QUEUE.c.people, number=True, phone="top-r"),
        Column("since", _l("Since"), sort=demand.QUEUE.c.since, phone="span"),
        Column("stock", _l("Stock"), sort=demand.AVAILABLE, number=True, phone="span"),
    ),
    row_key=lambda row: row.sku,
    row_key_column=demand.SKU,
    row_name=lambda row: row.title,
    row_url=_shop_page,
    filters=(
        Filter(
            "stock",
            _l("Stock"),
            lambda values: STOCK[values[0]],
            (("none", _l("None")), ("some", _l("Some"))),
        ),
    ),
    search=lambda words: sa.or_(like(demand.TITLE, words), like(demand.SKU, words)),
    search_hint=_l("Product or SKU"),
    sort="-people",
    tie=demand.SKU,
)


@blueprint.get("/console/waiting")
@staff("products.read")
def waiting() -> str:
    """Sold-out variants by how many people want to hear when they are back."""
    state = IndexState.read(WAITING, request.args)
    page = private_page("console-waiting", _("People are waiting"))
    return render_template("reviews/demand.html", page=page, index=load_index(state, demand.demand()))


def find_todo() -> Todo | None:
    """What to order next, when anybody waits."""
    found = demand.most_awaited()
    if found is None:
        return None
    variants, people, since = found
    return Todo(
        count=variants,
        title=ngettext(
            "%(num)s sold-out product that people wait for",
            "%(num)s sold-out products that people wait for",
            variants,
        ),
        url=url_for("reviews_owner.waiting"),
        action=_("See which"),
        detail=ngettext(
            "%(num)s person, the first since %(day)s",
            "%(num)s people, the first since %(day)s",
            people,
            day=format_day(since),
        ),
    )
