"""Commands on categories, content pages, menus and releases. Each takes the open `tx` of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import BadCategory, BadSlug, SlugTaken
from storefront.catalog.events import ReleasePublished
from storefront.catalog.models import (
    Category,
    CategoryText,
    ContentPage,
    ContentPageText,
    MenuItem,
    MenuItemText,
    Product,
    Release,
    ReleaseText,
)
from storefront.catalog.rules.slugs import is_slug
from storefront.catalog.rules.texts import one_line, sanitize
from storefront.catalog.service.indexing import reindex_categories, reindex_pages
from storefront.catalog.service.redirects import add_redirect
from storefront.core import clock
from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.core.events import publish
from storefront.core.versions import raise_version

Texts = Mapping[str, Mapping[str, str]]


def create_category(
    tx: Tx,
    slug: str,
    texts: Texts,
    *,
    parent_id: int | None = None,
    position: int = 0,
    hue: str | None = None,
    sensitive: bool = False,
) -> int:
    """Add a category below `parent_id` (or at the top); returns its id. Raises SlugTaken, BadSlug."""
    _check_slug(tx, Category, slug)
    parent = _category(tx, parent_id) if parent_id is not None else None
    row = Category(slug=slug, parent_id=parent_id, position=position, hue=hue, sensitive=sensitive)
    tx.add(row)
    tx.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    set_category_texts(tx, row.id, texts)
    return row.id


def set_category_texts(tx: Tx, category_id: int, texts: Texts) -> None:
    """Replace title and description (HTML, made harmless) of the given languages."""
    for locale, given in texts.items():
        title, words = one_line(given.get("title", ""), 255), sanitize(given.get("description", ""))
        tx.merge(CategoryText(category_id=category_id, locale=locale, title=title, description=words))
    tx.flush()
    reindex_categories(tx, [category_id])
    raise_version(tx, "navigation")


def move_category(tx: Tx, category_id: int, parent_id: int | None, position: int | None = None) -> None:
    """Hang a category, with all below it, somewhere else. Raises BadCategory for a place below itself."""
    row = _category(tx, category_id)
    parent = _category(tx, parent_id) if parent_id is not None else None
    if parent is not None and f"/{category_id}/" in parent.path:
        raise BadCategory(_("A category cannot stand below itself."), field="parent")
    old, new = row.path, f"{parent.path if parent else '/'}{row.id}/"
    below = sa.select(Category).where(Category.path.startswith(old, autoescape=True))
    for node in tx.execute(below).scalars().all():
        node.path = new + node.path.removeprefix(old)
    row.parent_id = parent_id
    row.position = row.position if position is None else position
    tx.flush()
    raise_version(tx, "navigation")


def rename_category(tx: Tx, category_id: int, slug: str) -> None:
    """Give a category another address; the old one leads there for ever."""
    row = _category(tx, category_id)
    if row.slug != slug:
        _check_slug(tx, Category, slug)
        add_redirect(tx, f"/c/{row.slug}", f"/c/{slug}")
        row.slug = slug
        tx.flush()
        raise_version(tx, "navigation")


def _category(tx: Tx, category_id: int) -> Category:
    row = tx.get(Category, category_id)
    if row is None:
        raise NotFound()
    return row


def _check_slug(tx: Tx, model: Any, slug: str) -> None:
    if not is_slug(slug):
        raise BadSlug(_("“%(slug)s” cannot stand in an address.", slug=slug[:80]), field="slug")
    if tx.execute(sa.select(model.id).where(model.slug == slug)).first():
        raise SlugTaken(_("The address %(slug)s is in use already.", slug=slug), field="slug")


# --- pages and menus --------------------------------------------------------------------------------------


def save_page(tx: Tx, slug: str, texts: Texts) -> int:
    """Write a content page (made when it is new) in the given languages; returns its id."""
    row = tx.execute(sa.select(ContentPage).where(ContentPage.slug == slug)).scalar_one_or_none()
    if row is None:
        _check_slug(tx, ContentPage, slug)
        row = ContentPage(slug=slug)
        tx.add(row)
    row.updated_at = clock.now()
    tx.flush()
    for locale, given in texts.items():
        title, words = one_line(given.get("title", ""), 255), sanitize(given.get("description", ""))
        tx.merge(ContentPageText(page_id=row.id, locale=locale, title=title, description=words))
    tx.flush()
    reindex_pages(tx, [row.id])
    raise_version(tx, "navigation")
    return row.id


def set_menu(tx: Tx, menu: str, entries: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Replace a menu by these (target, title by language) entries, in their order."""
    old = sa.select(MenuItem.id).where(MenuItem.menu == menu)
    tx.execute(sa.delete(MenuItemText).where(MenuItemText.menu_item_id.in_(old)))
    tx.execute(sa.delete(MenuItem).where(MenuItem.menu == menu))
    for position, (target, titles) in enumerate(entries):
        row = MenuItem(menu=menu, position=position, target=target)
        tx.add(row)
        tx.flush()
        for locale, title in titles.items():
            tx.add(MenuItemText(menu_item_id=row.id, locale=locale, title=one_line(title, 255)))
    tx.flush()
    raise_version(tx, "navigation")


# --- releases ---------------------------------------------------------------------------------------------


def publish_release(
    tx: Tx, product_id: int, version: str, texts: Texts, published_at: datetime | None = None
) -> bool:
    """Publish a version of a product and tell listeners once; False when that version is out already."""
    product = tx.get(Product, product_id)
    if product is None:
        raise NotFound()
    known = sa.select(Release.id).where(Release.product_id == product_id, Release.version == version)
    if tx.execute(known).first():
        return False
    moment = published_at or clock.now()
    row = Release(product_id=product_id, version=version, published_at=moment)
    tx.add(row)
    tx.flush()
    for locale, given in texts.items():
        words = sanitize(given.get("description", ""))
        title = one_line(given.get("title", ""), 255)
        tx.add(ReleaseText(release_id=row.id, locale=locale, title=title, description=words))
    product.version += 1
    product.updated_at = clock.now()
    key = f"release:{product_id}:{version}"
    return publish(tx, ReleasePublished(product_id, version, moment), dedupe_key=key)
