"""Owners' commands on declared needs, and their list. Each command is logged and counts on the next page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx, db
from storefront.core.errors import NotFound, Refusal
from storefront.core.versions import raise_version
from storefront.personalization.models import DeclaredNeed

MOST = 500
_NEED = DeclaredNeed.__table__
SIDES = ("of", "needs")
COLUMNS = ("of_product_id", "of_category_id", "needs_product_id", "needs_category_id")


@dataclass(frozen=True)
class Side:
    """One side of a need: a product or a category, by its id."""

    product_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True)
class NeedRow:
    """A need as the console lists it: both sides by name, whether each is a whole category."""

    id: int
    of: str
    of_shelf: bool
    needs: str
    needs_shelf: bool
    active: bool


def read_side(name: str, category: int | None, sku: str) -> Side:
    """A side as the form gives it. Raises Refusal at the field for both, neither, or what does not exist."""
    if bool(category) == bool(sku):
        raise Refusal(_("Choose a category, or give the SKU of a product."), field=f"{name}_sku")
    if category:
        if catalog.category_link(category) is None:
            raise Refusal(_("This category does not exist."), field=f"{name}_category")
        return Side(category_id=category)
    product = catalog.products_by_sku([sku]).get(sku)
    if product is None:
        raise Refusal(_("There is no product with this SKU."), field=f"{name}_sku")
    return Side(product_id=product)


def declare(tx: Tx, of: Side, needs: Side) -> int:
    """Declare that buyers of one side need the other; returns its id. Raises Refusal when it stands there."""
    if of == needs:
        raise Refusal(_("Nothing needs itself."), field="needs_sku")
    given = (of.product_id, of.category_id, needs.product_id, needs.category_id)
    values = dict(zip(COLUMNS, given, strict=True))
    same = [_NEED.c[name].is_not_distinct_from(value) for name, value in values.items()]
    if tx.execute(sa.select(_NEED.c.id).where(*same)).first():
        raise Refusal(_("That is declared already."), field="needs_sku")
    if tx.execute(sa.select(sa.func.count()).select_from(_NEED)).scalar_one() >= MOST:
        raise Refusal(_("There are %(count)s already. Remove some first.", count=MOST))
    row = DeclaredNeed(**values, active=True, created_at=clock.now())
    tx.add(row)
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "need.declare", "need", str(row.id), None, values)
    return row.id


def declare_need(tx: Tx, of: str, needs: str) -> int:
    """Declare a need by addresses, as `p/bottle` or `c/food`; returns its id. Raises NotFound, Refusal."""
    return declare(tx, Side(*catalog.find_target(of)), Side(*catalog.find_target(needs)))


def switch(tx: Tx, need_id: int, active: bool) -> None:
    """Let a need count, or not for now. Raises NotFound."""
    row = _row(tx, need_id)
    before, row.active = row.active, active
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "need.switch", "need", str(need_id), {"active": before}, {"active": active})


def remove(tx: Tx, need_id: int) -> None:
    """Take a need away. Raises NotFound."""
    row = _row(tx, need_id)
    before = {name: getattr(row, name) for name in COLUMNS}
    tx.delete(row)
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "need.remove", "need", str(need_id), before, None)


def list_needs() -> list[NeedRow]:
    """Every need, the newest first, with the names of both sides."""
    rows = db.session.execute(sa.select(_NEED).order_by(_NEED.c.id.desc())).all()
    products = {row.of_product_id for row in rows} | {row.needs_product_id for row in rows}
    titles = catalog.titles_of(sorted(products - {None}))
    return [
        NeedRow(
            row.id,
            _name(row.of_product_id, row.of_category_id, titles),
            row.of_category_id is not None,
            _name(row.needs_product_id, row.needs_category_id, titles),
            row.needs_category_id is not None,
            row.active,
        )
        for row in rows
    ]


def _name(product: int | None, category: int | None, titles: dict[int, str]) -> str:
    if product is not None:
        return titles.get(product, "")
    link = catalog.category_link(category)
    return link.title if link else ""


def _row(tx: Tx, need_id: int) -> Any:
    row = tx.get(DeclaredNeed, need_id)
    if row is None:
        raise NotFound()
    return row
