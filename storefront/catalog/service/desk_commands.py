"""Owners' commands on a product as a whole: what its page saves, copies, many at once. Each is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import BadText
from storefront.catalog.models import ProductAttribute, ProductText, Release, ReleaseText
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.slugs import make_slug
from storefront.catalog.rules.texts import one_line, sanitize
from storefront.catalog.rules.visibility import DRAFT, STATUSES
from storefront.catalog.service import editing, variant_editing
from storefront.catalog.service import tables as t
from storefront.catalog.service.desk import product_change
from storefront.catalog.service.importing.loading import load_by_ids
from storefront.catalog.service.shelving import publish_release
from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound

MOST_ATTRIBUTES = 60


@dataclass(frozen=True, kw_only=True)
class ProductValues:
    """What the page of a product saves. `texts` by language; `categories` the main one first."""

    slug: str
    status: str
    texts: Mapping[str, Mapping[str, str]]
    main_category: int | None = None
    other_categories: tuple[int, ...] = ()
    brand: str | None = None
    product_type: str | None = None
    tax_class: str | None = None
    age_limit: int | None = None
    visible_from: datetime | None = None
    visible_until: datetime | None = None
    tags: str = ""


@dataclass(frozen=True)
class Fact:
    """A row of the table of attributes; an empty name takes it away."""

    key: str
    value: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def save_product(tx: Tx, product_id: int, values: ProductValues, seen: str = "") -> None:
    """Everything that the main form of a product's page holds, as one change.

    Raises SlugTaken, BadSlug, BadText, BadAmount, ChangedMeanwhile, each with its field.
    """
    _check(tx, values)
    with product_change(tx, product_id, "product.change", section="product", seen=seen) as before:
        if before["handle"] != values.slug:
            editing.rename_product(tx, product_id, values.slug)
        if before["fields"]["status"] != values.status:
            editing.set_status(tx, product_id, values.status)
        editing.set_texts(tx, product_id, values.texts)
        _drop_empty_texts(tx, product_id, values.texts)
        _keep_categories(tx, product_id, values)
        plain = ("brand", "product_type", "tax_class", "age_limit", "visible_from", "visible_until", "tags")
        editing.update_product(tx, product_id, **{name: getattr(values, name) for name in plain})


def _check(tx: Tx, values: ProductValues) -> None:
    if values.status not in STATUSES:
        raise BadText(_("Please choose one of these."), field="status")
    if not any(text.get("title") for text in values.texts.values()):
        raise BadText(_("Please give a title in at least one language."), field="title")
    begins, ends = values.visible_from, values.visible_until
    if begins is not None and ends is not None and ends <= begins:
        raise BadText(_("This is not after the beginning."), field="visible_until")
    wanted = {at for at in (values.main_category, *values.other_categories) if at is not None}
    known = sa.select(sa.func.count()).where(t.category.c.id.in_(wanted))
    if wanted and tx.execute(known).scalar_one() != len(wanted):
        raise BadText(_("This category is gone."), field="main_category")


def _drop_empty_texts(tx: Tx, product_id: int, texts: Mapping[str, Mapping[str, str]]) -> None:
    """A language in which nothing is written has no row, so that the first language stands in for it."""
    empty = [locale for locale, text in texts.items() if not any(text.values())]
    row = ProductText.__table__
    tx.execute(sa.delete(row).where(row.c.product_id == product_id, row.c.locale.in_(empty)))
    tx.expire_all()


def _keep_categories(tx: Tx, product_id: int, values: ProductValues) -> None:
    editing.set_categories(tx, product_id, values.main_category, values.other_categories)


def new_product(
    tx: Tx, texts: Mapping[str, Mapping[str, str]], sku: str, price: int, category_id: int | None
) -> int:
    """A draft with one variant. Raises BadText, SkuTaken, BadAmount."""
    if not any(text.get("title") for text in texts.values()):
        raise BadText(_("Please give a title in at least one language."), field="title")
    written = {locale: text for locale, text in texts.items() if text.get("title")}
    new = editing.NewProduct(texts=written, status=DRAFT, category_id=category_id)
    product_id = editing.create_product(tx, new)
    title = next(iter(written.values()))["title"]
    wanted = sku or make_slug(title, "product").upper()[:60]
    editing.add_variant(tx, product_id, sku=sku or variant_editing.free_sku(tx, wanted), price=price)
    handle = load_by_ids(tx, [product_id])[product_id].record["handle"]
    record_audit(tx, "product.create", "product", handle, None, {"title": title, "price_minor": price})
    return product_id


def duplicate_product(tx: Tx, product_id: int) -> int:
    """The same once more as a draft: texts, facts, options, variants with new SKUs, pictures; no stock."""
    loaded = load_by_ids(tx, [product_id]).get(product_id)
    if loaded is None:
        raise NotFound()
    record = loaded.record
    texts = {
        locale: {**text, "title": _("%(title)s (copy)", title=text["title"])}
        for locale, text in record["texts"].items()
    }
    plain = {name: record["fields"][name] for name in ("product_type", "tax_class")}
    ids = loaded.categories
    main = ids.get(record["fields"]["category"])
    new = editing.NewProduct(
        texts=texts,
        status=DRAFT,
        category_id=main,
        category_ids=tuple(at for at in ids.values() if at != main),
        brand=record["fields"]["brand"],
        tags=record["fields"]["tags"],
        age_limit=record["fields"]["age_limit"],
        more=plain,
    )
    copy_id = editing.create_product(tx, new)
    _copy_parts(tx, product_id, copy_id, record, list(loaded.variants.values()))
    handle = load_by_ids(tx, [copy_id])[copy_id].record["handle"]
    record_audit(tx, "product.duplicate", "product", handle, None, {"copy_of": record["handle"]})
    return copy_id


def _copy_parts(tx: Tx, old_id: int, new_id: int, record: Record, variants: Sequence[int]) -> None:
    for fact in record["attributes"]:
        told = {"names": fact["names"], "texts": fact["texts"]}
        editing.set_attribute(tx, new_id, fact["key"], fact["value"], **told)
    for option in record["options"]:
        editing.add_option(tx, new_id, option["key"], option["names"], _values_of(tx, old_id, option["key"]))
    copies: dict[str, int] = {}
    keys = [option["key"] for option in record["options"]]
    for variant in record["variants"]:
        fields = variant["fields"]
        copies[variant["sku"]] = editing.add_variant(
            tx,
            new_id,
            sku=variant_editing.free_sku(tx, f"{variant['sku']}-copy"),
            price=fields["price_minor"],
            compare_at=fields["compare_at_minor"],
            weight_grams=fields["weight_grams"],
            values=dict(zip(keys, (value["key"] for value in variant["values"]), strict=False)),
        )
    shown = t.product_picture
    query = sa.select(shown).where(shown.c.product_id == old_id).order_by(shown.c.position, shown.c.id)
    for row, picture in zip(tx.execute(query).all(), record["pictures"], strict=True):
        owner = copies.get(picture["sku"])
        more: dict[str, Any] = {"alts": picture["alts"], "variant_id": owner, "source": row.source}
        editing.attach_picture(tx, new_id, row.picture_id, **more)


def _values_of(tx: Tx, product_id: int, key: str) -> list[dict[str, Any]]:
    """Every value of an option with its labels and swatch, used by a variant or not."""
    value, text, option = t.option_value, t.option_value_text, t.option
    query = (
        sa.select(value.c.id, value.c.key, value.c.swatch, text.c.locale, text.c.label)
        .join(option, option.c.id == value.c.option_id)
        .outerjoin(text, text.c.option_value_id == value.c.id)
        .where(option.c.product_id == product_id, option.c.key == key)
        .order_by(value.c.position, value.c.id)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in tx.execute(query):
        mine = found.setdefault(row.id, {"key": row.key, "swatch": row.swatch, "labels": {}})
        if row.locale:
            mine["labels"][row.locale] = row.label
    return list(found.values())


# --- facts and releases -----------------------------------------------------------------------------------


def save_attributes(tx: Tx, product_id: int, facts: Sequence[Fact], seen: str = "") -> None:
    """The whole table of attributes in its order; what is not in it is gone."""
    with product_change(tx, product_id, "product.attributes", section="attributes", seen=seen):
        kept = [fact for fact in facts if fact.key][:MOST_ATTRIBUTES]
        row = ProductAttribute.__table__
        keys = [fact.key for fact in kept]
        tx.execute(sa.delete(row).where(row.c.product_id == product_id, row.c.key.notin_(keys)))
        for place, fact in enumerate(kept):
            editing.set_attribute(tx, product_id, fact.key, fact.value, names=fact.names, texts=fact.texts)
            mine = sa.and_(row.c.product_id == product_id, row.c.key == fact.key)
            tx.execute(sa.update(row).where(mine).values(position=place))
        editing.touch_product(tx, product_id)


def save_release(
    tx: Tx, product_id: int, version: str, texts: Mapping[str, Mapping[str, str]], at: datetime | None
) -> bool:
    """Publish a version; False when it is out already. Product owners are told once. Raises BadText."""
    version = one_line(version, 40)
    if not version:
        raise BadText(_("Please give a version."), field="version")
    with product_change(tx, product_id, "product.release") as before:
        new = publish_release(tx, product_id, version, texts, at)
    if new:
        record_audit(tx, "product.release", "product", before["handle"], None, {"version": version})
    return new


def change_release(tx: Tx, product_id: int, release_id: int, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Other words for a version that is out; nobody is told again."""
    row = _release(tx, product_id, release_id)
    for locale, given in texts.items():
        title, words = one_line(given.get("title", ""), 255), sanitize(given.get("description", ""))
        tx.merge(ReleaseText(release_id=row.id, locale=locale, title=title, description=words))
    editing.touch_product(tx, product_id)
    handle = load_by_ids(tx, [product_id])[product_id].record["handle"]
    record_audit(tx, "product.release.change", "product", handle, None, {"version": row.version})


