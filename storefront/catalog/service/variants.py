"""Variants by id or SKU, for whoever sells them: price, words, picture and stock, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from storefront.catalog.rules import visibility
from storefront.catalog.rules.values import Picture
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import other_language, sale_from
from storefront.catalog.service.surroundings import (
    language_named,
    money,
    picture_of,
    product_path,
    script_root,
    text_parameters,
)
from storefront.core import clock
from storefront.core.database import db

PLACES = (1, 2, 3)
LONGEST_SKU = 120


def _first_picture() -> sa.ScalarSelect[Any]:
    """The variant's own picture, else the first that is of no other variant."""
    shown = t.product_picture.alias()
    own = shown.c.variant_id == t.variant.c.id
    return (
        sa.select(shown.c.picture_id)
        .where(shown.c.product_id == t.product.c.id, sa.or_(own, shown.c.variant_id.is_(None)))
        .order_by(sa.case((shown.c.variant_id.is_(None), 1), else_=0), shown.c.position, shown.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _statement() -> sa.Select[Any]:
    texts = t.Texts(t.product_text, "product_id", t.product.c.id)
    source = texts.join(
        t.variant.join(t.product, t.product.c.id == t.variant.c.product_id)
        .outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
        .outerjoin(t.category, t.category.c.id == t.product.c.category_id)
        .outerjoin(t.picture, t.picture.c.id == _first_picture())
    )
    labels = []
    for place in PLACES:
        value = t.option_value.alias()
        source = source.outerjoin(value, value.c.id == t.variant.c[f"value{place}_id"])
        words = t.Texts(t.option_value_text, "option_value_id", value.c.id)
        source = words.join(source)
        labels.append(sa.func.coalesce(words.column("label"), value.c.key).label(f"value{place}"))
    of_product = ("slug", "brand", "status", "visible_from", "visible_until", "age_limit", "category_id")
    of_variant = ("id", "product_id", "sku", "price_minor", "compare_at_minor")
    of_picture = ("hash", "width", "height", "widths", "cutout")
    return sa.select(
        *(t.product.c[name] for name in of_product),
        *(t.variant.c[name] for name in of_variant),
        *(t.picture.c[name] for name in of_picture),
        t.stock.c.variant_id.label("counted"),
        t.stock.c.available,
        t.stock.c.backorder,
        t.category.c.hue,
        texts.column("title").label("title"),
        texts.elsewhere.label("elsewhere"),
        *labels,
    ).select_from(source)


_BY_ID = _statement().where(t.variant.c.id.in_(sa.bindparam("ids", expanding=True)))
_BY_SKU = _statement().where(t.variant.c.sku == sa.bindparam("sku"))


def load_variants(variant_ids: Iterable[int], language: str | None = None) -> dict[int, VariantCard]:
    """Variants by id in one query, on show or not; ids that are gone are left out."""
    ids = list(dict.fromkeys(variant_ids))
    if not ids:
        return {}
    rows = db.session.execute(_BY_ID, {"ids": ids, **text_parameters(language)})
    return {row.id: _card(row, language) for row in rows}


def find_variant(sku: str, language: str | None = None) -> VariantCard | None:
    """The variant with this SKU, on show or not; None for one that does not exist."""
    if not sku or len(sku) > LONGEST_SKU or "\0" in sku or not sku.isprintable():
        return None
    row = db.session.execute(_BY_SKU, {"sku": sku, **text_parameters(language)}).first()
    return None if row is None else _card(row, language)


def _card(row: Any, language: str | None) -> VariantCard:
    root = script_root(language_named(language)) if language is not None else None
    path = product_path(row.slug, root)
    return VariantCard(
        variant_id=row.id,
        product_id=row.product_id,
        sku=row.sku,
        title=row.title or row.slug,
        url=f"{path}?sku={quote(row.sku, safe='')}" if row.value1 else path,
        price=money(row.price_minor),
        on_show=visibility.is_visible(row.status, row.visible_from, row.visible_until, clock.now()),
        available=None if row.counted is None else row.available,
        backorder=bool(row.backorder),
        lang=other_language(row.elsewhere),
        options=_options(row),
        brand=row.brand,
        hue=row.hue,
        picture=_picture(row),
        compare_at=sale_from(row),
        age_limit=row.age_limit,
        category_id=row.category_id,
    )


def _options(row: Any) -> str:
    return " · ".join(value for value in (row.value1, row.value2, row.value3) if value)


def _picture(row: Any) -> Picture | None:
    sizes = (row.hash, row.width or 0, row.height or 0, row.widths or "")
    return picture_of(*sizes, cutout=bool(row.cutout))
