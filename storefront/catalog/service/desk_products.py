"""Products as owners look at them: the list with its filters, one product with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.rules.records import Record
from storefront.catalog.rules.values import Picture
from storefront.catalog.rules.visibility import ACTIVE, ARCHIVED, DRAFT
from storefront.catalog.service import tables as t
from storefront.catalog.service.desk import SECTIONS, section_of
from storefront.catalog.service.importing.loading import load_by_ids
from storefront.catalog.service.surroundings import picture_of, settings, text_parameters
from storefront.core import clock
from storefront.core.console import like
from storefront.core.database import db
from storefront.core.errors import NotFound

TEXTS = t.Texts(t.product_text, "product_id", t.product.c.id)
SHELF = t.Texts(t.category_text, "category_id", t.product.c.category_id)
_MINE = t.variant.c.product_id == t.product.c.id


def _of_variants(what: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    joined = t.variant.outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
    return sa.select(what).select_from(joined).where(_MINE).correlate(t.product).scalar_subquery()


VARIANTS = _of_variants(sa.func.count(t.variant.c.id))
LOWEST = _of_variants(sa.func.min(t.variant.c.price_minor))
HIGHEST = _of_variants(sa.func.max(t.variant.c.price_minor))
COUNTED = _of_variants(sa.func.count(t.stock.c.variant_id))
PIECES = _of_variants(sa.func.sum(t.stock.c.available))
FIRST_SKU = (
    sa.select(t.variant.c.sku)
    .where(_MINE)
    .order_by(t.variant.c.position, t.variant.c.id)
    .limit(1)
    .correlate(t.product)
    .scalar_subquery()
)
TITLE = sa.func.coalesce(sa.func.nullif(TEXTS.column("title"), ""), t.product.c.slug)
_PICTURES = t.product_picture.alias()
PICTURE = (
    sa.select(_PICTURES.c.picture_id)
    .where(_PICTURES.c.product_id == t.product.c.id)
    .order_by(_PICTURES.c.position, _PICTURES.c.id)
    .limit(1)
    .correlate(t.product)
    .scalar_subquery()
)
_SOLD = sa.exists(
    sa.select(1)
    .select_from(t.variant.outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id))
    .where(_MINE, t.can_be_had())
    .correlate(t.product)
)


def products() -> sa.Select:
    """Every product as a row of the list; filters and order are the page's."""
    source = SHELF.join(TEXTS.join(t.product)).outerjoin(t.picture, t.picture.c.id == PICTURE)
    query = sa.select(
        *(t.product.c[name] for name in ("id", "slug", "status", "brand", "updated_at")),
        *(t.product.c[name] for name in ("visible_from", "visible_until")),
        *(t.picture.c[name] for name in ("hash", "width", "height", "widths")),
        TITLE.label("title"),
        TEXTS.elsewhere.label("elsewhere"),
        SHELF.column("title").label("category"),
        VARIANTS.label("variants"),
        LOWEST.label("lowest"),
        HIGHEST.label("highest"),
        COUNTED.label("counted"),
        PIECES.label("pieces"),
        FIRST_SKU.label("sku"),
    )
    return query.select_from(source).params(**text_parameters())


def named_like(words: str) -> sa.ColumnElement[bool]:
    """A title in any language, an address or a SKU holds what was typed."""
    text = t.product_text.alias()
    titled = sa.exists().where(text.c.product_id == t.product.c.id, like(text.c.title, words))
    numbered = sa.exists().where(
        _MINE, sa.or_(like(t.variant.c.sku, words), like(t.variant.c.barcode, words))
    )
    return sa.or_(titled.correlate(t.product), numbered.correlate(t.product), like(t.product.c.slug, words))


