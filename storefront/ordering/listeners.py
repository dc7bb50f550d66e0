"""What orders tell the core."""

from __future__ import annotations

from storefront.core.imports.registry import Exporter, Importer
from storefront.core.privacy import PersonalData
from storefront.hookspecs import hookimpl
from storefront.ordering.service import exporting, importing

LAW = "what was sold, when and for how much has to be kept for the books, without the buyer's name"


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Orders and returns of a person: their lines are reached through them."""
    sums = ("lines_minor", "charges_minor", "discount_minor", "tax_minor", "total_minor")
    return [
        PersonalData("orders", ("email", "country", "extra"), owner="customer_id", on_erase="blank"),
        PersonalData(
            "orders", ("number", "placed_at", "cancelled_at", *sums), "customer_id", on_erase="keep", why=LAW
        ),
        PersonalData(
            "order_return", ("number", "returned_at", "total_minor"), "customer_id", on_erase="keep", why=LAW
        ),
    ]


@hookimpl
def register_importers() -> list[Importer]:
    """Histories of orders."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """Orders and returns, written."""
    return exporting.exporters()
