"""On what terms a thing is sold: until when its price is good, how it gets there, how it may come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storefront.core.delivery import DeliveryOffer
from storefront.core.money import Money

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Returns:
    """Goods may be sent back within `days` (0: not at all) from `countries`; `page` explains it."""

    days: int
    free: bool = False
    countries: tuple[str, ...] = ()
    home: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everything in the shop. Without delivery offers nothing is said of delivery."""

    delivery: tuple[DeliveryOffer, ...] = ()
    returns: Returns | None = None


def delivery_price(way: DeliveryOffer, goods: Money) -> Money:
    """What `way` costs for goods of this value, ordered alone."""
    free = way.free_from_minor is not None and goods.minor >= way.free_from_minor
    return Money(0 if free else way.price_minor, way.currency)


def usual_way(ways: Iterable[DeliveryOffer], goods: Money) -> DeliveryOffer | None:
    """The cheapest way for goods of this value; of two at one price the faster."""
    return min(
        ways,
        key=lambda way: (delivery_price(way, goods).minor, way.handling_max_days + way.max_days),
        default=None,
    )


def arrival(way: DeliveryOffer, ordered: date) -> tuple[date, date]:
    """The first and the last day on which something ordered on this day arrives."""
    if way.earliest is not None and way.latest is not None:
        return way.earliest, way.latest
    return (
        after_working_days(ordered, way.handling_min_days + way.min_days),
        after_working_days(ordered, way.handling_max_days + way.max_days),
    )


def after_working_days(start: date, days: int) -> date:
    """The working day (Monday to Friday) that lies so many of them after `start`; never one before it."""
    # A weekend counts from its Friday on, and at least to Monday.
    past = max(0, start.weekday() - SATURDAY + 1)
    start -= timedelta(days=past)
    weeks, rest = divmod(max(days, 1 if past else 0), 5)
    over = start.weekday() + rest >= SATURDAY
    return start + timedelta(days=7 * weeks + rest + (2 if over else 0))


def price_until(visible_until: datetime | None, today: date) -> date:
    """The last day of today's price: the last on show where that is known, else the end of next year."""
    if visible_until is not None:
        return (visible_until - timedelta(microseconds=1)).date()
    return date(today.year + 1, 12, 31)
