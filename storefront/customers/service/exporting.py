"""Customers as tables that can be imported again without loss. Passwords and roles stay in the shop."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from storefront.core.imports.registry import Exporter, Options, Sheet
from storefront.customers.service.importing.columns import OWN_COLUMNS, SHOPIFY, own_row, shopify_row
from storefront.customers.service.importing.people import records


def exporters() -> list[Exporter]:
    """How customers are written."""
    return [Exporter("customers", {"regulars": own_sheet, "shopify": shopify_sheet})]


def own_sheet(session: Session, options: Options, where: Any = None) -> Sheet:
    """Everything the shop may give away about its customers (of those that `where` names)."""
    found = records(session, where)
    kept = sorted({name for record in found for name in record["extra"].get("regulars", {})})
    columns = [*OWN_COLUMNS, *kept]
    rows = (
        [({**record["extra"].get("regulars", {}), **own_row(record)}).get(name, "") for name in columns]
        for record in records(session, where)
    )
    return Sheet(columns, rows)


def shopify_sheet(session: Session, options: Options) -> Sheet:
    """Shopify's header, with what a Shopify file brought along."""
    kept = {name for record in records(session) for name in record["extra"].get("shopify", {})}
    columns = [*SHOPIFY, *sorted(kept - set(SHOPIFY))]
    rows = ([_cells(record).get(name, "") for name in columns] for record in records(session))
    return Sheet(columns, rows)


def _cells(record: dict) -> dict[str, str]:
    extra = record["extra"].get("shopify", {})
    return {**extra, **shopify_row(record, extra)}
