"""Background work of the journal."""

from __future__ import annotations

from datetime import timedelta

from storefront.core.jobs import job
from storefront.core.store import store_value
from storefront.journal.service.summing import JOB, forget_old, write_summaries


@job(JOB, every=timedelta(hours=1), offset=timedelta(minutes=7))
def summarise_journal() -> None:
    """What the owner's page shows when there is too much behaviour to sum up while somebody waits."""
    write_summaries()


@job("journal.forget", every=timedelta(days=1), offset=timedelta(hours=3, minutes=29))
def forget_journal() -> None:
    """Behaviour goes after as many days as the owner keeps it."""
    forget_old(store_value("journal_days"))
