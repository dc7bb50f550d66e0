"""Delivery as product pages, feeds and address forms state it: remembered until an owner changes it."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import current_app

from storefront.core import clock
from storefront.core.delivery import DeliveryOffer
from storefront.core.i18n import current_language
from storefront.core.versions import version_of
from storefront.pricing.rules.facts import DELIVERY, Method, Zone
from storefront.pricing.rules.places import Place
from storefront.pricing.rules.shipping import Parcel, choices, zone_of
from storefront.pricing.rules.values import ShippingChoice
from storefront.pricing.service.quoting import known_zones
from storefront.pricing.service.terms import calendar, currency, home_country, local_time

# What Babel lists beside countries: unions, tests, and codes that ISO 3166 only keeps free.
_NO_COUNTRIES = frozenset(
    ["EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"]
)


def delivery_offers() -> list[DeliveryOffer]:
    """Ways of delivery within the shop's own country, for an order that begins each of them.

    Worked out once a minute: an hour until which orders leave the same day is of whole minutes.
    """
    kept: dict[str, Any] = current_app.extensions.setdefault("regulars_offers", {})
    language, minute = current_language().code, clock.now().replace(second=0, microsecond=0)
    state = (version_of("home"), minute)
    if kept.get(language, (None,))[0] != state:
        kept[language] = (state, _offers())
    return list(kept[language][1])


def _offers() -> tuple[DeliveryOffer, ...]:
    home = home_country()
    zone = zone_of(known_zones(), Place(home))
    ways = zone.methods if zone else ()
    # Dates are those that the checkout states: a page and a quote never promise different days.
    days = {one.key: one for one in choices(zone, Parcel(0, 0), local_time(clock.now()), calendar())}
    return tuple(_offer(way, home, days[way.key]) for way in ways if way.kind == DELIVERY and way.key in days)


def countries_served() -> tuple[str, ...]:
    """Codes (ISO 3166) of the countries that something can be delivered to, in all or in parts."""
    zones = known_zones()
    return tuple(code for code in all_countries() if _is_served(zones, code))


def all_countries() -> tuple[str, ...]:
    """Every country there is, by code."""
    known = [str(code) for code in Locale("en").territories]
    return tuple(
        sorted(code for code in known if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES)
    )


def _is_served(zones: tuple[Zone, ...], code: str) -> bool:
    usual = zone_of(zones, Place(code))
    parts = [zone for zone in zones if code in zone.countries and (zone.regions or zone.postcodes)]
    return any(zone.methods for zone in (*parts, *([usual] if usual else [])))


def _offer(way: Method, country: str, first: ShippingChoice) -> DeliveryOffer:
    return DeliveryOffer(
        name=way.name,
        country=country,
        price_minor=_first_price(way),
        currency=currency(),
        min_days=way.min_days,
        max_days=way.max_days,
        handling_min_days=way.handling_min,
        handling_max_days=way.handling_max,
        free_from_minor=way.free_from_minor,
        earliest=first.earliest,
        latest=first.latest,
    )


def _first_price(way: Method) -> int:
    return min(way.bands, key=lambda band: (band.upto is None, band.upto or 0)).price_minor
