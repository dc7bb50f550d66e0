"""Background work around treatments."""

from __future__ import annotations

from datetime import timedelta

from storefront.core.jobs import job
from storefront.treatments.service.exposing import forget_old
from storefront.treatments.service.outcomes import settle_guests


@job("treatments.settle_guests", every=timedelta(hours=1), offset=timedelta(minutes=37))
def settle_guest_orders() -> None:
    """Orders of guests whose visit was noted after the worker had been told of the order."""
    settle_guests()


@job("treatments.forget", every=timedelta(days=1), offset=timedelta(hours=3, minutes=11))
def forget_exposures() -> None:
    """Nobody needs to know any more which strip was shown to whom a quarter of a year ago."""
    forget_old()
