"""What a quote is derived from, whatever the number of lines: read in four queries by a command; a page reads
two, since each process remembers rates and zones until an owner changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session, scoped_session

from storefront.catalog.service import sold_variants
from storefront.core.database import db
from storefront.core.i18n import current_language, first_language
from storefront.core.store import store_value
from storefront.core.versions import version_of
from storefront.pricing.rules import Claim, Quote, QuoteRequest, make_quote
from storefront.pricing.rules.bargains import MOST_CODES, code_of
from storefront.pricing.rules.discounts import is_well_formed
from storefront.pricing.rules.facts import (
    STANDARD,
    Band,
    Conditions,
    Discount,
    Facts,
    Item,
    Method,
    TaxRate,
    Zone,
)
from storefront.pricing.rules.places import place_of
from storefront.pricing.service import tables as t
from storefront.pricing.service.claims import FIRST_ORDER, coupon_counter, discount_counter, person_marks
from storefront.pricing.service.terms import calendar, currency, home_country, local_time

T = TypeVar("T")
Reader = Session | scoped_session[Any]
_RATES = sa.select(t.rate)
_ZONES = (
    sa.select(t.zone.c.id.label("zone"), t.zone.c.countries, t.zone.c.regions, t.zone.c.postcodes, t.method)
    .outerjoin(t.method, sa.and_(t.method.c.zone_id == t.zone.c.id, t.method.c.active))
    .order_by(t.zone.c.position, t.zone.c.id, t.method.c.position, t.method.c.id)
)


def _discounts() -> sa.Select[Any]:
    codes: sa.BindParameter[Any] = sa.bindparam("codes", expanding=True)
    entered = sa.and_(
        t.coupon.c.discount_id == t.discount.c.id,
        t.coupon.c.code.in_(codes),
        t.coupon.c.active,
        t.discount.c.automatic.is_(False),
    )
    total = t.counter.alias()
    name = sa.literal("coupon:").concat(sa.cast(t.coupon.c.id, sa.String))
    whole = sa.literal("discount:").concat(sa.cast(t.discount.c.id, sa.String))
    ordered = sa.exists().where(
        t.orders.c.status != "cancelled",
        sa.or_(
            t.orders.c.customer_id == sa.bindparam("customer", type_=sa.Integer),
            t.orders.c.email_key == sa.bindparam("email", type_=sa.String),
        ),
    )
    source = t.discount.outerjoin(t.coupon, entered).outerjoin(total, total.c.name == name)
    return (
        sa.select(
            t.discount,
            t.coupon.c.id.label("coupon_id"),
            t.coupon.c.code,
            t.coupon.c.per_person_limit.label("limit_per_person"),
            total.c.remaining.label("left"),
            _least_of_person(name).label("left_for_person"),
            _least_of_person(whole).label("left_of_discount"),
            sa.case((t.discount.c.first_order, ordered), else_=sa.false()).label("ordered_before"),
        )
        .select_from(source)
        .where(t.discount.c.active, sa.or_(t.discount.c.automatic, t.coupon.c.id.isnot(None)))
        .order_by(t.discount.c.id, t.coupon.c.id)
    )


def _least_of_person(counter: sa.ColumnElement[str]) -> sa.ScalarSelect[Any]:
    """What is left for a buyer on their counters below this one: that of their address, of their account."""
    marks = [sa.bindparam(mark, type_=sa.String) for mark in ("address", "account")]
    mine = t.counter.alias()
    names = [counter.concat(":").concat(mark) for mark in marks]
    return sa.select(sa.func.min(mine.c.remaining)).where(mine.c.name.in_(names)).scalar_subquery()


_DISCOUNTS = _discounts()


def quote(session: Reader, request: QuoteRequest) -> Quote:
    """What `request` costs now. Through `db.session` or the `tx` of a command: the same answer."""
    home = home_country()
    place = place_of(request.country, request.region, request.postcode, home)
    marks = person_marks(request.email_key, request.customer_id)
    discounts, first_order = _read_discounts(session, request, marks)
    facts = Facts(
        currency=currency(),
        prices_include_tax=bool(store_value("prices_include_tax")),
        home=home,
        items=_read_items(session, request),
        local_time=local_time(request.at),
        rates=tuple(rate for rate in _rates(session) if rate.country == place.country),
        zones=read_zones(session) if isinstance(session, Session) else known_zones(),
        discounts=discounts,
        calendar=calendar(),
        first_order=first_order,
        first_claims=tuple(Claim(FIRST_ORDER + mark, 1) for mark in marks if mark),
    )
    return make_quote(request, facts)


def words_in(texts: Mapping[str, str] | None) -> str:
    """The words in the language of the page, else in the shop's first, else in any."""
    known = texts or {}
    for language in (current_language().code, first_language().code):
        if known.get(language):
            return known[language]
    return next((text for text in known.values() if text), "")


# --- reading ----------------------------------------------------------------------------------------------


