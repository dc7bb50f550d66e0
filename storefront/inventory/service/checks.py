"""What must hold in the stock's books at any moment; `regulars doctor` asks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core.database import database_now
from storefront.inventory.models import Stock, StockHold, StockMove
from storefront.inventory.rules import LATE_AFTER

_STOCK, _HOLD, _MOVE = Stock.__table__, StockHold.__table__, StockMove.__table__
SHOWN = 50


def _sums(table: sa.Table, column: str) -> Any:
    total = sa.func.sum(table.c[column]).label("total")
    return sa.select(table.c.variant_id, total).group_by(table.c.variant_id).subquery()


def unexplained(session: Session) -> list[str]:
    """Variants whose movements do not add up to what is there."""
    moves = _sums(_MOVE, "delta")
    there = _STOCK.c.available + _STOCK.c.held
    explained = sa.func.coalesce(moves.c.total, 0)
    wrong = (
        sa.select(_STOCK.c.variant_id, there.label("there"), explained.label("explained"))
        .outerjoin(moves, moves.c.variant_id == _STOCK.c.variant_id)
        .where(there != explained)
        .order_by(_STOCK.c.variant_id)
        .limit(SHOWN)
    )
    return [
        f"variant {row.variant_id}: {row.there} pieces are there, movements explain {row.explained}"
        for row in session.execute(wrong)
    ]


def held_by_nobody(session: Session) -> list[str]:
    """Variants whose held pieces are not those of the holds."""
    holds = _sums(_HOLD, "quantity")
    by_carts = sa.func.coalesce(holds.c.total, 0)
    wrong = (
        sa.select(_STOCK.c.variant_id, _STOCK.c.held, by_carts.label("by_carts"))
        .outerjoin(holds, holds.c.variant_id == _STOCK.c.variant_id)
        .where(_STOCK.c.held != by_carts)
        .order_by(_STOCK.c.variant_id)
        .limit(SHOWN)
    )
    return [
        f"variant {row.variant_id}: {row.held} pieces are held, carts hold {row.by_carts}"
        for row in session.execute(wrong)
    ]


def held_too_long(session: Session) -> list[str]:
    """Holds that should have ended more than a minute ago: the worker does not run."""
    late = sa.select(_HOLD.c.id, _HOLD.c.expires_at).where(_HOLD.c.expires_at < database_now() - LATE_AFTER)
    rows = session.execute(late.order_by(_HOLD.c.id).limit(SHOWN))
    return [f"hold {row.id} ended at {row.expires_at.isoformat(timespec='seconds')}" for row in rows]


def negative(session: Session) -> list[str]:
    """Variants with fewer than no pieces that may not be backordered."""
    below = sa.and_(_STOCK.c.available < 0, _STOCK.c.backorder.is_(False))
    rows = session.execute(
        sa.select(_STOCK.c.variant_id, _STOCK.c.available)
        .where(sa.or_(below, _STOCK.c.held < 0))
        .limit(SHOWN)
    )
    return [f"variant {row.variant_id}: {row.available} pieces" for row in rows]
