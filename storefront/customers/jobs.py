"""Background work around customers."""

from __future__ import annotations

from datetime import timedelta

from storefront.core.database import transaction
from storefront.core.jobs import job
from storefront.customers import service


@job("customers.forget_sign_ins", every=timedelta(days=1), offset=timedelta(hours=2, minutes=47))
def forget_sign_ins() -> None:
    """Nobody needs to know any more when somebody was here with a sign-in that is over."""
    with transaction() as tx:
        service.forget_sign_ins(tx)


@job("customers.forget_links", every=timedelta(hours=1), offset=timedelta(minutes=23))
def forget_links() -> None:
    """What waited behind a link that nobody followed (an address, a name) is not kept."""
    with transaction() as tx:
        service.forget_links(tx)
