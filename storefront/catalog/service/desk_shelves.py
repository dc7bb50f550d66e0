"""Categories, pages, menus and redirects as owners look at them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.catalog.rules.values import Picture
from storefront.catalog.service import tables as t
from storefront.catalog.service.desk import digest_of
from storefront.catalog.service.shelf_editing import MENUS, category_values, menu_values, page_values
from storefront.catalog.service.surroundings import picture_of
from storefront.core.console import like
from storefront.core.database import db
from storefront.core.errors import NotFound


def tree() -> list[dict[str, Any]]:
    """Every category with its children below it, titles by language, and the number of its products."""
    counted = sa.select(t.product.c.category_id, sa.func.count().label("n")).group_by(t.product.c.category_id)
    counts = {row.category_id: row.n for row in db.session.execute(counted)}
    titles: dict[int, dict[str, str]] = {}
    for row in db.session.execute(sa.select(t.category_text)):
        titles.setdefault(row.category_id, {})[row.locale] = row.title
    nodes: dict[int, dict[str, Any]] = {}
    query = sa.select(t.category).order_by(t.category.c.position, t.category.c.id)
    rows = db.session.execute(query).all()
    for row in rows:
        nodes[row.id] = {
            "id": row.id,
            "slug": row.slug,
            "hue": row.hue,
            "sensitive": row.sensitive,
            "titles": titles.get(row.id, {}),
            "count": counts.get(row.id, 0),
            "children": [],
        }
    roots: list[dict[str, Any]] = []
    for row in rows:
        above = nodes.get(row.parent_id) if row.parent_id is not None else None
        (above["children"] if above else roots).append(nodes[row.id])
    return roots


def category_sheet(category_id: int) -> dict[str, Any]:
    """One category for its page. Raises NotFound."""
    row = db.session.execute(sa.select(t.category).where(t.category.c.id == category_id)).mappings().first()
    if row is None:
        raise NotFound()
    text, picture = t.category_text, None
    words = db.session.execute(sa.select(text).where(text.c.category_id == category_id)).mappings().all()
    if row["picture_id"] is not None:
        picture = _picture(row["picture_id"])
    return {**row, "texts": {one["locale"]: dict(one) for one in words}, "picture": picture}


def _picture(picture_id: int) -> Picture | None:
    row = db.session.execute(sa.select(t.picture).where(t.picture.c.id == picture_id)).first()
    return picture_of(row.hash, row.width, row.height, row.widths) if row else None


def category_seen(category_id: int) -> str:
    """What the form of a category carries along."""
    return digest_of(category_values(db.session(), category_id))


def page_seen(page_id: int) -> str:
    """What the form of a content page carries along."""
    return digest_of(page_values(db.session(), page_id))


def menu_seen(menu: str) -> str:
    """What the form of a menu carries along."""
    return digest_of(menu_values(db.session(), menu))


def pages() -> list[dict[str, Any]]:
    """Every content page with its titles by language."""
    found: dict[int, dict[str, Any]] = {}
    query = (
        sa.select(t.page.c.id, t.page.c.slug, t.page.c.updated_at, t.page_text.c.locale, t.page_text.c.title)
        .outerjoin(t.page_text, t.page_text.c.page_id == t.page.c.id)
        .order_by(t.page.c.position, t.page.c.slug)
    )
    for row in db.session.execute(query):
        mine = found.setdefault(
            row.id, {"id": row.id, "slug": row.slug, "updated_at": row.updated_at, "titles": {}}
        )
        if row.locale:
            mine["titles"][row.locale] = row.title
    return list(found.values())


def page_sheet(page_id: int) -> dict[str, Any]:
    """One content page with its texts by language. Raises NotFound."""
    row = db.session.execute(sa.select(t.page).where(t.page.c.id == page_id)).mappings().first()
    if row is None:
        raise NotFound()
    text = t.page_text
    words = db.session.execute(sa.select(text).where(text.c.page_id == page_id)).mappings().all()
    return {**row, "texts": {one["locale"]: dict(one) for one in words}}


def menu_entries() -> dict[str, list[dict[str, Any]]]:
    """The entries of each menu with their titles by language, in order."""
    item, text = t.menu_item, t.menu_item_text
    query = (
        sa.select(item.c.id, item.c.menu, item.c.target, text.c.locale, text.c.title)
        .outerjoin(text, text.c.menu_item_id == item.c.id)
        .order_by(item.c.menu, item.c.position, item.c.id)
    )
    found: dict[str, dict[int, dict[str, Any]]] = {menu: {} for menu in MENUS}
    for row in db.session.execute(query):
        mine = found.setdefault(row.menu, {}).setdefault(row.id, {"target": row.target, "titles": {}})
        if row.locale:
            mine["titles"][row.locale] = row.title
    return {menu: list(entries.values()) for menu, entries in found.items()}


def redirects() -> sa.Select:
    """Every old path with where it leads."""
    return sa.select(t.redirect)


def path_like(words: str) -> sa.ColumnElement[bool]:
    """Either end of a redirect holds what was typed."""
    return sa.or_(like(t.redirect.c.old_path, words), like(t.redirect.c.new_path, words))


def has_page(slug_parts: tuple[str, ...]) -> bool:
    """Whether there is a content page whose address begins with one of these words; one query."""
    alike = sa.or_(*(t.page.c.slug.startswith(part) for part in slug_parts))
    return db.session.execute(sa.select(t.page.c.id).where(alike).limit(1)).first() is not None
