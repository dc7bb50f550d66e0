"""Zones and ways of delivery as an owner keeps them. Each change makes stale what pages remember of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from slugify import slugify
from sqlalchemy.orm import Session

from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.core.versions import raise_version
from storefront.pricing.errors import BadPrice
from storefront.pricing.rules.facts import BY_PRICE, BY_WEIGHT, DELIVERY, PICKUP, WORLD
from storefront.pricing.rules.places import postcode_of
from storefront.pricing.service import tables as t
from storefront.pricing.service.offers import all_countries

MOST_MINOR = 10**12
MOST_DAYS = 365
_REGION = re.compile(r"[A-Z0-9-]{1,40}\Z")


@dataclass(frozen=True)
class ZoneValues:
    """Where it is: countries by code ('*': the rest of the world), narrowed by regions and postcodes."""

    name: str
    countries: Sequence[str]
    regions: Sequence[str] = ()
    postcodes: Sequence[str] = ()
    position: int = 0


@dataclass(frozen=True)
class MethodValues:
    """A way of delivery. `bands`: (up to grams or minor units, or None; price). Texts by language."""

    zone_id: int
    names: Mapping[str, str]
    bands: Sequence[tuple[int | None, int]]
    kind: str = DELIVERY
    basis: str = BY_PRICE
    notes: Mapping[str, str] = field(default_factory=dict)
    free_from_minor: int | None = None
    handling_min: int = 0
    handling_max: int = 1
    min_days: int = 1
    max_days: int = 3
    cutoff_hour: int | None = None
    active: bool = True
    position: int = 0


def list_zones(session: Session) -> list[Any]:
    """Zones in the owner's order."""
    return list(session.execute(sa.select(t.zone).order_by(t.zone.c.position, t.zone.c.id)))


def list_methods(session: Session) -> list[Any]:
    """All ways of delivery, offered or not, in the owner's order."""
    return list(session.execute(sa.select(t.method).order_by(t.method.c.position, t.method.c.id)))


def get_zone(session: Session, zone_id: int) -> Any:
    """One zone. Raises NotFound."""
    return _found(session.execute(sa.select(t.zone).where(t.zone.c.id == zone_id)).first())


def get_method(session: Session, key: str) -> Any:
    """One way of delivery by its key. Raises NotFound."""
    return _found(session.execute(sa.select(t.method).where(t.method.c.key == key)).first())


# --- zones ------------------------------------------------------------------------------------------------


def save_zone(tx: Tx, zone_id: int | None, values: ZoneValues) -> int:
    """Add a zone, or change one; returns its id. Raises BadPrice for what cannot be."""
    clean = _clean_zone(values)
    before = _told(get_zone(tx, zone_id)) if zone_id is not None else None
    if zone_id is None:
        zone_id = tx.execute(sa.insert(t.zone).values(**clean).returning(t.zone.c.id)).scalar_one()
    else:
        tx.execute(sa.update(t.zone).where(t.zone.c.id == zone_id).values(**clean))
    _changed(tx, "shipping_zone", str(zone_id), before, clean)
    return zone_id


def remove_zone(tx: Tx, zone_id: int) -> None:
    """Take a zone away with its ways of delivery; orders that used them keep their words and prices."""
    before = _told(get_zone(tx, zone_id))
    tx.execute(sa.delete(t.zone).where(t.zone.c.id == zone_id))
    _changed(tx, "shipping_zone", str(zone_id), before, None)


def _clean_zone(values: ZoneValues) -> dict[str, Any]:
    name = " ".join(values.name.split())[:80]
    if not name:
        raise BadPrice(_("Please give the zone a name."), field="name")
    countries = sorted({code.strip().upper() for code in values.countries if code.strip()})
    known = {*all_countries(), WORLD}
    if not countries or not known.issuperset(countries):
        raise BadPrice(_("Please choose one country at least."), field="countries")
    regions = sorted({region.strip().upper() for region in values.regions if region.strip()})
    if not all(map(_REGION.match, regions)):
        raise BadPrice(_("Please give regions by their codes, such as CA."), field="regions")
    postcodes = sorted({postcode_of(code) for code in values.postcodes if postcode_of(code)})
    lists = {"countries": countries, "regions": regions, "postcodes": postcodes}
    return {"name": name, "position": values.position, **lists}


# --- ways of delivery -------------------------------------------------------------------------------------


