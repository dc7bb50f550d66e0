"""What the inventory tells the core."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from storefront.core.console import ConsolePage, Todo, TodoCard, may_now
from storefront.core.health import Invariant
from storefront.core.imports.registry import Importer
from storefront.core.slots import PageContext
from storefront.hookspecs import hookimpl
from storefront.inventory.service import checks, desk, importing


@hookimpl
def register_invariants() -> list[Invariant]:
    """Movements explain the stock, holds explain what is held, nothing is held too long or below zero."""
    return [
        Invariant("stock is the sum of its movements", checks.unexplained),
        Invariant("held pieces are those of the holds", checks.held_by_nobody),
        Invariant("no hold outlives its end by a minute", checks.held_too_long),
        Invariant("no stock is below zero", checks.negative),
    ]


@hookimpl
def register_importers() -> list[Importer]:
    """The stock column of catalogue files."""
    return importing.importers()


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """What lies on the shelves."""
    return [
        ConsolePage("stock", _l("Stock"), "inventory_owner.stock", "work", 30, "products.read", "stock"),
    ]


@hookimpl
def register_todo_cards() -> list[TodoCard]:
    """What has to be ordered."""
    return [TodoCard("low_stock", "stock.write", 300, _low)]


def _low() -> Todo | None:
    count = desk.low_count()
    if not count:
        return None
    return Todo(
        count=count,
        title=ngettext("%(num)s variant should be ordered", "%(num)s variants should be ordered", count),
        url=url_for("inventory_owner.stock", state="low"),
        action=_("See what is low"),
        detail=_("At or below the point you set."),
    )


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """The stock of its variants on a product's page of the console."""
    if page != "console-product" or context.product_id is None:
        return None
    shelves, names = desk.shelves_of(context.product_id), context.more.get("variants", ())
    html = render_template(
        "inventory/owner/_of_product.html",
        shelves=shelves,
        product_id=context.product_id,
        names={one["id"]: one["name"] for one in names},
        write=may_now("stock.write"),
    )
    return {"console_product_stock": Markup(html)}  # noqa: S704
