"""Cards: everything that shelves show of products, loaded and filtered in one query a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from storefront.catalog.rules import visibility
from storefront.catalog.rules.values import Card
from storefront.catalog.rules.visibility import Shelf
from storefront.catalog.service import tables as t
from storefront.catalog.service.pieces import remembered
from storefront.catalog.service.surroundings import (
    language_named,
    money,
    mount,
    picture_of,
    product_path,
    script_root,
    settings,
    text_parameters,
)
from storefront.core import clock
from storefront.core.database import db
from storefront.core.i18n import current_language, first_language
from storefront.core.money import Money

MAX_CARDS = 500
EVERY_AGE = 1_000


@dataclass(frozen=True, slots=True)
class Viewer:
    """What decides which cards a person may be shown. Strips: an unknown age sees nothing with a limit."""

    age: int | None = None
    any_age: bool = False


STRANGER = Viewer()
ON_A_SHELF = Viewer(any_age=True)  # in a category or search the page itself says who may buy


def _statement() -> sa.Select[Any]:
    texts = t.Texts(t.product_text, "product_id", t.product.c.id)
    swatch = t.option_value.alias()
    labels = t.Texts(t.option_value_text, "option_value_id", swatch.c.id)
    first, second = (t.picture.alias() for _ in range(2))
    source = (
        t.product.join(t.variant, t.variant.c.product_id == t.product.c.id)
        .outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
        .outerjoin(t.category, t.category.c.id == t.product.c.category_id)
        .outerjoin(first, first.c.id == _picture_at(0))
        .outerjoin(second, second.c.id == _picture_at(1))
        .outerjoin(swatch, sa.and_(swatch.c.swatch.isnot(None), _of_this_variant(swatch)))
    )
    pictures = [
        column.label(f"{name}_{column.name}")
        for name, alias in (("first", first), ("second", second))
        for column in (alias.c.hash, alias.c.width, alias.c.height, alias.c.widths, alias.c.cutout)
    ]
    of_product = ("id", "slug", "version", "brand", "category_id", "visible_from")
    of_variant = ("sku", "price_minor", "compare_at_minor")
    return (
        sa.select(
            *(t.product.c[name] for name in of_product),
            *(t.variant.c[name] for name in of_variant),
            t.variant.c.id.label("variant_id"),
            t.stock.c.variant_id.label("counted"),
            t.stock.c.available,
            t.stock.c.backorder,
            t.category.c.hue,
            *texts.columns(("title", "subtitle")),
            texts.elsewhere.label("elsewhere"),
            swatch.c.swatch,
            sa.func.coalesce(labels.column("label"), swatch.c.key).label("swatch_label"),
            *pictures,
        )
        .select_from(labels.join(texts.join(source)))
        .where(t.product.c.id.in_(sa.bindparam("ids", expanding=True)), t.on_show(), _age_fits())
        .order_by(t.product.c.id, t.variant.c.position, t.variant.c.id)
    )


def _picture_at(place: int) -> sa.ScalarSelect[Any]:
    shown = t.product_picture.alias()
    return (
        sa.select(shown.c.picture_id)
        .where(shown.c.product_id == t.product.c.id)
        .order_by(shown.c.position, shown.c.id)
        .limit(1)
        .offset(place)
        .scalar_subquery()
    )


def _of_this_variant(value: Any) -> sa.ColumnElement[bool]:
    chosen = (t.variant.c.value1_id, t.variant.c.value2_id, t.variant.c.value3_id)
    return value.c.id.in_(chosen)


def _age_fits() -> sa.ColumnElement[bool]:
    # The age of a person of whom none is known is -1: below every limit.
    return sa.or_(
        t.product.c.age_limit.is_(None), t.product.c.age_limit <= sa.bindparam("age", type_=sa.Integer)
    )


_CARDS = _statement()


def load_cards(
    product_ids: Iterable[int],
    language: str | None = None,
    viewer: Viewer = STRANGER,
    *,
    only_in_stock: bool = False,
) -> dict[int, Card]:
    """Cards of those products that this person may be shown now, in one query, by product id.

    Left out are products that are not on show, have no variant, or need an age that the viewer is not known
    to have; with `only_in_stock` also sold-out ones. `language` is a code; without it, the request's.
    """
    ids = list(dict.fromkeys(product_ids))[:MAX_CARDS]
    if not ids:
        return {}
    rows = db.session.execute(_CARDS, {"ids": ids, "age": _age(viewer), **text_parameters(language)}).all()
    root = script_root(language_named(language)) if language is not None else script_root()
    made = (_known_card(tuple(group), root) for _id, group in groupby(rows, key=lambda row: row.id))
    found = {card.product_id: card for card in made if not only_in_stock or card.stock != "out"}
    return {product_id: found[product_id] for product_id in ids if product_id in found}


def _age(viewer: Viewer) -> int:
    if viewer.any_age:
        return EVERY_AGE
    return -1 if viewer.age is None else viewer.age


def _known_card(rows: tuple[Any, ...], root: str) -> Card:
    """The card of these rows, made once: a row holds all that a card says but languages, roots and time."""
    new = visibility.is_new(rows[0].visible_from, clock.now())
    key = (rows, root, mount(), current_language().code, new)
    return remembered("card", key, lambda: _card(rows, root, new))


def _card(rows: tuple[Any, ...], root: str, new: bool) -> Card:
    """One card from the rows of a product: one row per variant (and swatch), in the owner's order."""
    variants = {row.variant_id: row for row in rows}
    shelves = {key: shelf_of(row) for key, row in variants.items()}
    lead = next((row for row in rows if shelves[row.variant_id].can_be_had), rows[0])
    cheapest = min(variants.values(), key=lambda row: row.price_minor)
    stock, left = visibility.stock_state(shelves.values(), settings().low_stock)
    was = sale_from(cheapest)
    swatches = tuple({row.swatch_label: row.swatch for row in rows if row.swatch}.items())
    return Card(
        product_id=lead.id,
        version=lead.version,
        sku=lead.sku,
        url=product_path(lead.slug, root),
        title=lead.title or lead.slug,
        price=money(cheapest.price_minor),
        stock=stock,
        left=left,
        lang=other_language(lead.elsewhere),
        brand=lead.brand,
        subtitle=lead.subtitle or "",
        hue=lead.hue,
        picture=_picture(lead, "first"),
        second_picture=_picture(lead, "second"),
        compare_at=was,
        price_from=max(row.price_minor for row in variants.values()) > cheapest.price_minor,
        badges=visibility.badges(stock, was is not None, new),
        swatches=swatches,
        options_note=_note(len(variants), swatches),
        category_id=lead.category_id,
    )


def sale_from(row: Any) -> Money | None:
    """What a variant cost before, while it costs less now."""
    was = row.compare_at_minor
    return money(was) if was is not None and was > row.price_minor else None


def shelf_of(row: Any) -> Shelf:
    """Stock of a row with columns counted, available and backorder; not counted means no limit."""
    if row.counted is None:
        return Shelf(None)
    return Shelf(row.available, bool(row.backorder))


def other_language(elsewhere: Any) -> str | None:
    """The `lang` mark of words that come from the shop's first language instead of the page's."""
    return first_language().tag if elsewhere else None


def _picture(row: Any, name: str) -> Any:
    mapping = row._mapping
    parts = (mapping[f"{name}_{key}"] for key in ("hash", "width", "height", "widths"))
    return picture_of(*parts, cutout=bool(mapping[f"{name}_cutout"]))


def _note(count: int, swatches: tuple[tuple[str, str], ...]) -> str | None:
    if count < 2 or len(swatches) > 1:
        return None
    return ngettext("%(num)s version", "%(num)s versions", count)