def save_method(tx: Tx, key: str | None, values: MethodValues) -> str:
    """Add a way of delivery, or change one; returns its key. Raises BadPrice for what cannot be."""
    get_zone(tx, values.zone_id)
    clean = _clean_method(values)
    before = _told(get_method(tx, key)) if key is not None else None
    if key is None:
        key = _free_key(tx, next(iter(clean["names"].values())))
        tx.execute(sa.insert(t.method).values(key=key, **clean))
    else:
        tx.execute(sa.update(t.method).where(t.method.c.key == key).values(**clean))
    _changed(tx, "shipping_method", key, before, clean)
    return key


def set_method_active(tx: Tx, key: str, *, active: bool) -> None:
    """Offer a way of delivery, or stop offering it."""
    before = get_method(tx, key)
    tx.execute(sa.update(t.method).where(t.method.c.key == key).values(active=active))
    _changed(tx, "shipping_method", key, {"active": bool(before.active)}, {"active": active})


def duplicate_method(tx: Tx, key: str) -> str:
    """The same once more, not offered yet; returns the new key."""
    row = _told(get_method(tx, key))
    new = _free_key(tx, row.pop("key"))
    tx.execute(sa.insert(t.method).values(key=new, **{**row, "active": False}))
    _changed(tx, "shipping_method", new, None, {"copy_of": key})
    return new


def remove_method(tx: Tx, key: str) -> None:
    """Take a way of delivery away; orders that used it keep its words and price."""
    before = _told(get_method(tx, key))
    tx.execute(sa.delete(t.method).where(t.method.c.key == key))
    _changed(tx, "shipping_method", key, before, None)


def _clean_method(values: MethodValues) -> dict[str, Any]:
    names = _texts(values.names, 80)
    if not names:
        raise BadPrice(_("Please give it a name."), field="names")
    if values.kind not in (DELIVERY, PICKUP) or values.basis not in (BY_PRICE, BY_WEIGHT):
        raise BadPrice(_("Please choose one of the values offered."), field="basis")
    _check_days(values)
    if values.free_from_minor is not None and not 0 <= values.free_from_minor <= MOST_MINOR:
        raise BadPrice(_("Please give an amount of zero or more."), field="free_from")
    if values.cutoff_hour is not None and not 1 <= values.cutoff_hour <= 23:
        raise BadPrice(_("Please give a full hour from 1 to 23."), field="cutoff_hour")
    clean = {**asdict(values), "names": names, "notes": _texts(values.notes, 300)}
    return {**clean, "bands": _clean_bands(values.bands)}


def _check_days(values: MethodValues) -> None:
    for least, most, name in (
        (values.handling_min, values.handling_max, "handling_max"),
        (values.min_days, values.max_days, "max_days"),
    ):
        if not 0 <= least <= most <= MOST_DAYS:
            raise BadPrice(_("The first number of days must not be above the second."), field=name)


def _clean_bands(bands: Sequence[tuple[int | None, int]]) -> list[list[int | None]]:
    """Bands in order, each limit once. Raises BadPrice."""
    limits = [upto for upto, _price in bands]
    if not bands or len(set(limits)) != len(limits):
        raise BadPrice(_("Please give one price at least, and each limit once."), field="bands")
    for upto, price in bands:
        if not 0 <= price <= MOST_MINOR or (upto is not None and not 0 < upto <= MOST_MINOR):
            raise BadPrice(_("Please give an amount of zero or more."), field="bands")
    return [[upto, price] for upto, price in sorted(bands, key=lambda band: (band[0] is None, band[0] or 0))]


# --- behind both ------------------------------------------------------------------------------------------


def _texts(texts: Mapping[str, str], most: int) -> dict[str, str]:
    return {code: " ".join(text.split())[:most] for code, text in texts.items() if text.strip()}


def _free_key(tx: Tx, name: str) -> str:
    base = slugify(name)[:50] or "delivery"
    taken = set(tx.execute(sa.select(t.method.c.key).where(t.method.c.key.like(f"{base}%"))).scalars())
    if base not in taken:
        return base
    return next(f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound
    return row


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "id"}


def _changed(tx: Tx, subject: str, key: str, before: Any, after: Any) -> None:
    verb = "create" if before is None else "remove" if after is None else "change"
    record_audit(tx, f"{subject}.{verb}", subject, key, before, after)
    raise_version(tx, "home")
