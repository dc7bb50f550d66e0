"""Small questions about products by id or SKU."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from storefront.catalog.rules.values import Card
from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import load_cards
from storefront.catalog.service.surroundings import text_parameters
from storefront.core.database import db
from storefront.core.errors import NotFound

_TEXTS = t.Texts(t.product_text, "product_id", t.product.c.id)
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_TITLES = (
    sa.select(t.product.c.id, t.product.c.slug, *_TEXTS.columns(("title",)))
    .select_from(_TEXTS.join(t.product))
    .where(t.product.c.id.in_(_IDS))
)
_BY_SKU = sa.select(t.variant.c.sku, t.variant.c.product_id).where(
    t.variant.c.sku.in_(sa.bindparam("skus", expanding=True))
)
_VARIANT_BY_SKU = sa.select(t.variant.c.sku, t.variant.c.id).where(
    t.variant.c.sku.in_(sa.bindparam("skus", expanding=True))
)
_SKUS = (
    sa.select(t.variant.c.product_id, t.variant.c.sku)
    .where(t.variant.c.product_id.in_(_IDS))
    .order_by(t.variant.c.product_id, t.variant.c.position.desc(), t.variant.c.id.desc())
)
_NEWEST = (
    sa.select(t.product.c.id)
    .where(t.on_show())
    .order_by(t.product.c.created_at.desc(), t.product.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_STANDING = (
    sa.select(t.product_category.c.product_id, t.product.c.category_id, t.product_category.c.category_id)
    .join_from(t.product_category, t.product)
    .where(t.product_category.c.category_id.in_(_IDS), t.product.c.status == "active")
    .order_by(t.product_category.c.product_id)
)


def find_target(target: str) -> tuple[int | None, int | None]:
    """What `p/slug` or `c/slug` leads to, as (product id, category id). Raises NotFound."""
    kind, _, slug = target.partition("/")
    found: tuple[int | None, int | None]
    if kind == "p":
        product = db.session.execute(sa.select(t.product.c.id).where(t.product.c.slug == slug)).scalar()
        found = product, None
    else:
        node = navigation.category_by_slug(slug) if kind == "c" else None
        found = None, node.id if node else None
    if found == (None, None):
        raise NotFound()
    return found


def products_within(categories: Iterable[int]) -> dict[int, dict[int, int | None]]:
    """For each category, the products on sale that stand in it or below it, with their main category."""
    below = {category: navigation.within(category) for category in categories}
    ids = sorted(frozenset().union(*below.values())) if below else []
    if not ids:
        return {category: {} for category in below}
    rows = db.session.execute(_STANDING, {"ids": ids}).all()
    return {
        category: {product: main for product, main, place in rows if place in inside}
        for category, inside in below.items()
    }


def titles_of(product_ids: Sequence[int], language: str | None = None) -> dict[int, str]:
    """Titles by product id, whether the product is on show or not; unknown ids are left out."""
    if not product_ids:
        return {}
    rows = db.session.execute(_TITLES, {"ids": list(product_ids), **text_parameters(language)})
    return {row.id: row.title or row.slug for row in rows}


def products_by_sku(skus: Sequence[str]) -> dict[str, int]:
    """Product ids by SKU; unknown SKUs are left out."""
    if not skus:
        return {}
    return dict(db.session.execute(_BY_SKU, {"skus": list(skus)}).all())


def variant_ids(skus: Sequence[str]) -> dict[str, int]:
    """Variant ids by SKU; unknown SKUs are left out."""
    if not skus:
        return {}
    return dict(db.session.execute(_VARIANT_BY_SKU, {"skus": list(skus)}).all())


def skus_of(product_ids: Sequence[int]) -> dict[int, str]:
    """The first SKU of each product."""
    if not product_ids:
        return {}
    return dict(db.session.execute(_SKUS, {"ids": list(product_ids)}).all())


def newest_cards(count: int) -> list[Card]:
    """Cards of what came in last, newest first."""
    ids = list(db.session.execute(_NEWEST, {"count": count, **text_parameters()}).scalars())
    return list(load_cards(ids).values())
