"""Discounts, codes and uses as an owner looks through them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core.console import like
from storefront.pricing.service import tables as t

SHOWN = 200
_NAME = sa.literal("coupon:").concat(sa.cast(t.coupon.c.id, sa.String))
_LIVE = (
    sa.select(sa.func.coalesce(sa.func.sum(t.use.c.amount), 0))
    .where(t.use.c.counter == _NAME, t.use.c.given_back_at.is_(None))
    .correlate(t.coupon)
    .scalar_subquery()
)
_CODES = (
    sa.select(sa.func.count()).where(t.coupon.c.discount_id == t.discount.c.id).correlate(t.discount)
).scalar_subquery()
_FIRST_CODE = (
    sa.select(sa.func.min(t.coupon.c.code))
    .where(t.coupon.c.discount_id == t.discount.c.id)
    .correlate(t.discount)
).scalar_subquery()
_USES = (
    sa.select(sa.func.coalesce(sa.func.sum(t.use.c.amount), 0))
    .select_from(t.coupon.join(t.use, t.use.c.counter == _NAME))
    .where(t.coupon.c.discount_id == t.discount.c.id, t.use.c.given_back_at.is_(None))
    .correlate(t.discount)
    .scalar_subquery()
)

# One row a discount, with how many codes it has and how often they were used.
DISCOUNTS = sa.select(
    t.discount, _CODES.label("codes"), _FIRST_CODE.label("code"), _USES.label("uses")
).select_from(t.discount)


def named_like(words: str) -> sa.ColumnElement[bool]:
    """A condition: the discount's name or one of its codes holds these words."""
    named = like(sa.cast(t.discount.c.names, sa.String), words)
    coded = sa.select(t.coupon.c.discount_id).where(like(t.coupon.c.code, words))
    return sa.or_(named, t.discount.c.id.in_(coded))


def find_discounts(session: Session, words: str, limit: int) -> list[Any]:
    """Discounts by name or code, the newest first."""
    found = DISCOUNTS.where(named_like(words)).order_by(t.discount.c.id.desc()).limit(limit)
    return list(session.execute(found))


def list_codes(session: Session, discount_id: int, words: str = "", most: int = SHOWN) -> list[Any]:
    """Codes of a discount with their uses, the newest first; with `words`, those that begin so."""
    query = sa.select(t.coupon, _LIVE.label("used")).where(t.coupon.c.discount_id == discount_id)
    if words:
        query = query.where(t.coupon.c.code.like(words.replace("%", "").replace("_", "") + "%"))
    return list(session.execute(query.order_by(t.coupon.c.id.desc()).limit(most)))


def list_uses(session: Session, discount_id: int, most: int = SHOWN) -> list[Any]:
    """What codes of a discount were used for, the newest first."""
    query = (
        sa.select(t.coupon.c.code, t.use.c.reference, t.use.c.claimed_at, t.use.c.given_back_at)
        .select_from(t.coupon.join(t.use, t.use.c.counter == _NAME))
        .where(t.coupon.c.discount_id == discount_id)
        .order_by(t.use.c.id.desc())
        .limit(most)
    )
    return list(session.execute(query))
