"""Variants as they are sold at a moment: what a price is derived from, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from storefront.catalog.rules.advertising import needs_delivery
from storefront.catalog.service import tables as t

_PATHS = (
    sa.select(sa.func.aggregate_strings(t.category.c.path, ","))
    .where(
        t.product_category.c.product_id == t.product.c.id,
        t.product_category.c.category_id == t.category.c.id,
    )
    .correlate(t.product)
    .scalar_subquery()
)
_STATEMENT = (
    sa.select(
        *(t.variant.c[name] for name in ("id", "product_id", "sku", "price_minor", "compare_at_minor")),
        t.variant.c.weight_grams,
        t.variant.c.extra,
        t.product.c.tax_class,
        _PATHS.label("paths"),
    )
    .join(t.product, t.product.c.id == t.variant.c.product_id)
    .where(t.variant.c.id.in_(sa.bindparam("ids", expanding=True)), t.on_show())
)


@dataclass(frozen=True, slots=True)
class SoldVariant:
    """A variant on show. `category_ids`: those of its product and all above them. `posted`: it is brought."""

    id: int
    product_id: int
    sku: str
    price_minor: int
    compare_at_minor: int | None
    weight_grams: int
    tax_class: str
    category_ids: frozenset[int]
    posted: bool


def sold_variants(
    session: Session | scoped_session[Any], ids: Iterable[int], at: datetime
) -> list[SoldVariant]:
    """The variants among `ids` that are on show at `at`, in one query, read through the caller's session."""
    wanted = list(dict.fromkeys(ids))
    rows = session.execute(_STATEMENT, {"ids": wanted, "now": at}) if wanted else ()
    return [
        SoldVariant(
            id=row.id,
            product_id=row.product_id,
            sku=row.sku,
            price_minor=row.price_minor,
            compare_at_minor=row.compare_at_minor,
            weight_grams=row.weight_grams or 0,
            tax_class=row.tax_class or "",
            category_ids=_ids(row.paths or ""),
            posted=needs_delivery(row.extra),
        )
        for row in rows
    ]


def _ids(paths: str) -> frozenset[int]:
    """Every id of paths such as '/3/17/,/4/'."""
    return frozenset(int(part) for part in paths.replace("/", ",").split(",") if part)
