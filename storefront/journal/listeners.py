"""What the journal tells the core: which of its columns are about a person."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from storefront.core.console import ConsolePage
from storefront.core.imports.registry import Exporter, Importer
from storefront.core.privacy import PersonalData
from storefront.core.store import StoreSetting
from storefront.hookspecs import hookimpl
from storefront.journal.service import exporting, importing

# Thirteen months: a year ago can be compared with.
KEPT_DAYS = 395


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
def register_store_settings() -> list[StoreSetting]:
    """How long behaviour is kept."""
    label = _l("Days for which what people do is kept")
    return [StoreSetting("journal_days", "whole", KEPT_DAYS, "privacy", label, least=1, most=1_200)]


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """What people do, for whoever may see customers."""
    page = ConsolePage(
        "behaviour",
        _l("What people do"),
        "journal_owner.behaviour",
        "find_out",
        500,
        "customers.read",
        "eye",
    )
    return [page]


@hookimpl
def register_importers() -> list[Importer]:
    """Files of behaviour."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """The same, written."""
    return exporting.exporters()
