"""Stock as owners look at it and change it: shelves with what is held, movements, counts with a reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.service import tables as t
from storefront.catalog.service import text_parameters, touch_product
from storefront.core import clock
from storefront.core.console import like, record_audit
from storefront.core.database import Tx, db
from storefront.core.errors import NotFound
from storefront.inventory.errors import BadCount
from storefront.inventory.models import Stock, StockHold, StockMove
from storefront.inventory.service.stock import correct, receive, set_rules

STOCK, MOVE, HOLD = Stock.__table__, StockMove.__table__, StockHold.__table__
TEXTS = t.Texts(t.product_text, "product_id", t.product.c.id)
TITLE = sa.func.coalesce(sa.func.nullif(TEXTS.column("title"), ""), t.product.c.slug)
ON_HAND = STOCK.c.available + STOCK.c.held
RECEIVED, COUNTED = "receive", "correct"
MOVES_SHOWN = 200


def shelves() -> sa.Select:
    """Every variant with its stock (None where nobody counts it), as a row of the list."""
    source = TEXTS.join(t.variant.join(t.product, t.product.c.id == t.variant.c.product_id))
    label = _labels()
    query = sa.select(
        t.variant.c.id,
        t.variant.c.sku,
        t.variant.c.product_id,
        t.product.c.status,
        TITLE.label("title"),
        label.label("options"),
        STOCK.c.variant_id.label("counted"),
        ON_HAND.label("on_hand"),
        STOCK.c.held,
        STOCK.c.available,
        STOCK.c.backorder,
        STOCK.c.reorder_point,
    )
    joined = source.outerjoin(STOCK, STOCK.c.variant_id == t.variant.c.id)
    return query.select_from(joined).params(**text_parameters())


def _labels() -> sa.ColumnElement[Any]:
    """The values of a variant, joined: 'red / large'."""
    found: list[Any] = []
    for place in (1, 2, 3):
        value = t.option_value.alias()
        words = t.Texts(t.option_value_text, "option_value_id", value.c.id)
        text = sa.func.coalesce(words.column("label"), value.c.key)
        mine = (
            sa.select(text)
            .select_from(words.join(value))
            .where(value.c.id == t.variant.c[f"value{place}_id"])
        )
        found.append(sa.func.coalesce(mine.correlate(t.variant).scalar_subquery(), ""))
    first, *rest = found
    for text in rest:
        first = first + sa.case((text != "", sa.literal(" / ") + text), else_="")
    return first


def state_is(values: Sequence[str]) -> sa.ColumnElement[bool]:
    """low: at or below its reorder point; out: none can be had; owed: more were sold than there were."""
    known = {
        "low": is_low(),
        "out": sa.and_(STOCK.c.available <= 0, sa.not_(STOCK.c.backorder)),
        "owed": STOCK.c.available < 0,
        "held": STOCK.c.held > 0,
        "untracked": STOCK.c.variant_id.is_(None),
    }
    return sa.or_(sa.false(), *(known[value] for value in values))


def is_low() -> sa.ColumnElement[bool]:
    """At or below the point at which more should be ordered."""
    return sa.and_(STOCK.c.reorder_point.isnot(None), STOCK.c.available <= STOCK.c.reorder_point)


def named_like(words: str) -> sa.ColumnElement[bool]:
    """A SKU, barcode or title in any language holds what was typed."""
    text = t.product_text.alias()
    titled = sa.exists().where(text.c.product_id == t.product.c.id, like(text.c.title, words))
    numbers = sa.or_(like(t.variant.c.sku, words), like(t.variant.c.barcode, words))
    return sa.or_(numbers, titled.correlate(t.product))


def low_count() -> int:
    """How many variants that are sold should be ordered anew; one query."""
    joined = STOCK.join(t.variant, t.variant.c.id == STOCK.c.variant_id)
    sold = joined.join(t.product, t.product.c.id == t.variant.c.product_id)
    query = sa.select(sa.func.count()).select_from(sold).where(is_low(), t.product.c.status == "active")
    return db.session.execute(query).scalar_one()


def shelf(variant_id: int) -> Any:
    """One variant's stock. Raises NotFound."""
    row = db.session.execute(shelves().where(t.variant.c.id == variant_id)).first()
    if row is None:
        raise NotFound()
    return row


