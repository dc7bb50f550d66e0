"""Discounts and their coupons as an owner keeps them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.pricing.errors import BadPrice
from storefront.pricing.rules.bargains import code_of
from storefront.pricing.rules.facts import BUY_GET, DISCOUNT_KINDS, FIXED, PERCENT, WHOLE_BP
from storefront.pricing.service import tables as t
from storefront.pricing.service.claims import coupon_counter, discount_counter
from storefront.pricing.service.offers import all_countries

CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}\Z")
# Nothing that is mistaken for something else when it is read aloud or copied.
_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
MOST_CODES = 5000
MOST_USES = 1_000_000_000
MOST_MINOR = 10**12
MOST_PIECES = 100


@dataclass(frozen=True)
class DiscountValues:
    """A discount with its conditions; what is empty or None asks for nothing. `names` by language."""

    kind: str
    names: Mapping[str, str]
    automatic: bool = False
    combinable: bool = True
    active: bool = True
    percent_bp: int = 0
    amount_minor: int = 0
    buy: int = 0
    get: int = 0
    minimum_minor: int | None = None
    product_ids: Sequence[int] = field(default_factory=tuple)
    category_ids: Sequence[int] = field(default_factory=tuple)
    audiences: Sequence[str] = field(default_factory=tuple)
    countries: Sequence[str] = field(default_factory=tuple)
    first_order: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    uses_limit: int | None = None
    per_person_limit: int | None = None
    person_limit: int | None = None


def get_discount(session: Session, key: str) -> Any:
    """One discount by its key. Raises NotFound."""
    row = session.execute(sa.select(t.discount).where(t.discount.c.key == key)).first()
    if row is None:
        raise NotFound
    return row


def save_discount(tx: Tx, key: str | None, values: DiscountValues) -> str:
    """Add a discount, or change one; returns its key. Limits of codes count for those made from now on.

    Raises BadPrice for what cannot be, as a limit for each person below what somebody has used.
    """
    clean = _clean(values)
    if key is None:
        key = secrets.token_hex(6)
        tx.execute(sa.insert(t.discount).values(key=key, created_at=clock.now(), **clean))
        record_audit(tx, "discount.create", "discount", key, None, _plain(clean))
        return key
    before = get_discount(tx, key)
    if clean["automatic"] and not before.automatic and _has_codes(tx, before.id):
        raise BadPrice(_("There are codes for it: it cannot count by itself."), field="automatic")
    tx.execute(sa.update(t.discount).where(t.discount.c.key == key).values(**clean))
    if clean["person_limit"] is not None:
        # The discount's row is locked by now, and who opens a counter of it waits for that row.
        _set_remaining(tx, _shares_of(before.id), clean["person_limit"], "person_limit")
    record_audit(tx, "discount.change", "discount", key, _told(before), _plain(clean))
    return key


def set_discount_active(tx: Tx, key: str, *, active: bool) -> None:
    """Let a discount count, or stop it, with all its codes."""
    before = get_discount(tx, key)
    tx.execute(sa.update(t.discount).where(t.discount.c.key == key).values(active=active))
    record_audit(tx, "discount.change", "discount", key, {"active": before.active}, {"active": active})


def duplicate_discount(tx: Tx, key: str) -> str:
    """The same once more, without codes, and stopped; returns the new key."""
    row = get_discount(tx, key)._mapping
    new = secrets.token_hex(6)
    own = {name: value for name, value in row.items() if name not in ("id", "key")}
    tx.execute(
        sa.insert(t.discount).values(**{**own, "key": new, "active": False, "created_at": clock.now()})
    )
    record_audit(tx, "discount.create", "discount", new, None, {"copy_of": key})
    return new


def remove_discount(tx: Tx, key: str) -> None:
    """Take a discount away with its codes. Raises BadPrice when one was ever used: stop it instead."""
    row = get_discount(tx, key)
    names = [coupon_counter(at) for at in _codes_of(tx, row.id)]
    used = sa.or_(t.use.c.counter.in_(names), t.use.c.counter.startswith(f"{discount_counter(row.id)}:"))
    if tx.execute(sa.select(t.use.c.id).where(used).limit(1)).first():
        raise BadPrice(_("This discount has been used. Please stop it instead."))
    tx.execute(sa.delete(t.counter).where(sa.or_(t.counter.c.name.in_(names), _shares_of(row.id))))
    tx.execute(sa.delete(t.discount).where(t.discount.c.key == key))
    record_audit(tx, "discount.remove", "discount", key, _told(row), None)


# --- codes ------------------------------------------------------------------------------------------------


def add_coupon(tx: Tx, key: str, code: str) -> int:
    """Make `code` stand for a discount, with the discount's limits; returns the coupon's id.

    Raises BadPrice for a code that cannot be or that is taken.
    """
    row = _of_codes(tx, key)
    clean = code_of(code)
    if not CODE.match(clean):
        wanted = _("A code has 3 to 40 letters, digits, hyphens or underscores.")
        raise BadPrice(wanted, field="code")
    if tx.execute(sa.select(t.coupon.c.id).where(t.coupon.c.code == clean)).scalar() is not None:
        raise BadPrice(_("There is such a code already."), field="code")
    _insert_codes(tx, row, [clean])
    record_audit(tx, "coupon.create", "discount", key, None, {"code": clean})
    return tx.execute(sa.select(t.coupon.c.id).where(t.coupon.c.code == clean)).scalar_one()


def generate_codes(tx: Tx, key: str, count: int, prefix: str = "", length: int = 10) -> list[str]:
    """Make `count` codes that nobody can guess, each with the discount's limits; returns them.

    Raises BadPrice for a count beyond 5000 or a prefix that cannot be in a code.
    """
    row = _of_codes(tx, key)
    begin = code_of(prefix)
    if not 0 < count <= MOST_CODES:
        raise BadPrice(_("Please give a number from 1 to %(most)s.", most=MOST_CODES), field="count")
    if len(begin) > 20 or (begin and not re.match(r"[A-Z0-9][A-Z0-9_-]*\Z", begin)):
        raise BadPrice(_("A code begins with up to 20 letters or digits."), field="prefix")
    made: dict[str, None] = {}
    while len(made) < count:
        made[begin + "".join(secrets.choice(_SIGNS) for _ in range(length))] = None
    taken = set(tx.execute(sa.select(t.coupon.c.code).where(t.coupon.c.code.in_(list(made)))).scalars())
    codes = [code for code in made if code not in taken]
    _insert_codes(tx, row, codes)
    record_audit(tx, "coupon.generate", "discount", key, None, {"codes": len(codes), "prefix": begin})
    return codes


def set_coupon_active(tx: Tx, key: str, coupon_id: int, *, active: bool) -> None:
    """Let one code count, or stop it."""
    row = get_discount(tx, key)
    one = sa.and_(t.coupon.c.id == coupon_id, t.coupon.c.discount_id == row.id)
    if tx.execute(sa.update(t.coupon).where(one).values(active=active)).rowcount != 1:
        raise NotFound
    code = tx.execute(sa.select(t.coupon.c.code).where(one)).scalar_one()
    record_audit(tx, "coupon.change", "discount", key, None, {"code": code, "active": active})


def set_limits(tx: Tx, key: str, coupon_id: int, *, uses: int | None, per_person: int | None) -> None:
    """Change how often a code may be used, in all and by each person.

    Raises BadPrice for a limit below what was used: stop the code instead.
    """
    row = get_discount(tx, key)
    name = coupon_counter(coupon_id)
    _check_limit(uses, "uses_limit")
    _check_limit(per_person, "per_person_limit")
    # The counter first, then the coupon, then persons: the order in which claims lock them.
    tx.execute(sa.select(t.counter.c.name).where(t.counter.c.name == name).with_for_update())
    one = sa.and_(t.coupon.c.id == coupon_id, t.coupon.c.discount_id == row.id)
    before = tx.execute(sa.select(t.coupon).where(one).with_for_update()).first()
    if before is None:
        raise NotFound
    _set_remaining(tx, t.counter.c.name == name, t.UNLIMITED if uses is None else uses, "uses_limit")
    if per_person is not None:
        persons = t.counter.c.name.like(f"{name}:%")
        tx.execute(sa.select(t.counter.c.name).where(persons).order_by(t.counter.c.name).with_for_update())
        _set_remaining(tx, persons, per_person, "per_person_limit")
    tx.execute(sa.update(t.coupon).where(one).values(uses_limit=uses, per_person_limit=per_person))
    limits = {"code": before.code, "uses_limit": uses, "per_person_limit": per_person}
    earlier = {"uses_limit": before.uses_limit, "per_person_limit": before.per_person_limit}
    record_audit(tx, "coupon.change", "discount", key, earlier, limits)


def _set_remaining(tx: Tx, which: sa.ColumnElement[bool], limit: int, name: str) -> None:
    live = sa.func.coalesce(
        sa.select(sa.func.sum(t.use.c.amount))
        .where(t.use.c.counter == t.counter.c.name, t.use.c.given_back_at.is_(None))
        .scalar_subquery(),
        0,
    )
    most = tx.execute(sa.select(sa.func.max(live)).select_from(t.counter).where(which)).scalar() or 0
    if most > limit:
        once, often = "It has been used %(num)s time already.", "It has been used %(num)s times already."
        raise BadPrice(ngettext(once, often, most), field=name)
    tx.execute(sa.update(t.counter).where(which).values(remaining=limit - live))


def _shares_of(discount_id: int) -> sa.ColumnElement[bool]:
    """The counters that say how much of a discount is left for each person."""
    return t.counter.c.name.startswith(f"{discount_counter(discount_id)}:")


def _insert_codes(tx: Tx, row: Any, codes: Iterable[str]) -> None:
    """Coupons with the discount's limits, and a counter for each."""
    shared = {"discount_id": row.id, "active": True, "created_at": clock.now()}
    limits = {"uses_limit": row.uses_limit, "per_person_limit": row.per_person_limit}
    tx.execute(sa.insert(t.coupon), [{"code": code, **shared, **limits} for code in codes])
    name = sa.literal("coupon:").concat(sa.cast(t.coupon.c.id, sa.String))
    without = ~sa.exists().where(t.counter.c.name == name)
    begin = sa.literal(t.UNLIMITED if row.uses_limit is None else row.uses_limit)
    new = sa.select(name, begin).where(t.coupon.c.discount_id == row.id, without)
    tx.execute(sa.insert(t.counter).from_select(["name", "remaining"], new))


