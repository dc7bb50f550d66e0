"""Commands on products. Each takes the open `tx` of the caller's command, so that several make one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import BadAmount, BadSlug, SkuTaken, SlugTaken
from storefront.catalog.models import (
    Option,
    OptionText,
    OptionValue,
    OptionValueText,
    Product,
    ProductAttribute,
    ProductAttributeText,
    ProductCategory,
    ProductPicture,
    ProductPictureText,
    ProductText,
    Variant,
)
from storefront.catalog.rules.slugs import free_slug, is_slug, make_slug
from storefront.catalog.rules.texts import one_line, sanitize
from storefront.catalog.rules.visibility import ARCHIVED, STATUSES
from storefront.catalog.service.indexing import reindex
from storefront.catalog.service.redirects import add_redirect
from storefront.core import clock
from storefront.core.database import Tx
from storefront.core.errors import NotFound

Texts = Mapping[str, Mapping[str, str]]
FIELDS = {"brand", "product_type", "tax_class", "age_limit", "visible_from", "visible_until", "tags", "extra"}
ONE_LINE = {"title": 255, "subtitle": 255, "seo_title": 255, "seo_description": 500}


@dataclass(frozen=True, kw_only=True)
class NewProduct:
    """What a product begins with. `texts` by language: title, subtitle, description (HTML), seo_..."""

    texts: Texts
    slug: str = ""
    status: str = "active"
    category_id: int | None = None
    category_ids: tuple[int, ...] = ()
    brand: str | None = None
    tags: str = ""
    age_limit: int | None = None
    visible_from: datetime | None = None
    visible_until: datetime | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def create_product(tx: Tx, new: NewProduct) -> int:
    """Add a product without variants (it is shown from its first variant on); returns its id.

    Without a slug one is made of the first title. Raises SlugTaken, BadSlug.
    """
    title = next((text.get("title", "") for text in new.texts.values()), "")
    slug = _own_slug(tx, new.slug) if new.slug else _made_slug(tx, title)
    moment = clock.now()
    row = Product(
        slug=slug,
        status=_status(new.status),
        brand=new.brand,
        tags=new.tags,
        age_limit=new.age_limit,
        visible_from=new.visible_from,
        visible_until=new.visible_until,
        created_at=moment,
        updated_at=moment,
        **_known(new.more),
    )
    tx.add(row)
    tx.flush()
    _write_texts(tx, row.id, new.texts)
    _write_categories(tx, row, new.category_id, new.category_ids)
    reindex(tx, [row.id])
    return row.id


def update_product(tx: Tx, product_id: int, **fields: Any) -> None:
    """Change plain fields (brand, tags, age_limit, visibility dates, ...). Raises ValueError for others."""
    row = _product(tx, product_id)
    for name, value in _known(fields).items():
        setattr(row, name, value)
    _changed(tx, row)


def set_status(tx: Tx, product_id: int, status: str) -> None:
    """Show, hide (draft) or archive a product. An archived one answers 410 and leaves the search."""
    row = _product(tx, product_id)
    row.status = _status(status)
    _changed(tx, row)


def archive_product(tx: Tx, product_id: int) -> None:
    set_status(tx, product_id, ARCHIVED)


def set_texts(tx: Tx, product_id: int, texts: Texts) -> None:
    """Replace texts of the given languages; fields that are not given stay. HTML is made harmless."""
    row = _product(tx, product_id)
    _write_texts(tx, product_id, texts)
    _changed(tx, row)


def rename_product(tx: Tx, product_id: int, slug: str) -> None:
    """Give a product another address; the old one leads there for ever. Raises SlugTaken, BadSlug."""
    row = _product(tx, product_id)
    if row.slug != slug:
        new = _own_slug(tx, slug)
        add_redirect(tx, f"/p/{row.slug}", f"/p/{new}")
        row.slug = new
        _changed(tx, row)


def set_categories(tx: Tx, product_id: int, main: int | None, others: Iterable[int] = ()) -> None:
    """Put a product into its main category and others."""
    row = _product(tx, product_id)
    _write_categories(tx, row, main, tuple(others))
    _changed(tx, row)


# --- variants ---------------------------------------------------------------------------------------------


def add_variant(
    tx: Tx,
    product_id: int,
    *,
    sku: str,
    price: int,
    compare_at: int | None = None,
    values: Mapping[str, str] | None = None,
    barcode: str | None = None,
    weight_grams: int | None = None,
) -> int:
    """Add a SKU with its price (minor units); `values` are option keys and value keys that exist already.

    Raises SkuTaken, BadAmount.
    """
    row = _product(tx, product_id)
    if tx.execute(sa.select(Variant.id).where(Variant.sku == sku)).first():
        raise SkuTaken(_("The article number %(sku)s is in use already.", sku=sku), field="sku")
    place = tx.execute(sa.select(sa.func.count()).where(Variant.product_id == product_id)).scalar_one()
    variant = Variant(
        product_id=product_id,
        position=place,
        sku=sku,
        barcode=barcode,
        weight_grams=weight_grams,
        price_minor=_amount(price),
        compare_at_minor=None if compare_at is None else _amount(compare_at),
        **_value_ids(tx, product_id, values or {}),
    )
    tx.add(variant)
    tx.flush()
    _changed(tx, row)
    return variant.id


def set_price(tx: Tx, variant_id: int, price: int, compare_at: int | None = None) -> None:
    """Change the price of a variant; without `compare_at` it is no longer on sale. Raises BadAmount."""
    variant = tx.get(Variant, variant_id)
    if variant is None:
        raise NotFound()
    variant.price_minor = _amount(price)
    variant.compare_at_minor = None if compare_at is None else _amount(compare_at)
    variant.version += 1
    _changed(tx, _product(tx, variant.product_id))


def add_option(
    tx: Tx, product_id: int, key: str, names: Mapping[str, str], values: Iterable[Mapping[str, Any]]
) -> int:
    """Add a choice. Each value has key, labels by language, and perhaps a swatch ('#1d5c4d')."""
    row = _product(tx, product_id)
    place = tx.execute(sa.select(sa.func.count()).where(Option.product_id == product_id)).scalar_one()
    option = Option(product_id=product_id, position=place + 1, key=key)
    tx.add(option)
    tx.flush()
    tx.add_all(OptionText(option_id=option.id, locale=locale, name=name) for locale, name in names.items())
    for position, value in enumerate(values):
        entry = OptionValue(
            option_id=option.id, position=position, key=value["key"], swatch=value.get("swatch")
        )
        tx.add(entry)
        tx.flush()
        labels = value.get("labels", {}).items()
        tx.add_all(OptionValueText(option_value_id=entry.id, locale=at, label=label) for at, label in labels)
    _changed(tx, row)
    return option.id


def _value_ids(tx: Tx, product_id: int, values: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for place, option in enumerate(
        tx.execute(
            sa.select(Option).where(Option.product_id == product_id).order_by(Option.position)
        ).scalars()
    ):
        wanted = sa.select(OptionValue.id).where(
            OptionValue.option_id == option.id, OptionValue.key == values.get(option.key, "")
        )
        value_id = tx.execute(wanted).scalar()
        if value_id is not None and place < 3:
            found[f"value{place + 1}_id"] = value_id
    return found


# --- attributes and pictures ------------------------------------------------------------------------------


def set_attribute(
    tx: Tx, product_id: int, key: str, value: str, *, names: Mapping[str, str], texts: Mapping[str, str]
) -> None:
    """State a fact of a product: a neutral value, with its name and perhaps its words in each language."""
    row = _product(tx, product_id)
    match = sa.select(ProductAttribute).filter_by(product_id=product_id, key=key)
    fact = tx.execute(match).scalar_one_or_none()
    if fact is None:
        fact = ProductAttribute(product_id=product_id, key=key)
        tx.add(fact)
    fact.value = one_line(value, 255)
    tx.flush()
    for locale in {*names, *texts}:
        text = ProductAttributeText(attribute_id=fact.id, locale=locale)
        text.name, text.value = one_line(names.get(locale, ""), 120), one_line(texts.get(locale, ""), 255)
        tx.merge(text)
    _changed(tx, row)


def attach_picture(
    tx: Tx,
    product_id: int,
    picture_id: int,
    *,
    alts: Mapping[str, str] | None = None,
    variant_id: int | None = None,
    source: str = "",
) -> int:
    """Hang a stored picture behind the others of a product (or of one of its variants)."""
    row = _product(tx, product_id)
    last = sa.select(sa.func.max(ProductPicture.position)).where(ProductPicture.product_id == product_id)
    place = tx.execute(last).scalar()
    shown = ProductPicture(
        product_id=product_id,
        picture_id=picture_id,
        variant_id=variant_id,
        position=0 if place is None else place + 1,
        source=source[:1000],
    )
    tx.add(shown)
    tx.flush()
    for locale, alt in (alts or {}).items():
        tx.add(ProductPictureText(product_picture_id=shown.id, locale=locale, alt=one_line(alt, 500)))
    _changed(tx, row)
    return shown.id


# --- shared -----------------------------------------------------------------------------------------------


def touch_product(tx: Tx, *product_ids: int) -> None:
    """Say that something which cards or pages show of these products was changed."""
    tx.flush()
    mine = sa.update(Product.__table__).where(Product.id.in_(product_ids))
    tx.execute(mine.values(version=Product.version + 1, updated_at=clock.now()))
    tx.expire_all()
    reindex(tx, product_ids)


def _changed(tx: Tx, row: Product) -> None:
    """Whatever shows this product is stale: its version rises, its words are indexed anew."""
    row.version += 1
    row.updated_at = clock.now()
    tx.flush()
    reindex(tx, [row.id])


def _product(tx: Tx, product_id: int) -> Product:
    row = tx.get(Product, product_id)
    if row is None:
        raise NotFound()
    return row


def _status(status: str) -> str:
    if status not in STATUSES:
        raise ValueError(f"{status!r} is none of {', '.join(STATUSES)}")
    return status


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - FIELDS
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is no plain field of a product")
    return dict(fields)


def _amount(minor: int) -> int:
    if minor < 0:
        raise BadAmount(_("A price cannot be below zero."), field="price")
    return minor


def _own_slug(tx: Tx, slug: str) -> str:
    if not is_slug(slug):
        raise BadSlug(_("“%(slug)s” cannot stand in an address.", slug=slug[:80]), field="slug")
    if tx.execute(sa.select(Product.id).where(Product.slug == slug)).first():
        raise SlugTaken(_("The address %(slug)s is in use already.", slug=slug), field="slug")
    return slug


def _made_slug(tx: Tx, title: str) -> str:
    wanted = make_slug(title, "product")
    alike = Product.slug.startswith(wanted, autoescape=True)
    return free_slug(wanted, set(tx.execute(sa.select(Product.slug).where(alike)).scalars()))


def _write_texts(tx: Tx, product_id: int, texts: Texts) -> None:
    for locale, given in texts.items():
        row = tx.get(ProductText, (product_id, locale))
        if row is None:
            row = ProductText(product_id=product_id, locale=locale, title="")
            tx.add(row)
        for name, limit in ONE_LINE.items():
            if name in given:
                setattr(row, name, one_line(given[name], limit))
        if "description" in given:
            row.description = sanitize(given["description"])
    tx.flush()


def _write_categories(tx: Tx, row: Product, main: int | None, others: tuple[int, ...]) -> None:
    row.category_id = main
    wanted = list(dict.fromkeys([*([main] if main is not None else []), *others]))
    stands = ProductCategory.__table__
    tx.execute(sa.delete(stands).where(stands.c.product_id == row.id, stands.c.category_id.notin_(wanted)))
    there = set(tx.execute(sa.select(stands.c.category_id).where(stands.c.product_id == row.id)).scalars())
    tx.add_all(ProductCategory(product_id=row.id, category_id=at) for at in wanted if at not in there)
    tx.flush()
