"""Background work of the catalogue."""

from __future__ import annotations

from storefront.catalog import service
from storefront.core.database import transaction
from storefront.core.jobs import job


@job(service.MISS_JOB)
def count_miss(query: str, locale: str) -> None:
    """Count a search that found nothing; away from the page, so that browsing never writes to the shop."""
    with transaction() as tx:
        service.record_miss(tx, query, locale)
