"""Noticing that a shelf which was empty is not any more."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.core.events import publish
from storefront.inventory.events import StockArrived
from storefront.inventory.models import Stock

_STOCK = Stock.__table__


def put_on_shelf(tx: Tx, changing: sa.Update, variant_id: int, quantity: int) -> bool:
    """Run an update that adds `quantity` available pieces of one variant, and publish that it is back when
    there were none. False when nobody counts the variant."""
    available = tx.execute(changing.returning(_STOCK.c.available)).scalar()
    if available is None:
        return False
    note_arrival(tx, variant_id, available - quantity, available)
    return True


def note_arrival(tx: Tx, variant_id: int, before: int, after: int) -> None:
    """Publish that a variant is back when its pieces rose from none (or owed ones) to some."""
    if before <= 0 < after:
        publish(tx, StockArrived(variant_id))