def remove_release(tx: Tx, product_id: int, release_id: int) -> None:
    """Take a version away again; who was told of it stays told."""
    row = _release(tx, product_id, release_id)
    version = row.version
    tx.delete(row)
    editing.touch_product(tx, product_id)
    handle = load_by_ids(tx, [product_id])[product_id].record["handle"]
    record_audit(tx, "product.release.remove", "product", handle, {"version": version}, None)


def _release(tx: Tx, product_id: int, release_id: int) -> Release:
    row = tx.get(Release, release_id)
    if row is None or row.product_id != product_id:
        raise NotFound()
    return row


# --- many at once -----------------------------------------------------------------------------------------


def change_status(tx: Tx, product_ids: Sequence[int], status: str) -> int:
    """Show, hide or archive many products; returns how many were something else before."""
    if status not in STATUSES:
        raise BadText(_("Please choose one of these."), field="status")
    row = t.product
    changing = sa.and_(row.c.id.in_(product_ids), row.c.status != status)
    before = tx.execute(
        sa.select(row.c.id, row.c.slug, row.c.status).where(changing).order_by(row.c.id)
    ).all()
    ids = [one.id for one in before]
    tx.execute(sa.update(row).where(row.c.id.in_(ids)).values(status=status))
    editing.touch_product(tx, *ids)
    for one in before:
        record_audit(tx, "product.status", "product", one.slug, {"status": one.status}, {"status": status})
    return len(ids)


