"""Behaviour as a table that can be imported again without loss."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.service.importing import sku_of_products
from storefront.core.database import JOURNAL, snapshot
from storefront.core.imports.registry import Exporter, Options, Sheet
from storefront.customers.service.importing import names_of_customers
from storefront.journal.models import JournalEvent
from storefront.journal.service.formats import COLUMNS

EVENT = JournalEvent.__table__
CHUNK = 5_000
_LATER = ("page", "source", "dwell_ms")


def exporters() -> list[Exporter]:
    """How behaviour is written."""
    return [Exporter("events", {"regulars": sheet})]


def sheet(session: Session, options: Options) -> Sheet:
    """Every event, in the order of time."""
    return Sheet(COLUMNS, _rows(session))


def _rows(session: Session) -> Iterator[list[str]]:
    skus, names = sku_of_products(session), names_of_customers(session)
    query = sa.select(EVENT).order_by(EVENT.c.at, EVENT.c.event_id).execution_options(yield_per=CHUNK)
    with snapshot(JOURNAL) as journal:
        for row in journal.execute(query).mappings():
            params = row["params"]
            cells = {
                "event": row["name"],
                "event_id": row["event_id"],
                "at": row["at"].isoformat(),
                "customer": names.get(row["customer_id"], ""),
                "sku": skus.get(row["product_id"], ""),
                "list": row["list_name"],
                "params": json.dumps(params, ensure_ascii=False, sort_keys=True) if params else "",
            }
            for name in ("visitor", "session", "query", "hits", "position", "surface", "language", *_LATER):
                cells[name] = row[name]
            yield ["" if cells[name] is None else str(cells[name]) for name in COLUMNS]