def shelves_of(product_id: int) -> Sequence[Any]:
    """The stock of a product's variants, in their order."""
    query = shelves().where(t.variant.c.product_id == product_id)
    return db.session.execute(query.order_by(t.variant.c.position, t.variant.c.id)).all()


def moves_of(variant_id: int) -> Sequence[Any]:
    """The newest movements of a variant, each with how many there were afterwards."""
    after = sa.func.sum(MOVE.c.delta).over(order_by=MOVE.c.id)
    query = sa.select(MOVE, after.label("after")).where(MOVE.c.variant_id == variant_id)
    return db.session.execute(query.order_by(MOVE.c.id.desc()).limit(MOVES_SHOWN)).all()


def holds_of(variant_id: int) -> Sequence[Any]:
    """What people who are paying right now keep set aside."""
    query = sa.select(HOLD.c.quantity, HOLD.c.expires_at).where(
        HOLD.c.variant_id == variant_id, HOLD.c.expires_at > clock.now()
    )
    return db.session.execute(query.order_by(HOLD.c.expires_at)).all()


# --- changing ---------------------------------------------------------------------------------------------


def change_stock(tx: Tx, variant_id: int, what: str, pieces: int, reference: str) -> None:
    """Take pieces in (`receive`) or make the books say what was counted (`correct`); it is logged.

    Raises BadCount, and NotFound for a variant that does not exist.
    """
    if what not in (RECEIVED, COUNTED):
        raise BadCount(_("Please choose one of these."), field="what")
    sku, product_id = _variant(tx, variant_id)
    before = _on_hand(tx, variant_id)
    if what == RECEIVED:
        receive(tx, variant_id, pieces, reference)
    else:
        correct(tx, variant_id, pieces, reference)
    touch_product(tx, product_id)
    after = {"on_hand": _on_hand(tx, variant_id), "reference": reference}
    record_audit(tx, f"stock.{what}", "stock", sku, {"on_hand": before, "reference": ""}, after)


def change_rules(tx: Tx, variant_id: int, *, backorder: bool, reorder_point: int | None) -> None:
    """Whether it may be sold beyond its stock, and when to order more.

    A variant that nobody counted is counted from now on, from zero. Raises StillOwed, NotFound.
    """
    sku, product_id = _variant(tx, variant_id)
    rules = sa.select(STOCK.c.backorder, STOCK.c.reorder_point).where(STOCK.c.variant_id == variant_id)
    before = tx.execute(rules).mappings().first()
    if before is None:
        receive(tx, variant_id, 0, kind="initial")
    set_rules(tx, variant_id, backorder=backorder, reorder_point=reorder_point)
    touch_product(tx, product_id)
    after = {"backorder": backorder, "reorder_point": reorder_point}
    record_audit(tx, "stock.rules", "stock", sku, dict(before or {}), after)


def allow_backorder(tx: Tx, variant_ids: Sequence[int], *, backorder: bool) -> int:
    """The backorder rule of many variants that are counted; returns how many. Raises StillOwed."""
    rules = sa.select(STOCK.c.variant_id, STOCK.c.reorder_point).where(
        STOCK.c.variant_id.in_(variant_ids), STOCK.c.backorder.isnot(backorder)
    )
    rows = tx.execute(rules.order_by(STOCK.c.variant_id)).all()
    for row in rows:
        change_rules(tx, row.variant_id, backorder=backorder, reorder_point=row.reorder_point)
    return len(rows)


def _variant(tx: Tx, variant_id: int) -> tuple[str, int]:
    query = sa.select(t.variant.c.sku, t.variant.c.product_id).where(t.variant.c.id == variant_id)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound()
    return row.sku, row.product_id


def _on_hand(tx: Tx, variant_id: int) -> int | None:
    return tx.execute(sa.select(ON_HAND).where(STOCK.c.variant_id == variant_id)).scalar()
