"""Tax rates as an owner keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.core.versions import raise_version
from storefront.pricing.errors import BadPrice
from storefront.pricing.rules.facts import STANDARD, WHOLE_BP
from storefront.pricing.rules.places import region_code
from storefront.pricing.rules.vat_rates import PRESETS
from storefront.pricing.service import tables as t
from storefront.pricing.service.offers import all_countries

_CLASS = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
VAT = {"en": "VAT", "zh": "增值税"}


@dataclass(frozen=True)
class TaxValues:
    """One rate. `rate_bp`: 2000 is 20 %. `names` by language, as invoices call the tax."""

    country: str
    rate_bp: int
    region: str = ""
    tax_class: str = STANDARD
    names: Mapping[str, str] = field(default_factory=dict)


def list_tax_rates(session: Session) -> list[Any]:
    """Every rate, by country, region and class; the standard class first."""
    first = sa.case((t.rate.c.tax_class == STANDARD, 0), else_=1)
    order = (t.rate.c.country, t.rate.c.region, first, t.rate.c.tax_class)
    return list(session.execute(sa.select(t.rate).order_by(*order)))


def get_tax_rate(session: Session, rate_id: int) -> Any:
    """One rate. Raises NotFound."""
    row = session.execute(sa.select(t.rate).where(t.rate.c.id == rate_id)).first()
    if row is None:
        raise NotFound
    return row


def save_tax_rate(tx: Tx, rate_id: int | None, values: TaxValues) -> int:
    """Add a rate, or change one; returns its id. Raises BadPrice for what cannot be, or is there already."""
    clean = _clean(values)
    place = (t.rate.c.country == clean["country"], t.rate.c.region == clean["region"])
    same = sa.select(t.rate.c.id).where(*place, t.rate.c.tax_class == clean["tax_class"])
    if tx.execute(same.where(t.rate.c.id != (rate_id or 0))).scalar() is not None:
        raise BadPrice(_("There is a rate for this country, region and class already."), field="tax_class")
    if rate_id is None:
        rate_id = tx.execute(sa.insert(t.rate).values(**clean).returning(t.rate.c.id)).scalar_one()
        raise_version(tx, "home")
        record_audit(tx, "tax_rate.create", "tax_rate", str(rate_id), None, clean)
        return rate_id
    before = get_tax_rate(tx, rate_id)
    tx.execute(sa.update(t.rate).where(t.rate.c.id == rate_id).values(**clean))
    raise_version(tx, "home")
    record_audit(tx, "tax_rate.change", "tax_rate", str(rate_id), _told(before), clean)
    return rate_id


def remove_tax_rate(tx: Tx, rate_id: int) -> None:
    """Take a rate away: what it was for is then taxed with the country's standard rate, or with nothing."""
    before = get_tax_rate(tx, rate_id)
    tx.execute(sa.delete(t.rate).where(t.rate.c.id == rate_id))
    raise_version(tx, "home")
    record_audit(tx, "tax_rate.remove", "tax_rate", str(rate_id), _told(before), None)


def add_usual_rates(tx: Tx, preset: str) -> int:
    """Add the usual rates of 'eu', 'uk' or 'cn'; rates that are there stay as they are. Returns how many."""
    if preset not in PRESETS:
        raise BadPrice(_("Please choose one of the values offered."), field="preset")
    there = {(row.country, row.tax_class) for row in list_tax_rates(tx) if not row.region}
    new = [
        TaxValues(country, rate, tax_class=kind, names=VAT)
        for country, rates in PRESETS[preset].items()
        for kind, rate in rates.items()
        if (country, kind) not in there
    ]
    if new:
        tx.execute(sa.insert(t.rate), [asdict(one) for one in new])
        raise_version(tx, "home")
        record_audit(tx, "tax_rate.add_usual", "tax_rate", preset, None, {"rates": len(new)})
    return len(new)


def _clean(values: TaxValues) -> dict[str, Any]:
    country = values.country.strip().upper()
    if country not in all_countries():
        raise BadPrice(_("Please choose a country."), field="country")
    if type(values.rate_bp) is not int or not 0 <= values.rate_bp <= WHOLE_BP:
        raise BadPrice(_("Please give a rate from 0 to 100 per cent."), field="rate")
    kind = values.tax_class.strip().lower() or STANDARD
    if not _CLASS.match(kind):
        raise BadPrice(_("A class is one word: letters, digits and hyphens."), field="tax_class")
    names = {code: text.strip()[:40] for code, text in values.names.items() if text.strip()}
    region = region_code(country, values.region)[:40]
    return {
        "country": country, "region": region, "tax_class": kind, "rate_bp": values.rate_bp, "names": names,
    }  # fmt: skip


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "id"}
