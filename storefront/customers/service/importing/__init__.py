"""Customers out of files, and customers out of order histories."""

from __future__ import annotations

from storefront.core.imports.registry import Format, Importer
from storefront.customers.service.importing.columns import is_own, is_shopify
from storefront.customers.service.importing.history import (
    HistoryCustomers,
    known_customers,
    names_of_customers,
)
from storefront.customers.service.importing.people import People, stage_own, stage_shopify


def importers() -> list[Importer]:
    """What `regulars import customers` reads, and how it is applied."""
    formats = (Format("shopify", is_shopify, stage_shopify), Format("regulars", is_own, stage_own))
    return [Importer("customers", formats, (People(),))]


__all__ = ["HistoryCustomers", "importers", "known_customers", "names_of_customers"]
