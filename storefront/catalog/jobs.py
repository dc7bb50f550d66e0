"""Background work of the catalogue."""

from __future__ import annotations

from storefront.catalog import service
from storefront.catalog.service import desk_imports
from storefront.core.database import transaction
from storefront.core.jobs import job


@job(service.MISS_JOB)
def count_miss(query: str, locale: str) -> None:
    """Count a search that found nothing; away from the page, so that browsing never writes to the shop."""
    with transaction() as tx:
        service.record_miss(tx, query, locale)


@job(desk_imports.CHECK_JOB)
def check_import(token: str) -> None:
    """Look at an uploaded file and count what it would do."""
    desk_imports.check_upload(token)


@job(desk_imports.APPLY_JOB)
def apply_import(token: str) -> None:
    """Write an uploaded file into the shop."""
    desk_imports.apply_upload(token)


@job(desk_imports.UNDO_JOB)
def undo_import(batch: str) -> None:
    """Take an import back."""
    desk_imports.undo_import(batch)
