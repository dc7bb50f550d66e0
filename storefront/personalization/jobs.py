"""Background work of personalization."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from storefront.core import clock
from storefront.core.jobs import job
from storefront.personalization.errors import NotEnoughHistory
from storefront.personalization.service.training import train_shop


@job("personalization.train", every=timedelta(hours=1))
def train_daily() -> None:
    """Train once a day, at the hour that the settings name."""
    hour = current_app.extensions["regulars_settings"].train_hour
    if clock.now().hour == hour:
        train_now()


@job("personalization.train_now")
def train_now() -> None:
    """Train as soon as the worker is free; a shop without history is no error."""
    try:
        train_shop()
    except NotEnoughHistory:
        return
