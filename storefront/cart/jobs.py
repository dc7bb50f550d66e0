"""What the worker does for carts."""

from __future__ import annotations

from datetime import timedelta

from storefront.cart import service
from storefront.core.database import transaction
from storefront.core.jobs import job


@job("cart.forget_idle", every=timedelta(days=1), offset=timedelta(hours=3, minutes=21))
def forget_idle() -> None:
    """Visitors' carts that nobody touched for three months go, once a day."""
    with transaction() as tx:
        service.forget_idle_carts(tx)
