"""Background work of the inventory."""

from __future__ import annotations

from datetime import timedelta

from storefront.core.database import transaction
from storefront.core.jobs import job
from storefront.inventory import service


@job("inventory.expire_holds", every=timedelta(minutes=1))
def expire_holds() -> None:
    """Give pieces of carts that ran out of time back to the shelf, a few hundred in each command."""
    while True:
        with transaction() as tx:
            if not service.expire_holds(tx):
                return