def _read_items(session: Reader, request: QuoteRequest) -> dict[int, Item]:
    found = sold_variants(session, (at for at, _count in request.lines), request.at)
    return {
        one.id: Item(
            variant_id=one.id,
            product_id=one.product_id,
            sku=one.sku,
            unit_minor=one.price_minor,
            compare_at_minor=one.compare_at_minor,
            weight_grams=one.weight_grams,
            tax_class=one.tax_class or STANDARD,
            category_ids=one.category_ids,
            posted=one.posted,
        )
        for one in found
    }


def _rates(session: Reader) -> tuple[TaxRate, ...]:
    if isinstance(session, Session):  # of a command: what is charged rests on what is read here and now
        return _read_rates(session)
    return _remembered("rates", lambda: _read_rates(db.session()))


def known_zones() -> tuple[Zone, ...]:
    """Every zone as `read_zones` gives it, for pages: without a query in a warm process."""
    return _remembered("zones", lambda: read_zones(db.session()))


def _remembered(kind: str, read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    version, place = version_of("home"), (kind, current_language().code)
    kept: dict[Any, Any] = current_app.extensions.setdefault("regulars_pricing", {})
    if kept.get(place, (None,))[0] != version:
        kept[place] = (version, read())
    found: tuple[T, ...] = kept[place][1]
    return found


def _read_rates(session: Session) -> tuple[TaxRate, ...]:
    return tuple(
        TaxRate(row.country, row.region, row.tax_class, row.rate_bp, words_in(row.names) or _("Tax"))
        for row in session.execute(_RATES)
    )


def read_zones(session: Reader) -> tuple[Zone, ...]:
    """Every zone with its ways of delivery that are offered, in the owner's order."""
    zones: dict[int, tuple[Any, list[Method]]] = {}
    for row in session.execute(_ZONES):
        methods = zones.setdefault(row.zone, (row, []))[1]
        if row.id is not None:
            methods.append(_method(row))
    return tuple(
        Zone(frozenset(row.countries), frozenset(row.regions), tuple(row.postcodes), tuple(methods))
        for row, methods in zones.values()
    )


def _method(row: Any) -> Method:
    return Method(
        key=row.key,
        name=words_in(row.names) or row.key,
        bands=tuple(Band(upto, price) for upto, price in row.bands),
        basis=row.basis,
        kind=row.kind,
        free_from_minor=row.free_from_minor,
        handling_min=row.handling_min,
        handling_max=row.handling_max,
        min_days=row.min_days,
        max_days=row.max_days,
        cutoff_hour=row.cutoff_hour,
        note=words_in(row.notes),
    )


def _read_discounts(
    session: Reader, request: QuoteRequest, marks: tuple[str, str]
) -> tuple[tuple[Discount, ...], bool]:
    """(discounts that may count, whether the buyer has ordered nothing before, as far as anybody knows)."""
    parameters = {
        "codes": [code_of(code) for code in request.coupons[:MOST_CODES]],
        "address": marks[0],
        "account": marks[1],
        "customer": request.customer_id,
        "email": request.email_key,
    }
    rows = session.execute(_DISCOUNTS, parameters).all()
    known = tuple(mark for mark in marks if mark)
    found = [_discount(row, known) for row in rows]
    return tuple(one for one in found if is_well_formed(one)), not any(row.ordered_before for row in rows)


def _claims(row: Any, marks: tuple[str, ...]) -> tuple[Claim, ...]:
    """What using a discount claims: a use of its code, of the person's share of it and of the discount."""
    names = []
    if row.coupon_id is not None:
        counter = coupon_counter(row.coupon_id)
        names.append(counter)
        if row.limit_per_person is not None:
            names += [f"{counter}:{mark}" for mark in marks]
    if row.person_limit is not None:
        names += [f"{discount_counter(row.id)}:{mark}" for mark in marks]
    return tuple(Claim(name, 1) for name in names)


def _discount(row: Any, marks: tuple[str, ...]) -> Discount:
    by_code = row.coupon_id is not None
    return Discount(
        key=row.key,
        kind=row.kind,
        label=words_in(row.names) or row.code or _("Discount"),
        code=row.code if by_code else None,
        percent_bp=row.percent_bp,
        amount_minor=row.amount_minor,
        buy=row.buy,
        get=row.get,
        combinable=bool(row.combinable),
        conditions=_conditions(row),
        left=row.left if by_code else None,
        left_for_person=_left_for_person(row) if marks else None,
        claims=_claims(row, marks),
    )


def _left_for_person(row: Any) -> int | None:
    """Uses left for this person; who has used nothing yet has no counter, and the whole limit."""
    of_code, of_discount = (
        (row.limit_per_person, row.left_for_person),
        (row.person_limit, row.left_of_discount),
    )
    left = [limit if rest is None else rest for limit, rest in (of_code, of_discount) if limit is not None]
    return min(left, default=None)


def _conditions(row: Any) -> Conditions:
    return Conditions(
        minimum_minor=row.minimum_minor,
        product_ids=frozenset(row.product_ids),
        category_ids=frozenset(row.category_ids),
        audiences=frozenset(row.audiences),
        countries=frozenset(row.countries),
        first_order=bool(row.first_order),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )
