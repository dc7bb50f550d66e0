"""Background work of orders and payments."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from storefront.core.jobs import job
from storefront.ordering import service
from storefront.ordering.service.gateways.fake import send_webhooks


@job("ordering.reconcile", every=timedelta(minutes=1))
def reconcile() -> None:
    """Ask gateways about payments and refunds that nobody knows the outcome of."""
    service.reconcile_due()


@job("ordering.expire", every=timedelta(minutes=1))
def expire() -> None:
    """End orders that nobody paid in time."""
    service.expire_due()


@job("ordering.remind", every=timedelta(hours=1), offset=timedelta(minutes=13))
def remind() -> None:
    """Remind of bank transfers that did not come."""
    service.remind_due()


@job("ordering.fake_webhooks", every=timedelta(minutes=1))
def send_fake_webhooks() -> None:
    """Let the fake provider send what is due. There is none in production."""
    if not current_app.extensions["regulars_settings"].production:
        send_webhooks()
