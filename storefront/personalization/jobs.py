"""Background work of personalization."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from flask import current_app

from storefront.core import clock
from storefront.core.database import transaction
from storefront.core.jobs import job
from storefront.core.state import read_state, write_state
from storefront.personalization.errors import NotEnoughHistory
from storefront.personalization.service.engine import holder
from storefront.personalization.service.training import VERSION, train_shop

TRIED = "training-tried"


@job("personalization.train", every=timedelta(hours=1))
def train_daily() -> None:
    """Train once a day, at the hour that the settings name, or as soon after it as a worker is there."""
    hour = current_app.extensions["regulars_settings"].train_hour
    moment = clock.now()
    if hour < 0 or _last_tried() >= _last_time(hour, moment):
        return
    try:
        train_now()
    finally:
        # Once a day, however it ended: an hour later the history is the same.
        with transaction() as tx:
            write_state(tx, TRIED, moment.isoformat())


def _last_time(hour: int, moment: datetime) -> datetime:
    today = moment.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= moment else today - timedelta(days=1)


def _last_tried() -> datetime:
    """When training was tried last, here or by hand."""
    found = [datetime.min.replace(tzinfo=UTC)]
    tried = read_state(TRIED)
    if tried is not None:
        found.append(datetime.fromisoformat(tried))
    engines = holder()
    engines.current()
    with suppress(ValueError):  # there is none, or it was named by somebody else
        found.append(datetime.strptime(engines.version or "", VERSION).replace(tzinfo=UTC))
    return max(found)


@job("personalization.train_now")
def train_now() -> None:
    """Train as soon as the worker is free; a shop without history is no error."""
    try:
        train_shop()
    except NotEnoughHistory:
        return
