"""What people wait for, for those who buy in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.catalog.service import tables as t
from storefront.core import clock
from storefront.core.database import db
from storefront.core.i18n import current_language, first_language
from storefront.reviews.models import StockRequest
from storefront.reviews.rules import WAITING

_REQUEST = StockRequest.__table__
QUEUE = (
    sa.select(
        _REQUEST.c.variant_id,
        sa.func.count().label("people"),
        sa.func.min(_REQUEST.c.asked_at).label("since"),
    )
    .where(_REQUEST.c.state == WAITING)
    .group_by(_REQUEST.c.variant_id)
    .subquery()
)
_TEXTS = t.Texts(t.product_text, "product_id", t.product.c.id)
TITLE = sa.func.coalesce(_TEXTS.column("title"), t.product.c.slug)
SKU, AVAILABLE = t.variant.c.sku, t.stock.c.available
_DEMAND = sa.select(
    QUEUE.c.variant_id,
    QUEUE.c.people,
    QUEUE.c.since,
    TITLE.label("title"),
    SKU.label("sku"),
    t.product.c.slug,
    t.product.c.status,
    AVAILABLE,
).select_from(
    _TEXTS.join(
        sa.join(QUEUE, t.variant, t.variant.c.id == QUEUE.c.variant_id)
        .join(t.product, t.product.c.id == t.variant.c.product_id)
        .outerjoin(t.stock, t.stock.c.variant_id == QUEUE.c.variant_id)
    )
)


def demand() -> sa.Select[Any]:
    """A row for each variant that somebody waits for: how many, since when, what is there."""
    return _DEMAND.params(language=current_language().code, first_language=first_language().code)


def count_awaited() -> sa.ScalarSelect[int]:
    """How many variants somebody waits for."""
    awaited = sa.select(sa.func.count(sa.distinct(_REQUEST.c.variant_id)))
    return awaited.where(_REQUEST.c.state == WAITING).scalar_subquery()


def most_awaited() -> tuple[int, int, Any] | None:
    """(variants, people, since when the first waits) of all that is waited for; None when nothing is."""
    counted = sa.select(
        sa.func.count(sa.distinct(_REQUEST.c.variant_id)),
        sa.func.count(),
        sa.func.min(_REQUEST.c.asked_at),
    ).where(_REQUEST.c.state == WAITING, _REQUEST.c.expires_at > clock.now())
    variants, people, since = db.session.execute(counted).one()
    return (variants, people, since) if variants else None
