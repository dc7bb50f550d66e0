"""What must hold of limits and counters at any moment; `regulars doctor` asks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.pricing.service import tables as t
from storefront.pricing.service.claims import FIRST_ORDER

SHOWN = 50
_LIVE = (
    sa.select(t.use.c.counter, sa.func.sum(t.use.c.amount).label("total"))
    .where(t.use.c.given_back_at.is_(None))
    .group_by(t.use.c.counter)
    .subquery()
)
_NAME = sa.literal("coupon:").concat(sa.cast(t.coupon.c.id, sa.String))
_OF_PERSON = t.counter.c.name.like(_NAME.concat(":%"))
_OF_DISCOUNT = t.counter.c.name.like(
    sa.literal("discount:").concat(sa.cast(t.discount.c.id, sa.String)).concat(":%")
)


def _counters() -> sa.Subquery:
    """Every counter of a coupon, of a person's share or of a first order, with the limit it began with."""
    whole = sa.select(
        t.counter.c.name,
        t.counter.c.remaining,
        sa.func.coalesce(t.coupon.c.uses_limit, t.UNLIMITED).label("allowed"),
    ).join(t.coupon, t.counter.c.name == _NAME)
    persons = sa.select(
        t.counter.c.name, t.counter.c.remaining, t.coupon.c.per_person_limit.label("allowed")
    ).join(t.coupon, sa.and_(_OF_PERSON, t.coupon.c.per_person_limit.isnot(None)))
    shares = sa.select(
        t.counter.c.name, t.counter.c.remaining, t.discount.c.person_limit.label("allowed")
    ).join(t.discount, sa.and_(_OF_DISCOUNT, t.discount.c.person_limit.isnot(None)))
    first = sa.select(t.counter.c.name, t.counter.c.remaining, sa.literal(1).label("allowed")).where(
        t.counter.c.name.startswith(FIRST_ORDER)
    )
    return sa.union_all(whole, persons, shares, first).subquery()


def _told() -> tuple[sa.Subquery, Any]:
    counters = _counters()
    used = sa.func.coalesce(_LIVE.c.total, 0)
    return counters, sa.select(
        counters.c.name, counters.c.remaining, counters.c.allowed, used.label("used")
    ).outerjoin(_LIVE, _LIVE.c.counter == counters.c.name).order_by(counters.c.name).limit(SHOWN)


def beyond_limits(session: Session) -> list[str]:
    """Coupons that were used more often than allowed, in all or by one person."""
    counters, told = _told()
    rows = session.execute(told.where(sa.func.coalesce(_LIVE.c.total, 0) > counters.c.allowed))
    return [f"{row.name}: {row.used} uses, {row.allowed} are allowed" for row in rows]


def unexplained(session: Session) -> list[str]:
    """Coupons whose counter and uses do not add up to the limit, and uses of counters that are gone."""
    counters, told = _told()
    whole = counters.c.remaining + sa.func.coalesce(_LIVE.c.total, 0)
    rows = session.execute(told.where(whole != counters.c.allowed))
    found = [f"{row.name}: {row.remaining} left and {row.used} used of {row.allowed}" for row in rows]
    lost = (
        sa.select(_LIVE.c.counter)
        .outerjoin(t.counter, t.counter.c.name == _LIVE.c.counter)
        .where(t.counter.c.name.is_(None))
        .order_by(_LIVE.c.counter)
        .limit(SHOWN)
    )
    return found + [f"{name} was claimed and has no counter" for (name,) in session.execute(lost)]
