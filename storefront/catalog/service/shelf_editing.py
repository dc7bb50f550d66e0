"""Owners' commands on categories, content pages, menus and redirects. Each is logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from storefront.catalog.errors import BadText, SlugTaken, StillUsed
from storefront.catalog.models import Category, CategoryText, ContentPage, ContentPageText
from storefront.catalog.rules.own_format import HUES
from storefront.catalog.rules.slugs import free_slug, is_slug, make_slug
from storefront.catalog.service import shelving
from storefront.catalog.service import tables as t
from storefront.catalog.service.desk import check_seen
from storefront.catalog.service.indexing import reindex_categories, reindex_pages
from storefront.catalog.service.pictures import Prepared, store_picture
from storefront.catalog.service.redirects import LONGEST_PATH, add_redirect
from storefront.catalog.service.variant_editing import moved
from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound
from storefront.core.versions import raise_version

Texts = Mapping[str, Mapping[str, str]]
MENUS = ("main", "footer-shop", "footer-help")
MOST_ENTRIES = 40
_TARGET = re.compile(
    r"(c|p|pages)/[^\s?#\x00-\x1f]{1,200}\Z|https?://[^\s\x00-\x1f]{1,400}\Z|search(\?\S{0,200})?\Z"
)
_PATH = re.compile(r"/[^\s\x00-\x1f\\]{0,400}\Z")


# --- categories -------------------------------------------------------------------------------------------


def save_category(
    tx: Tx,
    category_id: int | None,
    *,
    slug: str,
    parent_id: int | None,
    hue: str | None,
    texts: Texts,
    sensitive: bool = False,
    seen: str = "",
) -> int:
    """Write a category (made when new) with its place and texts; returns its id.

    Raises SlugTaken, BadSlug, BadCategory, BadText, NotFound; ChangedMeanwhile for an old form.
    """
    _need_title(texts)
    written = {locale: text for locale, text in texts.items() if text.get("title")}
    if category_id is None:
        slug = slug or _free(tx, Category, next(iter(written.values()))["title"], "category")
        place = _last_place(tx, parent_id) + 1
        more: dict[str, Any] = {"position": place, "hue": hue, "sensitive": sensitive}
        new_id = shelving.create_category(tx, slug, written, parent_id=parent_id, **more)
        given = {"texts": written, "hue": hue, "sensitive": sensitive}
        record_audit(tx, "category.create", "category", slug, None, given)
        return new_id
    tx.execute(sa.select(Category.id).where(Category.id == category_id).with_for_update())
    before = category_values(tx, category_id)
    check_seen(seen, before)
    shelving.rename_category(tx, category_id, slug)
    if before["parent_id"] != parent_id:
        shelving.move_category(tx, category_id, parent_id, _last_place(tx, parent_id) + 1)
    _drop_texts(tx, CategoryText.__table__.c.category_id == category_id, set(texts) - set(written))
    row = tx.get(Category, category_id)
    assert row is not None
    row.hue, row.sensitive = hue if hue in HUES else None, sensitive
    shelving.set_category_texts(tx, category_id, written)
    record_audit(tx, "category.change", "category", slug, before, category_values(tx, category_id))
    return category_id


def step_category(tx: Tx, category_id: int, step: int) -> None:
    """Let a category change places with its sister before (-1) or behind (1) it."""
    row = _category(tx, category_id)
    sisters = sa.select(Category.id).where(Category.parent_id.is_not_distinct_from(row.parent_id))
    ids = list(tx.execute(sisters.order_by(Category.position, Category.id)).scalars())
    for place, at in enumerate(moved(ids, category_id, step)):
        tx.execute(sa.update(Category.__table__).where(Category.id == at).values(position=place))
    raise_version(tx, "navigation")
    record_audit(tx, "category.move", "category", row.slug, None, {"step": step})


def hang_category_picture(tx: Tx, category_id: int, picture: Prepared | None) -> None:
    """Give a category a picture of its own, or none."""
    row = _category(tx, category_id)
    before, row.picture_id = row.picture_id, None if picture is None else store_picture(tx, picture)
    tx.flush()
    raise_version(tx, "navigation")
    after = {"picture": row.picture_id}
    record_audit(tx, "category.picture", "category", row.slug, {"picture": before}, after)


def remove_category(tx: Tx, category_id: int) -> None:
    """Take an empty category away. Raises StillUsed while something stands in it or below it."""
    row = _category(tx, category_id)
    below = tx.execute(sa.select(Category.id).where(Category.parent_id == category_id)).first()
    main = tx.execute(sa.select(t.product.c.id).where(t.product.c.category_id == category_id)).first()
    if below or main:
        raise StillUsed(_("Products or categories stand in it. Move them first."))
    slug = row.slug
    tx.delete(row)
    tx.flush()
    reindex_categories(tx, [category_id])
    raise_version(tx, "navigation")
    record_audit(tx, "category.remove", "category", slug)


def _category(tx: Tx, category_id: int) -> Category:
    row = tx.get(Category, category_id)
    if row is None:
        raise NotFound()
    return row


def category_values(session: Session, category_id: int) -> dict[str, Any]:
    """A category as its form shows it. Raises NotFound."""
    columns = (Category.slug, Category.parent_id, Category.hue, Category.sensitive)
    row = session.execute(sa.select(*columns).where(Category.id == category_id)).first()
    if row is None:
        raise NotFound()
    text = CategoryText.__table__
    found = session.execute(
        sa.select(text).where(text.c.category_id == category_id).order_by(text.c.locale)
    ).all()
    words = {f"{name}@{one.locale}": getattr(one, name) for one in found for name in ("title", "description")}
    return {**row._mapping, **words}


def _last_place(tx: Tx, parent_id: int | None) -> int:
    last = sa.select(sa.func.max(Category.position)).where(Category.parent_id.is_not_distinct_from(parent_id))
    place = tx.execute(last).scalar()
    return -1 if place is None else place


# --- pages ------------------------------------------------------------------------------------------------


def save_content_page(tx: Tx, page_id: int | None, slug: str, texts: Texts, seen: str = "") -> int:
    """Write a content page (made when new); with another address the old one leads to it for ever.

    Raises SlugTaken, BadSlug, BadText, NotFound; ChangedMeanwhile for a form that showed another.
    """
    _need_title(texts)
    written = {locale: text for locale, text in texts.items() if text.get("title")}
    if page_id is None:
        slug = slug or _free(tx, ContentPage, next(iter(written.values()))["title"], "page")
        if tx.execute(sa.select(ContentPage.id).where(ContentPage.slug == slug)).first():
            raise SlugTaken(_("The address %(slug)s is in use already.", slug=slug), field="slug")
        new_id = shelving.save_page(tx, slug, written)
        record_audit(tx, "page.create", "page", slug, None, {"texts": written})
        return new_id
    tx.execute(sa.select(ContentPage.id).where(ContentPage.id == page_id).with_for_update())
    before = page_values(tx, page_id)
    check_seen(seen, before)
    _rename_page(tx, page_id, slug)
    _drop_texts(tx, ContentPageText.__table__.c.page_id == page_id, set(texts) - set(written))
    shelving.save_page(tx, slug, written)
    record_audit(tx, "page.change", "page", slug, before, page_values(tx, page_id))
    return page_id


def _rename_page(tx: Tx, page_id: int, slug: str) -> None:
    row = tx.get(ContentPage, page_id)
    if row is None:
        raise NotFound()
    if row.slug == slug:
        return
    if tx.execute(sa.select(ContentPage.id).where(ContentPage.slug == slug)).first():
        raise SlugTaken(_("The address %(slug)s is in use already.", slug=slug), field="slug")
    if not is_slug(slug):
        raise BadText(_("“%(slug)s” cannot stand in an address.", slug=slug[:80]), field="slug")
    add_redirect(tx, f"/pages/{row.slug}", f"/pages/{slug}")
    row.slug = slug
    tx.flush()


def remove_content_page(tx: Tx, page_id: int) -> None:
    """Take a content page away; links to it lead nowhere. Menus keep their entries until they are changed."""
    row = tx.get(ContentPage, page_id)
    if row is None:
        raise NotFound()
    before = page_values(tx, page_id)
    tx.delete(row)
    tx.flush()
    reindex_pages(tx, [page_id])
    raise_version(tx, "navigation")
    record_audit(tx, "page.remove", "page", before["slug"], before, None)


def page_values(session: Session, page_id: int) -> dict[str, Any]:
    """A content page as its form shows it. Raises NotFound."""
    text = ContentPageText.__table__
    slug = session.execute(sa.select(ContentPage.slug).where(ContentPage.id == page_id)).scalar()
    if slug is None:
        raise NotFound()
    found = session.execute(sa.select(text).where(text.c.page_id == page_id).order_by(text.c.locale)).all()
    words = {f"{name}@{one.locale}": getattr(one, name) for one in found for name in ("title", "description")}
    return {"slug": slug, **words}


# --- menus and redirects ----------------------------------------------------------------------------------


def save_menu(tx: Tx, menu: str, entries: Sequence[tuple[str, Mapping[str, str]]], seen: str = "") -> None:
    """Replace a menu by these (target, titles), in their order.

    Raises BadText, NotFound; ChangedMeanwhile for an old form.
    """
    if menu not in MENUS:
        raise NotFound()
    for place, (target, titles) in enumerate(entries[:MOST_ENTRIES]):
        if not _TARGET.match(target):
            raise BadText(
                _("Please give an address such as c/teapots, pages/delivery or https://…"),
                field=f"target_{menu}_{place}",
            )
        if not titles:
            raise BadText(_("Please give a title."), field=f"target_{menu}_{place}")
    tx.execute(sa.select(t.menu_item.c.id).where(t.menu_item.c.menu == menu).with_for_update())
    before = menu_values(tx, menu)
    check_seen(seen, before)
    shelving.set_menu(tx, menu, entries[:MOST_ENTRIES])
    record_audit(tx, "menu.change", "menu", menu, before, menu_values(tx, menu))


def menu_values(session: Session, menu: str) -> dict[str, Any]:
    """A menu as its form shows it."""
    item, text = t.menu_item, t.menu_item_text
    query = (
        sa.select(item.c.position, item.c.target, text.c.locale, text.c.title)
        .outerjoin(text, text.c.menu_item_id == item.c.id)
        .where(item.c.menu == menu)
        .order_by(item.c.position, text.c.locale)
    )
    found: dict[str, Any] = {}
    for row in session.execute(query):
        found.setdefault(f"{row.position + 1}", []).append(f"{row.target} {row.locale}: {row.title}")
    return found


def save_redirect(tx: Tx, old_path: str, new_path: str) -> None:
    """Lead one path of the shop to another, or out of it. Raises BadText."""
    if not _PATH.match(old_path) or old_path == "/" or len(old_path) > LONGEST_PATH:
        raise BadText(_("Please give a path such as /old-page."), field="old_path")
    outside = re.match(r"https?://[^\s\x00-\x1f]{1,400}\Z", new_path)
    if not outside and (not _PATH.match(new_path) or new_path.startswith("//")):
        raise BadText(_("Please give a path such as /p/teapot, or a whole address."), field="new_path")
    if old_path == new_path:
        raise BadText(_("It leads to itself."), field="new_path")
    add_redirect(tx, old_path, new_path)
    record_audit(tx, "redirect.save", "redirect", old_path, None, {"to": new_path})


def remove_redirect(tx: Tx, old_path: str) -> None:
    """Let an old path be unknown again."""
    gone = tx.execute(sa.delete(t.redirect).where(t.redirect.c.old_path == old_path))
    if not gone.rowcount:
        raise NotFound()
    record_audit(tx, "redirect.remove", "redirect", old_path)


# --- shared -----------------------------------------------------------------------------------------------


def _need_title(texts: Texts) -> None:
    if not any(text.get("title") for text in texts.values()):
        raise BadText(_("Please give a title in at least one language."), field="title")


def _free(tx: Tx, model: Any, title: str, fallback: str) -> str:
    wanted = make_slug(title, fallback)
    alike = sa.select(model.slug).where(model.slug.startswith(wanted, autoescape=True))
    return free_slug(wanted, set(tx.execute(alike).scalars()))


def _drop_texts(tx: Tx, mine: sa.ColumnElement[bool], locales: set[str]) -> None:
    """A language in which nothing is written has no row, so that the first language stands in for it."""
    table = mine.left.table  # type: ignore[attr-defined]
    tx.execute(sa.delete(table).where(mine, table.c.locale.in_(locales)))
    tx.expire_all()