def stock_is(values: Sequence[str]) -> sa.ColumnElement[bool]:
    """How much there is: in (more than a few or not counted), low, out (nothing can be had)."""
    low = sa.and_(_SOLD, VARIANTS == COUNTED, settings().low_stock >= PIECES)
    known = {"out": sa.not_(_SOLD), "low": low, "in": sa.and_(_SOLD, sa.not_(sa.func.coalesce(low, False)))}
    return sa.or_(sa.false(), *(known[value] for value in values))


def lacks(values: Sequence[str]) -> sa.ColumnElement[bool]:
    """What is missing: a picture, a category, a text in one of the languages."""
    text = t.product_text.alias()
    pictured = sa.exists().where(_PICTURES.c.product_id == t.product.c.id).correlate(t.product)
    found: list[sa.ColumnElement[bool]] = [sa.false()]
    for value in values:
        if value == "picture":
            found.append(sa.not_(pictured))
        elif value == "category":
            found.append(t.product.c.category_id.is_(None))
        else:
            written = sa.exists().where(text.c.product_id == t.product.c.id, text.c.locale == value[-2:])
            found.append(sa.not_(written.where(text.c.title != "").correlate(t.product)))
    return sa.or_(*found)


def stands_in(values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Products of these categories or any below them."""
    ids = [int(value) for value in values if value.isascii() and value.isdigit()]
    paths = [t.category.c.path.like(f"%/{number}/%") for number in ids]
    inside = sa.select(t.category.c.id).where(sa.or_(sa.false(), *paths))
    shelf = t.product_category.alias()
    return sa.exists().where(shelf.c.product_id == t.product.c.id, shelf.c.category_id.in_(inside))


def brands() -> list[tuple[str, str]]:
    """Every brand there is, as choices."""
    query = sa.select(t.product.c.brand).where(t.product.c.brand.isnot(None), t.product.c.brand != "")
    found = db.session.execute(query.distinct().order_by(t.product.c.brand).limit(200)).scalars()
    return [(name, name) for name in found]


def tax_classes() -> list[str]:
    """Every tax class that a product has."""
    query = sa.select(t.product.c.tax_class).where(t.product.c.tax_class.isnot(None)).distinct()
    return [name for name in db.session.execute(query.order_by(t.product.c.tax_class)).scalars() if name]


def status_words(row: Any) -> tuple[str, str]:
    """(what a product's status is called, the colour of its badge)."""
    now = clock.now()
    if row.status == DRAFT:
        return _("Draft"), "dash"
    if row.status == ARCHIVED:
        return _("Archived"), ""
    if row.visible_from is not None and row.visible_from > now:
        return _("Shown later"), "sky"
    if row.visible_until is not None and row.visible_until <= now:
        return _("Shown no more"), "clay"
    return _("On show"), "green"


def thumbnail(row: Any) -> Picture | None:
    """The smallest stored size of the row's picture."""
    sizes = [size for size in (row.widths or "").split(",") if size]
    return picture_of(row.hash, row.width or 0, row.height or 0, sizes[0]) if sizes else None


def find_products(words: str, limit: int) -> Sequence[Any]:
    """Products by title or SKU, for the search of the console."""
    query = products().where(named_like(words)).order_by(t.product.c.status, TITLE).limit(limit)
    return db.session.execute(query).all()


def counts() -> Any:
    """How many products there are, on show, and with a picture; one query."""
    pictured = sa.exists().where(_PICTURES.c.product_id == t.product.c.id)
    active = t.product.c.status == ACTIVE
    return db.session.execute(
        sa.select(
            sa.func.count().label("all"),
            sa.func.sum(sa.case((active, 1), else_=0)).label("active"),
            sa.func.sum(sa.case((sa.and_(active, sa.not_(pictured)), 1), else_=0)).label("bare"),
        ).select_from(t.product)
    ).one()


# --- one product ------------------------------------------------------------------------------------------


@dataclass
class Sheet:
    """Everything about one product: `record` as files carry it, the rest with their ids; `sections` are what
    each form of its page shows."""

    id: int
    record: Record
    row: Any
    variants: list[Any] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    category_ids: list[int] = field(default_factory=list)
    main_category: int | None = None
    sections: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.row.title


def product_sheet(product_id: int) -> Sheet:
    """One product for its page. Raises NotFound."""
    row = db.session.execute(products().where(t.product.c.id == product_id)).first()
    if row is None:
        raise NotFound()
    loaded = load_by_ids(db.session(), [product_id])[product_id]
    sheet = Sheet(product_id, loaded.record, row)
    sheet.category_ids = list(loaded.categories.values())
    sheet.main_category = loaded.categories.get(loaded.record["fields"]["category"])
    sheet.sections = {name: section_of(loaded, name) for name in SECTIONS}
    sheet.variants = _variants(product_id)
    sheet.options = _options(loaded)
    sheet.pictures = _pictures(product_id, loaded)
    sheet.releases = releases_of(product_id)
    return sheet


def _variants(product_id: int) -> list[Any]:
    columns = ("id", "sku", "barcode", "price_minor", "compare_at_minor", "weight_grams")
    values = [t.variant.c[f"value{place}_id"] for place in (1, 2, 3)]
    query = (
        sa.select(*(t.variant.c[name] for name in columns), *values, t.stock.c.available)
        .outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
        .where(t.variant.c.product_id == product_id)
        .order_by(t.variant.c.position, t.variant.c.id)
    )
    return list(db.session.execute(query).all())


def _options(loaded: Any) -> list[dict[str, Any]]:
    if not loaded.options:
        return []
    value, text = t.option_value, t.option_value_text
    query = (
        sa.select(value.c.id, value.c.option_id, value.c.key, value.c.swatch, text.c.locale, text.c.label)
        .outerjoin(text, text.c.option_value_id == value.c.id)
        .where(value.c.option_id.in_(loaded.options.values()))
        .order_by(value.c.position, value.c.id)
    )
    values: dict[int, dict[int, dict[str, Any]]] = {}
    for row in db.session.execute(query):
        entry = {"id": row.id, "key": row.key, "swatch": row.swatch, "labels": {}}
        mine = values.setdefault(row.option_id, {}).setdefault(row.id, entry)
        if row.locale:
            mine["labels"][row.locale] = row.label
    return [
        {**option, "id": at, "values": list(values.get(at, {}).values())}
        for option in loaded.record["options"]
        for at in [loaded.options[option["key"]]]
    ]


def _pictures(product_id: int, loaded: Any) -> list[dict[str, Any]]:
    shown = t.product_picture
    query = (
        sa.select(shown.c.id, shown.c.variant_id, t.picture)
        .join(t.picture, t.picture.c.id == shown.c.picture_id)
        .where(shown.c.product_id == product_id)
        .order_by(shown.c.position, shown.c.id)
    )
    rows = db.session.execute(query).mappings().all()
    alts = [picture["alts"] for picture in loaded.record["pictures"]]
    return [
        {
            "id": row[shown.c.id],
            "variant_id": row[shown.c.variant_id],
            "picture": picture_of(row["hash"], row["width"], row["height"], row["widths"]),
            "size": (row["width"], row["height"]),
            "source": row["source"],
            "alts": alt,
        }
        for row, alt in zip(rows, alts, strict=False)
    ]


def releases_of(product_id: int) -> list[dict[str, Any]]:
    """Published versions of a product with their words by language, newest first."""
    text = t.release_text
    query = (
        sa.select(t.release, text.c.locale, text.c.title, text.c.description)
        .outerjoin(text, text.c.release_id == t.release.c.id)
        .where(t.release.c.product_id == product_id)
        .order_by(t.release.c.published_at.desc(), t.release.c.id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for row in db.session.execute(query):
        entry = {"id": row.id, "version": row.version, "published_at": row.published_at, "texts": {}}
        mine = found.setdefault(row.id, entry)
        if row.locale:
            mine["texts"][row.locale] = {"title": row.title, "description": row.description}
    return list(found.values())
