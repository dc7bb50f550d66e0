"""Ways of delivery: which zone a place lies in, what its ways cost, and when they arrive.

The most exact zone decides alone: postcodes before regions before a country before the rest of the world. So
an island with its own zone has its own prices, and a zone without ways of delivery is not served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storefront.pricing.rules.calendar import Calendar
from storefront.pricing.rules.facts import BY_WEIGHT, WORLD, Method, Zone
from storefront.pricing.rules.places import Place, postcode_of, region_code
from storefront.pricing.rules.values import ShippingChoice


@dataclass(frozen=True, slots=True)
class Parcel:
    """What has to be carried: the value of the goods after discounts, and their weight."""

    goods_minor: int
    weight_grams: int


def exactness(zone: Zone, place: Place) -> int:
    """How exactly a zone describes a place; 0: the place does not lie in it."""
    named = place.country in zone.countries
    if not (named or WORLD in zone.countries) or not (
        _has_region(zone, place) and _has_postcode(zone, place)
    ):
        return 0
    return (2 if named else 1) + (4 if zone.regions else 0) + (8 if zone.postcodes else 0)


def _has_region(zone: Zone, place: Place) -> bool:
    return not zone.regions or place.region in {region_code(place.country, one) for one in zone.regions}


def _has_postcode(zone: Zone, place: Place) -> bool:
    if not zone.postcodes:
        return True
    return bool(place.postcode) and place.postcode.startswith(tuple(map(postcode_of, zone.postcodes)))


def zone_of(zones: Sequence[Zone], place: Place) -> Zone | None:
    """The zone that a place lies in; of two as exact ones the first."""
    best = max(zones, key=lambda zone: exactness(zone, place), default=None)
    return best if best is not None and exactness(best, place) else None


def price_of(method: Method, parcel: Parcel) -> int | None:
    """What a way costs; None where it does not carry so much."""
    measured = parcel.weight_grams if method.basis == BY_WEIGHT else parcel.goods_minor
    bands = sorted(method.bands, key=lambda band: (band.upto is None, band.upto or 0))
    found = next((band for band in bands if band.upto is None or measured <= band.upto), None)
    if found is None:
        return None
    free = method.free_from_minor is not None and parcel.goods_minor >= method.free_from_minor
    return 0 if free else found.price_minor


def choices(
    zone: Zone | None, parcel: Parcel, ordered: datetime, calendar: Calendar
) -> tuple[ShippingChoice, ...]:
    """The ways that carry this parcel, in the owner's order, without tax and discounts yet."""
    found = []
    for method in zone.methods if zone else ():
        price = price_of(method, parcel)
        if price is not None:
            found.append(_choice(method, price, ordered, calendar))
    return tuple(found)


def _choice(method: Method, price: int, ordered: datetime, calendar: Calendar) -> ShippingChoice:
    fastest, slowest = method.handling_min + method.min_days, method.handling_max + method.max_days
    first = calendar.first_day(ordered, method.cutoff_hour)
    return ShippingChoice(
        key=method.key,
        name=method.name,
        price_minor=price,
        tax_minor=0,
        min_days=fastest,
        max_days=slowest,
        earliest=calendar.after(first, fastest),
        latest=calendar.after(first, slowest),
        free_from_minor=method.free_from_minor,
        kind=method.kind,
        before_minor=price,
        note=method.note,
    )
