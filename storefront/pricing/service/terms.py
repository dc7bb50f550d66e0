"""What an owner sets for all prices of the shop: tax in prices, the shop's country, time and working days."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app

from storefront.core.store import store_value
from storefront.pricing.rules.calendar import WEEKENDS, Calendar, read_holidays


def currency() -> str:
    """The one currency of the shop."""
    return current_app.extensions["regulars_settings"].currency


def home_country() -> str:
    """The shop's own country: where goods go as long as nobody has said another."""
    return store_value("business_country") or current_app.extensions["regulars_settings"].region


def local_time(moment: datetime) -> datetime:
    """A moment on the shop's own clock on the wall."""
    return moment.astimezone(_zone(store_value("business_timezone")))


def moment_of(local: datetime) -> datetime:
    """The moment that a time on the shop's clock on the wall stands for."""
    return local.replace(tzinfo=_zone(store_value("business_timezone"))).astimezone(UTC)


def calendar() -> Calendar:
    """The shop's weekend and holidays. Lines that are no day are passed over; saving refuses them."""
    lines = str(store_value("delivery_holidays")).splitlines()
    try:
        once, yearly = read_holidays(lines)
    except ValueError:
        once, yearly = frozenset(), frozenset()
    return Calendar(WEEKENDS[store_value("delivery_weekend")], once, yearly)


def _zone(name: str) -> tzinfo:
    """A time zone by name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
