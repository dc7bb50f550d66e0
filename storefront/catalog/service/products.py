"""One product as its page shows it: two statements, built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.rules import advertising, visibility
from storefront.catalog.rules.measures import price_per_measure
from storefront.catalog.rules.terms import price_until
from storefront.catalog.rules.texts import as_markup, plain_text
from storefront.catalog.rules.values import Option, OptionValue, Picture, ProductView, Variant
from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import other_language, sale_from, shelf_of
from storefront.catalog.service.parts import Parts, Value, load_parts
from storefront.catalog.service.surroundings import money, product_path, settings, text_parameters
from storefront.catalog.service.terms import delivery_words, returns_words, shop_terms
from storefront.core import clock
from storefront.core.database import db
from storefront.core.errors import Gone, NotFound
from storefront.core.i18n import current_language
from storefront.core.money import Money

_TEXTS = t.Texts(t.product_text, "product_id", t.product.c.id)
_SHOWN = ("title", "subtitle", "description", "seo_title", "seo_description")
_OF_VARIANT = (
    *("sku", "barcode", "price_minor", "compare_at_minor", "weight_grams"),
    *("value1_id", "value2_id", "value3_id"),
)
# One row per variant: the product's own columns repeat, which costs less than a second statement.
_PRODUCT = (
    sa.select(
        t.product,
        *_TEXTS.columns(_SHOWN),
        _TEXTS.elsewhere.label("elsewhere"),
        t.variant.c.id.label("variant_id"),
        t.variant.c.extra.label("variant_extra"),
        *(t.variant.c[name] for name in _OF_VARIANT),
        t.stock.c.variant_id.label("counted"),
        t.stock.c.available,
        t.stock.c.backorder,
    )
    .select_from(
        _TEXTS.join(t.product)
        .outerjoin(t.variant, t.variant.c.product_id == t.product.c.id)
        .outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
    )
    .where(t.product.c.slug == sa.bindparam("slug"))
    .order_by(t.variant.c.position, t.variant.c.id)
)


def get_product(slug: str, chosen: Mapping[str, str], *, preview: bool = False) -> ProductView:
    """The product at `slug` with the variant that `chosen` (URL arguments: sku, or option keys) names.

    Raises Gone for an archived product, NotFound for one that is not on show; in a `preview`, which only
    staff may ask for, only for one without variants.
    """
    rows = db.session.execute(_PRODUCT, {"slug": slug, **text_parameters()}).all()
    if not rows:
        raise NotFound()
    row = rows[0]
    if row.status == visibility.ARCHIVED and not preview:
        raise Gone(_("We no longer keep this product."))
    shown = visibility.is_visible(row.status, row.visible_from, row.visible_until, clock.now())
    if not (shown or preview) or row.variant_id is None:
        raise NotFound()
    parts = load_parts(row.id)
    variants = tuple(_variant(item, parts) for item in rows)
    return _view(row, _choose(variants, parts, chosen), variants, parts)


def _view(row: Any, variant: Variant, variants: tuple[Variant, ...], parts: Parts) -> ProductView:
    url = product_path(row.slug)
    texts = {name: getattr(row, name) or "" for name in _SHOWN}
    title = texts["title"] or row.slug
    terms = shop_terms()
    return ProductView(
        id=row.id,
        version=row.version,
        slug=row.slug,
        url=url,
        title=title,
        variant=variant,
        variants=variants,
        lang=other_language(row.elsewhere),
        subtitle=texts["subtitle"],
        brand=row.brand,
        brand_url=navigation.brand_url(row.brand),
        description_html=as_markup(texts["description"]),
        description_text=plain_text(texts["description"]),
        seo_title=texts["seo_title"],
        seo_description=texts["seo_description"],
        hue=navigation.hue_of(row.category_id),
        category_id=row.category_id,
        pictures=_pictures(parts, variant),
        options=_options(parts, variant, variants, url),
        attributes=parts.attributes,
        releases=parts.releases,
        delivery=delivery_words(terms, variant),
        returns=returns_words(terms, variant),
        terms=terms,
        price_until=price_until(row.visible_until, clock.now().date()),
        breadcrumbs=(navigation.home(), *navigation.trail(row.category_id), (title, url)),
        updated_at=row.updated_at,
    )


def _variant(row: Any, parts: Parts) -> Variant:
    stock, left = visibility.stock_state([shelf_of(row)], settings().low_stock)
    price, written = money(row.price_minor), advertising.written_for_ads(row.variant_extra, row.extra)
    value_ids = (row.value1_id, row.value2_id, row.value3_id)
    values = tuple(
        (choice.key, parts.labels.get(value_id, ""))
        for choice, value_id in zip(parts.options, value_ids, strict=False)
        if value_id is not None
    )
    return Variant(
        id=row.variant_id,
        sku=row.sku,
        price=price,
        stock=stock,
        left=left,
        compare_at=sale_from(row),
        barcode=row.barcode,
        weight_grams=row.weight_grams,
        age_limit=row.age_limit,
        value_ids=value_ids,
        values=values,
        unit_price=_unit_price(row.variant_extra, price),
        awaited=shelf_of(row).is_awaited,
        posted=advertising.needs_delivery(row.variant_extra),
        condition=written.get("condition", "new"),
        mpn=written.get("mpn"),
    )


def _unit_price(extra: Any, price: Money) -> str | None:
    """Such as '£12.00 / 100 ml', where a file said how much is in it."""
    found = price_per_measure((extra or {}).get("shopify") or {}, price)
    return f"{found[0].format(current_language().babel)} / {found[1]}" if found else None


def _choose(variants: tuple[Variant, ...], parts: Parts, chosen: Mapping[str, str]) -> Variant:
    """The variant that the URL names: by SKU, else by option keys as far as they fit; in stock first."""
    by_sku = next((variant for variant in variants if variant.sku == chosen.get("sku")), None)
    if by_sku:
        return by_sku
    fitting = list(variants)
    for place, choice in enumerate(parts.options[:3]):
        wanted = choice.by_key.get(chosen.get(choice.key, ""))
        narrowed = [variant for variant in fitting if variant.value_ids[place] == wanted]
        fitting = narrowed if wanted is not None and narrowed else fitting
    return next((variant for variant in fitting if variant.stock != "out"), fitting[0])


# --- options ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Choosing:
    """What the pickers of one page are made from."""

    variant: Variant
    variants: tuple[Variant, ...]
    labels: Mapping[int, str]
    url: str


def _options(parts: Parts, variant: Variant, variants: tuple[Variant, ...], url: str) -> tuple[Option, ...]:
    choosing = _Choosing(variant, variants, parts.labels, url)
    found = []
    for place, choice in enumerate(parts.options[:3]):
        made = {other.value_ids[place] for other in variants}
        values = tuple(_value(place, value, choosing) for value in choice.values if value.id in made)
        kind = "swatch" if any(value.swatch for value in values) else "pill"
        if values:
            found.append(Option(choice.key, choice.title, values, kind))
    return tuple(found)


def _value(place: int, value: Value, choosing: _Choosing) -> OptionValue:
    """A value is possible when some variant has it together with what is chosen in the options before it."""
    chosen = choosing.variant.value_ids
    wanted = (*chosen[:place], value.id)
    able = [other for other in choosing.variants if other.value_ids[: place + 1] == wanted]
    # Of those, the one that keeps most of what is chosen behind it, and can be had.
    target = min(
        able, key=lambda other: (-_kept(other, choosing.variant), other.stock == "out"), default=None
    )
    hint = None
    if target is None:
        others = ", ".join(choosing.labels.get(value_id, "") for value_id in chosen[:place] if value_id)
        hint = _("%(value)s is not made in %(chosen)s.", value=value.label, chosen=others)
    return OptionValue(
        label=value.label,
        url=f"{choosing.url}?sku={quote(target.sku, safe='')}" if target else choosing.url,
        selected=chosen[place] == value.id,
        possible=target is not None,
        swatch=value.swatch,
        hint=hint,
    )


def _kept(other: Variant, variant: Variant) -> int:
    return sum(mine == theirs for mine, theirs in zip(other.value_ids, variant.value_ids, strict=True))


def _pictures(parts: Parts, variant: Variant) -> tuple[Picture, ...]:
    """Pictures of the chosen variant first, those of other variants last."""
    own = [picture for picture, variant_id in parts.pictures if variant_id == variant.id]
    shared = [picture for picture, variant_id in parts.pictures if variant_id is None]
    others = [picture for picture, variant_id in parts.pictures if variant_id not in {None, variant.id}]
    return tuple([*own, *shared, *others])