def change_category(tx: Tx, product_ids: Sequence[int], category_id: int) -> int:
    """Make this the main category of many products; the others they stand in stay."""
    name = tx.execute(sa.select(t.category.c.slug).where(t.category.c.id == category_id)).scalar()
    if name is None:
        raise BadText(_("This category is gone."), field="category")
    row, shelf = t.product, t.product_category
    other = sa.or_(row.c.category_id.is_(None), row.c.category_id != category_id)
    query = sa.select(row.c.id, row.c.slug, t.category.c.slug.label("old"), row.c.category_id)
    joined = query.outerjoin(t.category, t.category.c.id == row.c.category_id)
    before = tx.execute(joined.where(row.c.id.in_(product_ids), other).order_by(row.c.id)).all()
    ids = [one.id for one in before]
    for one in before:
        left = sa.and_(shelf.c.product_id == one.id, shelf.c.category_id.in_([one.category_id, category_id]))
        tx.execute(sa.delete(shelf).where(left))
        tx.execute(sa.insert(shelf).values(product_id=one.id, category_id=category_id, position=0))
        record_audit(tx, "product.category", "product", one.slug, {"category": one.old}, {"category": name})
    tx.execute(sa.update(row).where(row.c.id.in_(ids)).values(category_id=category_id))
    editing.touch_product(tx, *ids)
    return len(ids)


def change_many_prices(tx: Tx, product_ids: Sequence[int], basis_points: int) -> int:
    """Raise or lower the prices of many products; returns how many variants changed."""
    count = variant_editing.change_prices(tx, product_ids, basis_points)
    what = {"percent": basis_points / 100, "products": len(product_ids), "variants": count}
    record_audit(tx, "product.prices", "product", "", None, what)
    return count
