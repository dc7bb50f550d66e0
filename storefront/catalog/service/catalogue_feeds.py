"""Everything that search engines fetch: parts of the sitemap, robots.txt, the merchant feed. Streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules import advertising, sitemaps, visibility
from storefront.catalog.rules.sitemaps import PART_URLS, FeedItem, SitemapEntry
from storefront.catalog.rules.terms import Terms
from storefront.catalog.rules.texts import plain_text
from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import shelf_of
from storefront.catalog.service.surroundings import (
    absolute,
    category_path,
    languages,
    money,
    mount,
    page_path,
    picture_of,
    product_path,
    settings,
    text_parameters,
)
from storefront.catalog.service.terms import shop_terms
from storefront.core.database import db, snapshot
from storefront.core.errors import NotFound
from storefront.core.i18n import tagline
from storefront.core.money import Money

OTHERS = "shop"
FEED_CHUNK = 500
FEED_OPTIONS = ("color", "size", "material")

_sold = sa.exists().where(t.variant.c.product_id == t.product.c.id)


# --- sitemap ----------------------------------------------------------------------------------------------


def robots_txt() -> str:
    """robots.txt for the place where this shop is mounted."""
    roots = [mount() + language.prefix for language in languages()]
    return sitemaps.robots_txt(roots, absolute(f"{mount()}/sitemap.xml"))


def sitemap_index() -> str:
    """The index: one part for pages and categories, one per so many products."""
    counted = sa.select(sa.func.count(), sa.func.max(t.product.c.updated_at)).where(t.on_show(), _sold)
    count, newest = db.session.execute(counted, text_parameters()).one()
    per_part = PART_URLS // len(languages())
    others = max((entry.changed_at for entry in _others() if entry.changed_at), default=None)
    parts = [(absolute(f"{mount()}/sitemap-{OTHERS}.xml"), others)]
    for number in range(1, -(-count // per_part) + 1):
        parts.append((absolute(f"{mount()}/sitemap-products-{number}.xml"), newest))
    return sitemaps.sitemap_index(parts)


def sitemap_part(name: str) -> str:
    """One part of the sitemap by its name: `shop` or `products-<number>`. Raises NotFound."""
    if name == OTHERS:
        return "".join(sitemaps.sitemap_part(_others()))
    number = name.removeprefix("products-")
    if number == name or not (number.isascii() and number.isdigit()) or len(number) > 5 or number == "0":
        raise NotFound()
    entries = list(_products(int(number)))
    if not entries:
        raise NotFound()
    return "".join(sitemaps.sitemap_part(entries))


def _entry(
    path: Any, slug: str, changed: datetime | None = None, pictures: tuple[str, ...] = ()
) -> SitemapEntry:
    addresses = tuple(
        (language.tag, absolute(path(slug, mount() + language.prefix))) for language in languages()
    )
    return SitemapEntry(addresses, changed, pictures)


def _others() -> Iterator[SitemapEntry]:
    """Home, categories, pages. A list changed when its newest product did; an empty one with the shop."""
    own = _changes_by_category()
    statement = sa.select(t.page.c.slug, t.page.c.updated_at).order_by(t.page.c.id)
    pages = db.session.execute(statement).all()
    newest = max([*own.values(), *(row.updated_at for row in pages)], default=None)
    yield _entry(lambda _slug, root: f"{root}/", "", newest)
    for row in db.session.execute(sa.select(t.category.c.id, t.category.c.slug).order_by(t.category.c.id)):
        below = (own[at] for at in navigation.within(row.id) if at in own)
        yield _entry(category_path, row.slug, max(below, default=newest))
    yield from (_entry(page_path, row.slug, row.updated_at) for row in pages)


def _changes_by_category() -> dict[int, datetime]:
    """When the newest product that stands in each category itself was changed; id 0 is those in none."""
    changed, places = sa.func.max(t.product.c.updated_at), t.product_category
    shown = t.product.c.status != visibility.DRAFT  # one that was archived has changed its list, too
    main = sa.select(t.product.c.category_id, changed).where(shown).group_by(t.product.c.category_id)
    further = (
        sa.select(places.c.category_id, changed)
        .join(t.product, t.product.c.id == places.c.product_id)
        .where(shown)
        .group_by(places.c.category_id)
    )
    found: dict[int, datetime] = {}
    for statement in (main, further):
        for category_id, moment in db.session.execute(statement):
            found[category_id or 0] = max(moment, found.get(category_id or 0, moment))
    return found


def _products(number: int) -> Iterator[SitemapEntry]:
    per_part = PART_URLS // len(languages())
    chosen = (
        sa.select(t.product.c.id, t.product.c.slug, t.product.c.updated_at)
        .where(t.on_show(), _sold)
        .order_by(t.product.c.id)
        .limit(per_part)
        .offset((number - 1) * per_part)
        .subquery()
    )
    statement = (
        sa.select(chosen, t.picture.c.hash, t.picture.c.width, t.picture.c.height, t.picture.c.widths)
        .outerjoin(t.product_picture, t.product_picture.c.product_id == chosen.c.id)
        .outerjoin(t.picture, t.picture.c.id == t.product_picture.c.picture_id)
        .order_by(chosen.c.id, t.product_picture.c.position, t.product_picture.c.id)
    )
    rows: dict[int, list[Any]] = {}
    for row in db.session.execute(statement, text_parameters()):
        rows.setdefault(row.id, []).append(row)
    for group in rows.values():
        found = (picture_of(row.hash, row.width, row.height, row.widths) for row in group if row.hash)
        pictures = tuple(absolute(picture.src) for picture in found if picture)[:1000]
        yield _entry(product_path, group[0].slug, group[0].updated_at, pictures)


# --- merchant feed ----------------------------------------------------------------------------------------


def merchant_feed() -> Iterator[str]:
    """The feed of every variant on show, in the language of the page; one moment from beginning to end."""
    shop = settings()
    home = absolute(f"{mount()}/")
    yield from sitemaps.merchant_feed(shop.shop_name, home, tagline(), _items(shop_terms()))


def _items(terms: Terms) -> Iterator[FeedItem]:
    with snapshot() as session:
        ids = session.execute(_feed_ids(), text_parameters()).scalars().all()
        for start in range(0, len(ids), FEED_CHUNK):
            yield from _chunk(session, ids[start : start + FEED_CHUNK], terms)


def _feed_ids() -> sa.Select[Any]:
    return sa.select(t.product.c.id).where(t.on_show(), _sold).order_by(t.product.c.id)


def _chunk(session: Session, ids: Any, terms: Terms) -> Iterator[FeedItem]:
    around = _Around(_pictures_of(session, ids), _options_of(session, ids), _written_of(session, ids), terms)
    texts = t.Texts(t.product_text, "product_id", t.product.c.id)
    source = t.product.join(t.variant, t.variant.c.product_id == t.product.c.id)
    source = source.outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
    many = sa.func.count().over(partition_by=t.product.c.id).label("many")
    statement = (
        sa.select(
            t.variant, t.product.c.slug, t.product.c.brand, t.product.c.age_limit, t.product.c.category_id
        )
        .add_columns(*texts.columns(("title", "subtitle", "description")), many)
        .add_columns(t.product.c.extra.label("product_extra"))
        .add_columns(t.stock.c.variant_id.label("counted"), t.stock.c.available, t.stock.c.backorder)
        .select_from(texts.join(source))
        .where(t.product.c.id.in_(ids))
        .order_by(t.product.c.id, t.variant.c.position, t.variant.c.id)
    )
    for row in session.execute(statement, text_parameters()):
        yield _item(row, around)


@dataclass(frozen=True)
class _Around:
    """What a chunk needs besides its rows: pictures and words by product, labels by option value."""

    pictures: dict[int, tuple[str, ...]]
    labels: dict[int, tuple[str, str]]
    written: dict[int, dict[str, str]]
    terms: Terms


def _item(row: Any, around: _Around) -> FeedItem:
    chosen = _chosen(row, around.labels)
    one_of_many = row.many > 1
    regular, sale = _prices(row)
    return FeedItem(
        sku=row.sku,
        group=row.slug if one_of_many else None,
        title=_feed_title(row, chosen),
        description=_feed_words(row),
        link=_feed_link(row),
        stock=_feed_stock(row),
        price=regular.decimal(),
        currency=regular.currency,
        sale_price=sale.decimal() if sale else None,
        pictures=around.pictures.get(row.product_id, ()),
        brand=row.brand,
        barcode=row.barcode,
        product_type=_trail(row.category_id),
        weight_grams=row.weight_grams,
        options=tuple(choice for choice in chosen if choice[0] in FEED_OPTIONS),
        adult=(row.age_limit or 0) >= 18,
        shipping=_shipping(row, around.terms),
        written=advertising.written_for_ads(row.extra, row.product_extra, around.written.get(row.product_id)),
    )


def _shipping(row: Any, terms: Terms) -> tuple[tuple[tuple[str, str], ...], ...]:
    if not advertising.needs_delivery(row.extra):
        return ()
    return tuple(sitemaps.shipping_fields(way, money(row.price_minor)) for way in terms.delivery)


def _chosen(row: Any, labels: dict[int, tuple[str, str]]) -> list[tuple[str, str]]:
    return [labels[at] for at in (row.value1_id, row.value2_id, row.value3_id) if at in labels]


def _trail(category_id: int | None) -> str:
    return " > ".join(step for step, _url in navigation.trail(category_id))


def _feed_title(row: Any, chosen: list[tuple[str, str]]) -> str:
    title = row.title or row.slug
    words = ", ".join(label for _key, label in chosen)
    return f"{title} – {words}" if words and row.many > 1 else title


def _feed_words(row: Any) -> str:
    return plain_text(row.description or "") or row.subtitle or row.title or row.slug


def _feed_link(row: Any) -> str:
    link = absolute(product_path(row.slug))
    return f"{link}?sku={quote(row.sku, safe='')}" if row.many > 1 else link


def _feed_stock(row: Any) -> str:
    stock, _left = visibility.stock_state([shelf_of(row)], 0)
    return "backorder" if row.backorder and (row.available or 0) <= 0 else stock


def _prices(row: Any) -> tuple[Money, Money | None]:
    """(regular price, sale price): what it cost before is the regular one while it is on sale."""
    now, was = money(row.price_minor), row.compare_at_minor
    return (money(was), now) if was is not None and was > row.price_minor else (now, None)


def _pictures_of(session: Session, ids: Any) -> dict[int, tuple[str, ...]]:
    shown = t.product_picture
    statement = (
        sa.select(
            shown.c.product_id, t.picture.c.hash, t.picture.c.width, t.picture.c.height, t.picture.c.widths
        )
        .join(t.picture, t.picture.c.id == shown.c.picture_id)
        .where(shown.c.product_id.in_(ids))
        .order_by(shown.c.product_id, shown.c.position, shown.c.id)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in session.execute(statement):
        picture = picture_of(row.hash, row.width, row.height, row.widths)
        if picture:
            found[row.product_id] = (*found.get(row.product_id, ()), absolute(picture.src))
    return found


def _written_of(session: Session, ids: Any) -> dict[int, dict[str, str]]:
    """What attributes say for advertisements, by product and key."""
    texts = t.Texts(t.attribute_text, "attribute_id", t.attribute.c.id)
    value = sa.func.coalesce(sa.func.nullif(t.attribute.c.value, ""), texts.column("value")).label("value")
    statement = (
        sa.select(t.attribute.c.product_id, t.attribute.c.key, value)
        .select_from(texts.join(t.attribute))
        .where(t.attribute.c.product_id.in_(ids), t.attribute.c.key.in_(advertising.FIELDS))
    )
    found: dict[int, dict[str, str]] = {}
    for row in session.execute(statement, text_parameters()):
        found.setdefault(row.product_id, {})[row.key] = row.value or ""
    return found


def _options_of(session: Session, ids: Any) -> dict[int, tuple[str, str]]:
    """(feed field, label) by option value: colour is `color` there."""
    labels = t.Texts(t.option_value_text, "option_value_id", t.option_value.c.id)
    source = labels.join(t.option_value.join(t.option, t.option.c.id == t.option_value.c.option_id))
    text = sa.func.coalesce(labels.column("label"), t.option_value.c.key).label("label")
    statement = sa.select(t.option_value.c.id, t.option.c.key, text).select_from(source)
    rows = session.execute(statement.where(t.option.c.product_id.in_(ids)), text_parameters())
    return {row.id: ("color" if row.key == "colour" else row.key, row.label) for row in rows}
