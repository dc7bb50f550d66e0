"""What the journal tells the core: which of its columns are about a person."""

from __future__ import annotations

from storefront.core.privacy import PersonalData
from storefront.hookspecs import hookimpl


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Every event of a person who agreed to statistics."""
    columns = ("customer_id", "visitor", "session", "product_id", "query", "params", "at")
    return [PersonalData("journal_event", columns, owner="customer_id", on_erase="delete", store="journal")]
