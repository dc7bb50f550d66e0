"""Stock: each change is one conditional update with its row count checked, and a movement explaining it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.inventory.errors import BadCount, SoldOut, StillOwed
from storefront.inventory.models import Stock, StockHold, StockMove
from storefront.inventory.rules import KINDS, MOST, Availability, correction, demand
from storefront.inventory.service import holds
from storefront.inventory.service.arrivals import note_arrival, put_on_shelf

Lines = Mapping[int, int] | Iterable[tuple[int, int]]
_STOCK, _MOVE = Stock.__table__, StockMove.__table__
_MINE = (
    sa.select(sa.func.sum(StockHold.quantity))
    .where(StockHold.holder == sa.bindparam("holder"), StockHold.variant_id == _STOCK.c.variant_id)
    .scalar_subquery()
)
_AVAILABLE = sa.select(
    _STOCK.c.variant_id,
    (_STOCK.c.available + sa.func.coalesce(_MINE, 0)).label("available"),
    _STOCK.c.backorder,
).where(_STOCK.c.variant_id.in_(sa.bindparam("ids", expanding=True)))


def availability(variant_ids: Iterable[int], holder: str = "") -> dict[int, Availability]:
    """What may be promised of each variant now, in one query. Variants nobody counts come back too.

    To `holder` is promised as well what is set aside for it.
    """
    ids = list(dict.fromkeys(variant_ids))
    if not ids:
        return {}
    rows = {row.variant_id: row for row in db.session.execute(_AVAILABLE, {"ids": ids, "holder": holder})}
    return {
        at: Availability(rows[at].available, bool(rows[at].backorder)) if at in rows else Availability(None)
        for at in ids
    }


# --- in ---------------------------------------------------------------------------------------------------


def receive(tx: Tx, variant_id: int, quantity: int, reference: str = "", kind: str = "receipt") -> None:
    """Add pieces; a variant that nobody counted is counted from now on. Zero pieces only begin the count.

    Raises BadCount for a quantity below zero or beyond a million.
    """
    if not 0 <= quantity <= MOST:
        raise BadCount(_("Please give a number of pieces from 0 to 1,000,000."), field="quantity")
    added = _of(variant_id).values(available=_STOCK.c.available + quantity)
    if not put_on_shelf(tx, added, variant_id, quantity):
        tx.execute(
            sa.insert(_STOCK).values(variant_id=variant_id, available=quantity, held=0, backorder=False)
        )
    _note(tx, variant_id, quantity, kind, reference)


def put_back(tx: Tx, lines: Lines, reference: str = "") -> None:
    """Take returned pieces back onto the shelf. Variants that nobody counts are passed over."""
    for variant_id, quantity in demand(lines):
        added = _of(variant_id).values(available=_STOCK.c.available + quantity)
        if put_on_shelf(tx, added, variant_id, quantity):
            _note(tx, variant_id, quantity, "return", reference)


def correct(tx: Tx, variant_id: int, counted: int, reference: str = "") -> None:
    """Make the books say what was counted on the shelf (held pieces lie there too).

    Raises BadCount when fewer were counted than carts hold.
    """
    row = tx.execute(sa.select(_STOCK).where(_STOCK.c.variant_id == variant_id).with_for_update()).first()
    if row is None:
        receive(tx, variant_id, counted, reference, kind="initial")
        return
    delta = correction(counted, row.available, row.held)
    if counted < row.held:
        raise BadCount(_("Carts hold %(held)s pieces at this moment.", held=row.held), field="quantity")
    put_on_shelf(tx, _of(variant_id).values(available=_STOCK.c.available + delta), variant_id, delta)
    _note(tx, variant_id, delta, "correction", reference)


def set_rules(tx: Tx, variant_id: int, *, backorder: bool, reorder_point: int | None = None) -> None:
    """Whether a variant may be sold beyond its stock, and from how many pieces on to order more.

    Raises StillOwed when it may no longer be, but was, and pieces are still owed.
    """
    changed = _of(variant_id).values(backorder=backorder, reorder_point=reorder_point)
    if not backorder:
        changed = changed.where(_STOCK.c.available >= 0)
    if tx.execute(changed).rowcount == 0:
        left = left_of(tx, variant_id)
        if left is not None and left < 0:
            raise StillOwed(variant_id, -left)


# --- out --------------------------------------------------------------------------------------------------


def take(tx: Tx, lines: Lines, *, holder: str | None = None, reference: str = "") -> None:
    """Take sold pieces off the shelf in id order, all or nothing; what `holder` holds is used and ended.

    Raises SoldOut; the caller's transaction then rolls back what was taken before.
    """
    # Holds before stock, and stock in id order: everybody locks in this order, so nobody deadlocks.
    held = holds.end_holds(tx, holder) if holder else {}
    wanted = dict(demand(lines))
    for variant_id in sorted({*held, *wanted}):
        quantity = wanted.get(variant_id, 0)
        taken = _take_one(tx, variant_id, quantity, held.get(variant_id, 0))
        if taken and quantity:
            _note(tx, variant_id, -quantity, "sale", reference)
        given_back = held.get(variant_id, 0) - quantity
        if given_back > 0:
            left = left_of(tx, variant_id) or 0
            note_arrival(tx, variant_id, left - given_back, left)


def _take_one(tx: Tx, variant_id: int, quantity: int, held: int) -> bool:
    """True when pieces were taken, False for a variant that nobody counts. Raises SoldOut."""
    left_over = _STOCK.c.available + held
    statement = (
        _of(variant_id)
        .where(sa.or_(left_over >= quantity, _STOCK.c.backorder))
        .values(available=left_over - quantity, held=_STOCK.c.held - held)
    )
    if tx.execute(statement).rowcount == 1:
        return True
    left = left_of(tx, variant_id)
    if left is None:
        return False
    # What others let expire is free, whether the sweep has been here or not.
    if holds.expire_holds(tx, variant_id=variant_id) and tx.execute(statement).rowcount == 1:
        return True
    raise SoldOut(variant_id, (left_of(tx, variant_id) or 0) + held)


def left_of(tx: Tx, variant_id: int) -> int | None:
    """Pieces that may be promised, as this transaction sees it; None when nobody counts them."""
    return tx.execute(sa.select(_STOCK.c.available).where(_STOCK.c.variant_id == variant_id)).scalar()


def _of(variant_id: int) -> sa.Update:
    return sa.update(_STOCK).where(_STOCK.c.variant_id == variant_id)


def _note(tx: Tx, variant_id: int, delta: int, kind: str, reference: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of movement")
    if delta:
        values: dict[str, Any] = {"variant_id": variant_id, "delta": delta, "kind": kind, "at": clock.now()}
        tx.execute(sa.insert(_MOVE).values(reference=reference[:120], **values))