def _of_codes(tx: Tx, key: str) -> Any:
    row = get_discount(tx, key)
    if row.automatic:
        raise BadPrice(_("This discount counts by itself, without a code."), field="code")
    return row


def _codes_of(tx: Tx, discount_id: int) -> list[int]:
    return list(tx.execute(sa.select(t.coupon.c.id).where(t.coupon.c.discount_id == discount_id)).scalars())


def _has_codes(tx: Tx, discount_id: int) -> bool:
    found = sa.select(t.coupon.c.id).where(t.coupon.c.discount_id == discount_id).limit(1)
    return tx.execute(found).first() is not None


# --- what may be ------------------------------------------------------------------------------------------


def _clean(values: DiscountValues) -> dict[str, Any]:
    names = {code: " ".join(text.split())[:80] for code, text in values.names.items() if text.strip()}
    if not names:
        raise BadPrice(_("Please give it a name: customers see it."), field="names")
    _check_effect(values)
    _check_limit(values.uses_limit, "uses_limit")
    _check_limit(values.per_person_limit, "per_person_limit")
    _check_limit(values.person_limit, "person_limit")
    if values.minimum_minor is not None and not 0 <= values.minimum_minor <= MOST_MINOR:
        raise BadPrice(_("Please give an amount of zero or more."), field="minimum")
    if values.starts_at and values.ends_at and values.starts_at >= values.ends_at:
        raise BadPrice(_("It must end after it begins."), field="ends_at")
    countries = sorted({code.strip().upper() for code in values.countries if code.strip()})
    if not set(all_countries()).issuperset(countries):
        raise BadPrice(_("Please give countries by their codes, such as GB."), field="countries")
    lists = {
        "product_ids": sorted(set(values.product_ids)),
        "category_ids": sorted(set(values.category_ids)),
        "audiences": sorted({one.strip()[:60] for one in values.audiences if one.strip()}),
        "countries": countries,
    }
    return {**asdict(values), "names": names, **lists}


def _check_effect(values: DiscountValues) -> None:
    """What it takes off must be something, and must be possible."""
    if values.kind not in DISCOUNT_KINDS:
        raise BadPrice(_("Please choose one of the values offered."), field="kind")
    if values.kind in (PERCENT, BUY_GET) and not 0 < values.percent_bp <= WHOLE_BP:
        raise BadPrice(_("Please give a percentage above 0 and up to 100."), field="percent")
    least = 1 if values.kind == FIXED else 0
    if not least <= values.amount_minor <= MOST_MINOR:
        raise BadPrice(_("Please give an amount above zero."), field="amount")
    pieces = (values.buy, values.get)
    if values.kind == BUY_GET and not all(0 < count <= MOST_PIECES for count in pieces):
        raise BadPrice(_("Please give numbers of pieces from 1 to %(most)s.", most=MOST_PIECES), field="buy")


def _check_limit(limit: int | None, name: str) -> None:
    if limit is not None and (type(limit) is not int or not 0 < limit <= MOST_USES):
        raise BadPrice(_("Please give a whole number above zero, or nothing."), field=name)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an audit entry keeps them."""
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _told(row: Any) -> dict[str, Any]:
    return _plain({name: value for name, value in row._mapping.items() if name not in ("id", "key")})
