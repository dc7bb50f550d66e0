"""What the journal tells the core: which of its columns are about a person."""

from __future__ import annotations

from storefront.core.imports.registry import Exporter, Importer
from storefront.core.privacy import PersonalData
from storefront.hookspecs import hookimpl
from storefront.journal.service import exporting, importing


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Every event of a person who agreed to statistics."""
    columns = (
        "customer_id",
        "visitor",
        "session",
        "product_id",
        "page",
        "query",
        "dwell_ms",
        "source",
        "params",
        "at",
    )
    return [PersonalData("journal_event", columns, owner="customer_id", on_erase="delete", store="journal")]


@hookimpl
def register_importers() -> list[Importer]:
    """Files of behaviour."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """The same, written."""
    return exporting.exporters()
