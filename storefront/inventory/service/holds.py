"""Holds: pieces set aside for one cart while its owner pays. They end by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from storefront.core.database import Tx, database_now
from storefront.inventory.errors import SoldOut
from storefront.inventory.models import Stock, StockHold
from storefront.inventory.rules import demand, hold_until
from storefront.inventory.service.arrivals import put_on_shelf

_STOCK, _HOLD = Stock.__table__, StockHold.__table__
AT_ONCE = 500


def hold(tx: Tx, holder: str, lines: dict[int, int]) -> None:
    """Set pieces aside for `holder` for ten minutes, in id order, all or nothing; replaces what it held.

    Variants that nobody counts need no hold, nor does what may be backordered once the shelf is empty.
    Raises SoldOut.
    """
    wanted = demand(lines)
    _lock(tx, holder, [variant_id for variant_id, _quantity in wanted])
    release_hold(tx, holder)
    ends = hold_until(database_now())
    for variant_id, quantity in wanted:
        held = _set_aside(tx, variant_id, quantity)
        if held:
            row = {"holder": holder, "variant_id": variant_id, "quantity": held, "extended": False}
            tx.execute(sa.insert(_HOLD).values(expires_at=ends, **row))


def _lock(tx: Tx, holder: str, variant_ids: list[int]) -> None:
    """Wait for all rows that will change, in the order of `take`: two carts may trade what they hold."""
    mine = sa.select(_HOLD.c.variant_id).where(_HOLD.c.holder == holder).order_by(_HOLD.c.id)
    ids = [*tx.execute(mine.with_for_update()).scalars(), *variant_ids]
    rows = sa.select(_STOCK.c.variant_id).where(_STOCK.c.variant_id.in_(ids)).order_by(_STOCK.c.variant_id)
    tx.execute(rows.with_for_update())


def _set_aside(tx: Tx, variant_id: int, quantity: int) -> int:
    """How many pieces were set aside. Raises SoldOut."""
    moved = (
        sa.update(_STOCK)
        .where(_STOCK.c.variant_id == variant_id, _STOCK.c.available >= quantity)
        .values(available=_STOCK.c.available - quantity, held=_STOCK.c.held + quantity)
    )
    if tx.execute(moved).rowcount == 1:
        return quantity
    if expire_holds(tx, variant_id=variant_id) and tx.execute(moved).rowcount == 1:
        return quantity
    row = tx.execute(sa.select(_STOCK).where(_STOCK.c.variant_id == variant_id)).first()
    if row is None or row.backorder:
        return 0
    raise SoldOut(variant_id, row.available)


def extend_hold(tx: Tx, holder: str) -> bool:
    """Ten more minutes from now, once, while the hold lives. False when it was used up or is over."""
    now = database_now()
    changed = tx.execute(
        sa.update(_HOLD)
        .where(_HOLD.c.holder == holder, _HOLD.c.extended.is_(False), _HOLD.c.expires_at > now)
        .values(expires_at=hold_until(now), extended=True)
    )
    return changed.rowcount > 0


def lock_holds(tx: Tx, holders: Iterable[str]) -> None:
    """Wait for whoever buys with what these hold: who locks carts afterwards does not deadlock with them."""
    rows = sa.select(_HOLD.c.id).where(_HOLD.c.holder.in_(list(holders))).order_by(_HOLD.c.id)
    tx.execute(rows.with_for_update())


def pass_hold(tx: Tx, holder: str, to: str) -> None:
    """What `holder` holds is `to`'s from now on, with the time that is left; what `to` held goes back."""
    mine = sa.select(_HOLD.c.id).where(_HOLD.c.holder == holder).limit(1)
    if tx.execute(mine).first() is None:
        return
    release_hold(tx, to)
    tx.execute(sa.update(_HOLD).where(_HOLD.c.holder == holder).values(holder=to))


def held_until(session: Session | scoped_session[Any], holder: str) -> datetime | None:
    """When the pieces set aside for `holder` go back to the shelf; None when nothing is, or no longer."""
    ends = sa.select(sa.func.min(_HOLD.c.expires_at)).where(_HOLD.c.holder == holder)
    moment = session.execute(ends).scalar()
    return moment if moment is not None and moment > database_now() else None


def release_hold(tx: Tx, holder: str) -> None:
    """Give everything that `holder` holds back to the shelf."""
    _give_back(tx, _HOLD.c.holder == holder)


def end_holds(tx: Tx, holder: str) -> dict[int, int]:
    """End the holds of somebody who buys: pieces by variant, still counted as held, for the caller."""
    gone = sa.delete(_HOLD).where(_HOLD.c.holder == holder)
    rows = tx.execute(gone.returning(_HOLD.c.variant_id, _HOLD.c.quantity))
    return {row.variant_id: row.quantity for row in rows}


def expire_holds(tx: Tx, *, variant_id: int | None = None, limit: int = AT_ONCE) -> int:
    """End holds that are over (of one variant, or of all); returns how many there were."""
    over = sa.select(_HOLD.c.id).where(_HOLD.c.expires_at <= database_now()).order_by(_HOLD.c.id).limit(limit)
    if variant_id is not None:
        over = over.where(_HOLD.c.variant_id == variant_id)
    # Rows that somebody else is ending at this moment are left to them: nobody waits, nobody deadlocks.
    return _give_back(tx, _HOLD.c.id.in_(over.with_for_update(skip_locked=True)))


def _give_back(tx: Tx, which: sa.ColumnElement[bool]) -> int:
    rows = tx.execute(sa.delete(_HOLD).where(which).returning(_HOLD.c.variant_id, _HOLD.c.quantity)).all()
    pieces: dict[int, int] = {}
    for row in rows:
        pieces[row.variant_id] = pieces.get(row.variant_id, 0) + row.quantity
    for variant_id, quantity in sorted(pieces.items()):
        free = {"available": _STOCK.c.available + quantity, "held": _STOCK.c.held - quantity}
        changing = sa.update(_STOCK).where(_STOCK.c.variant_id == variant_id).values(free)
        put_on_shelf(tx, changing, variant_id, quantity)
    return len(rows)
