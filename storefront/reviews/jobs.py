"""Background work around wishes and requests."""

from __future__ import annotations

from datetime import timedelta

from storefront.core.database import transaction
from storefront.core.jobs import job
from storefront.reviews import service


@job("reviews.tell_next_waves", every=timedelta(hours=1), offset=timedelta(minutes=11))
def tell_next_waves() -> None:
    """Tell the next in the queue of what still lies there a day after the first were told."""
    service.tell_next_waves()


@job("reviews.forget", every=timedelta(days=1), offset=timedelta(hours=2, minutes=41))
def forget() -> None:
    """Delete requests whose time is over, and wishes that were taken off more than a day ago."""
    with transaction() as tx:
        service.forget_requests(tx)
        service.forget_removed(tx)
