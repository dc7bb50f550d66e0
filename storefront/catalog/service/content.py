"""Content pages: few, so each process remembers them like the menus; departments with counts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app

from storefront.catalog.rules.texts import as_markup, opening, plain_text
from storefront.catalog.rules.values import Alcove, Card, ContentView, Link
from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import ON_A_SHELF, load_cards
from storefront.catalog.service.facets import remembered
from storefront.catalog.service.surroundings import language_named, page_path, text_parameters
from storefront.core.database import db
from storefront.core.errors import NotFound
from storefront.core.i18n import current_language, first_language
from storefront.core.versions import version_of

_PAGES = (
    sa.select(t.page, t.page_text.c.locale, t.page_text.c.title, t.page_text.c.description)
    .join(t.page_text, t.page_text.c.page_id == t.page.c.id)
    .order_by(t.page.c.position, t.page.c.id)
)


class PageMemory:
    """All content pages of one version of the navigation: rows by slug and language."""

    def __init__(self, version: int = -1) -> None:
        self.version = version
        self.rows: dict[str, dict[str, Any]] = {}
        self.slugs: dict[int, str] = {}
        self.views: dict[tuple[str, str, str], ContentView] = {}


def init_content(app: Any) -> None:
    """Give this app an empty memory."""

    def forget() -> None:
        app.extensions["regulars_pages"] = PageMemory()

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)


def _memory() -> PageMemory:
    known: PageMemory = current_app.extensions["regulars_pages"]
    version = version_of("navigation")
    if known.version != version:
        known = PageMemory(version)
        for row in db.session.execute(_PAGES):
            known.rows.setdefault(row.slug, {})[row.locale] = row
            known.slugs[row.id] = row.slug
        current_app.extensions["regulars_pages"] = known
    return known


def find_page(slug: str) -> ContentView | None:
    """The content page at `slug` in the language of the page, or None. No query while remembered."""
    memory = _memory()
    key = (slug, current_language().code, page_path(slug))
    if key not in memory.views and slug in memory.rows:
        memory.views[key] = _view(slug, memory.rows[slug])
    return memory.views.get(key)


def get_page(slug: str) -> ContentView:
    """The same; raises NotFound when there is none."""
    found = find_page(slug)
    if found is None:
        raise NotFound()
    return found


def pages_by_id(page_ids: list[int]) -> list[ContentView]:
    """Pages in the order of `page_ids` (a search's hits); unknown ones are left out."""
    if not page_ids:
        return []
    slugs = _memory().slugs
    found = (find_page(slugs[page_id]) for page_id in page_ids if page_id in slugs)
    return [view for view in found if view is not None]


def _view(slug: str, by_locale: dict[str, Any]) -> ContentView:
    language, first = current_language(), first_language()
    row = by_locale.get(language.code) or by_locale.get(first.code) or next(iter(by_locale.values()))
    return ContentView(
        slug=slug,
        title=row.title,
        url=page_path(slug),
        description_html=as_markup(row.description),
        text=plain_text(row.description),
        opening=opening(row.description),
        lang=None if row.locale == language.code else language_named(row.locale).tag,
        updated_at=row.updated_at,
    )


# --- departments ------------------------------------------------------------------------------------------

_SOLD = sa.exists().where(t.variant.c.product_id == t.product.c.id)
_PICTURED = sa.exists().where(t.product_picture.c.product_id == t.product.c.id)
_COUNTS = (
    sa.select(
        t.product.c.category_id,
        sa.func.count().label("count"),
        sa.func.min(sa.case((_PICTURED, t.product.c.id))).label("pictured"),
    )
    .where(t.on_show(), _SOLD, t.product.c.category_id.isnot(None))
    .group_by(t.product.c.category_id)
)


def department_alcoves() -> list[Alcove]:
    """The departments that hold something, with counts and pictures; two queries, then remembered."""
    links = navigation.departments()
    return list(remembered(("alcoves", links), lambda: _alcoves(links)))


def _alcoves(links: tuple[Link, ...]) -> list[Alcove]:
    rows = {row.category_id: row for row in db.session.execute(_COUNTS, text_parameters())}
    inside = {
        link: [rows[at] for at in navigation.within(link.category_id or 0) if at in rows] for link in links
    }
    leads = {link: _first_pictured(group) for link, group in inside.items()}
    cards = load_cards([lead for lead in leads.values() if lead is not None], viewer=ON_A_SHELF)
    return [_alcove(link, group, cards.get(leads[link] or 0)) for link, group in inside.items() if group]


def _first_pictured(rows: list[Any]) -> int | None:
    return min((row.pictured for row in rows if row.pictured is not None), default=None)


def _alcove(link: Link, rows: list[Any], card: Card | None) -> Alcove:
    picture = link.picture or (card.picture if card else None)
    return Alcove(link.title, link.url, sum(row.count for row in rows), link.lang, link.hue, picture)
