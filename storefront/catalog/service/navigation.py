"""Categories and menus: few, read on every page, so each process remembers them as long as they stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from jinja2.runtime import Macro
from markupsafe import Markup

from storefront.catalog.rules.values import Link, Picture
from storefront.catalog.service import tables as t
from storefront.catalog.service.surroundings import (
    category_path,
    picture_of,
    script_root,
    target_path,
)
from storefront.core.database import db
from storefront.core.i18n import Language, current_language, first_language
from storefront.core.versions import version_of

_CATEGORIES = (
    sa.select(t.category, t.picture.c.hash, t.picture.c.width, t.picture.c.height, t.picture.c.widths)
    .add_columns(t.picture.c.cutout, t.category_text.c.locale, t.category_text.c.title)
    .add_columns(t.category_text.c.description)
    .select_from(
        t.category.outerjoin(t.category_text, t.category_text.c.category_id == t.category.c.id).outerjoin(
            t.picture, t.picture.c.id == t.category.c.picture_id
        )
    )
    .order_by(t.category.c.position, t.category.c.id)
)
_MENUS = (
    sa.select(t.menu_item, t.menu_item_text.c.locale, t.menu_item_text.c.title)
    .select_from(t.menu_item.outerjoin(t.menu_item_text, t.menu_item_text.c.menu_item_id == t.menu_item.c.id))
    .order_by(t.menu_item.c.menu, t.menu_item.c.position, t.menu_item.c.id)
)


@dataclass
class Node:
    """A category with its texts in every language."""

    id: int
    parent_id: int | None
    slug: str
    path: str
    hue: str | None
    sensitive: bool
    picture: tuple[Any, ...]
    titles: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def words(self, language: Language) -> tuple[str, str, str | None]:
        """(title, description, lang mark) in `language`, else in the shop's first."""
        first = first_language()
        if language.code in self.titles or first.code not in self.titles:
            return self.titles.get(language.code) or self.slug, self.descriptions.get(language.code, ""), None
        return self.titles[first.code], self.descriptions.get(first.code, ""), first.tag


@dataclass
class Memory:
    """What one process remembers of the navigation at one version, with links made from it."""

    version: int = -1
    nodes: dict[int, Node] = field(default_factory=dict)
    by_slug: dict[str, Node] = field(default_factory=dict)
    roots: list[Node] = field(default_factory=list)
    menus: dict[str, list[tuple[str, dict[str, str]]]] = field(default_factory=dict)
    links: dict[tuple[str, str], tuple[Link, ...]] = field(default_factory=dict)
    menu_links: dict[tuple[str, str], dict[str, list[Link]]] = field(default_factory=dict)
    pieces: dict[tuple[str, ...], Markup] = field(default_factory=dict)


def init_navigation(app: Any) -> None:
    """Give this app an empty memory."""

    def forget() -> None:
        app.extensions["regulars_navigation"] = Memory()

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)
    app.jinja_env.globals["department_part"] = department_part


def _memory() -> Memory:
    known: Memory = current_app.extensions["regulars_navigation"]
    version = version_of("navigation")
    if known.version != version:
        known = _load(version)
        current_app.extensions["regulars_navigation"] = known
    return known


def _load(version: int) -> Memory:
    memory = Memory(version)
    for row in db.session.execute(_CATEGORIES):
        node = memory.nodes.get(row.id) or _new_node(memory, row)
        if row.locale:
            node.titles[row.locale] = row.title
            node.descriptions[row.locale] = row.description
    for node in memory.nodes.values():
        parent = memory.nodes.get(node.parent_id or 0)
        (parent.children if parent else memory.roots).append(node)
        node.hue = node.hue or _inherited_hue(memory, node)
    _load_menus(memory)
    return memory


def _new_node(memory: Memory, row: Any) -> Node:
    picture = (row.hash, row.width or 0, row.height or 0, row.widths or "", bool(row.cutout))
    node = Node(row.id, row.parent_id, row.slug, row.path, row.hue, row.sensitive, picture)
    memory.nodes[row.id] = memory.by_slug[row.slug] = node
    return node


def _load_menus(memory: Memory) -> None:
    last = None
    for row in db.session.execute(_MENUS):
        items = memory.menus.setdefault(row.menu, [])
        if row.id != last:
            items.append((row.target, {}))
        if row.locale:
            items[-1][1][row.locale] = row.title
        last = row.id


def _inherited_hue(memory: Memory, node: Node) -> str | None:
    return next((upper.hue for upper in _upwards(memory, node.id) if upper.hue), None)


def _upwards(memory: Memory, category_id: int | None) -> Iterator[Node]:
    """The category and those above it; stops where the data goes in a circle."""
    seen: set[int] = set()
    while category_id is not None and category_id in memory.nodes and category_id not in seen:
        seen.add(category_id)
        yield memory.nodes[category_id]
        category_id = memory.nodes[category_id].parent_id


# --- what pages ask ---------------------------------------------------------------------------------------


def category(category_id: int | None) -> Node | None:
    """The category with this id, if there is one."""
    return _memory().nodes.get(category_id) if category_id is not None else None


def category_link(category_id: int | None) -> Link | None:
    """The category with this id as a link in the language of the page; None when it is gone."""
    node = category(category_id)
    return link_to(node, current_language()) if node else None


def hue_of(category_id: int | None) -> str | None:
    """The wall colour of a category's shelf."""
    node = category(category_id)
    return node.hue if node else None


def home() -> tuple[str, str]:
    """The first step of every trail."""
    return _("Home"), f"{script_root()}/"


def category_by_slug(slug: str) -> Node | None:
    return _memory().by_slug.get(slug)


def top_slug(slug: str) -> str:
    """The slug of the top category that this one lies in."""
    node = category_by_slug(slug)
    steps = list(_upwards(_memory(), node.id)) if node else []
    return steps[-1].slug if steps else slug


def trail(category_id: int | None) -> tuple[tuple[str, str], ...]:
    """Breadcrumbs (title, path) from the top category down to this one."""
    language = current_language()
    steps = [(node.words(language)[0], category_path(node.slug)) for node in _upwards(_memory(), category_id)]
    return tuple(reversed(steps))


def within(category_id: int) -> frozenset[int]:
    """Ids of the category and of everything below it."""
    memory = _memory()
    found: set[int] = set()
    todo = [memory.nodes[category_id]] if category_id in memory.nodes else []
    while todo:
        node = todo.pop()
        if node.id not in found:
            found.add(node.id)
            todo.extend(node.children)
    return frozenset(found)


def sensitive_categories() -> dict[int, frozenset[int]]:
    """For each category that is sensitive, or stands below one that is: those marked ones."""
    memory = _memory()
    marks = {
        category: frozenset(node.id for node in _upwards(memory, category) if node.sensitive)
        for category in memory.nodes
    }
    return {category: found for category, found in marks.items() if found}


def departments() -> tuple[Link, ...]:
    """The top categories with their children, as links in the language of the page."""
    memory = _memory()
    language = current_language()
    key = (language.code, script_root())
    if key not in memory.links:
        memory.links[key] = tuple(link_to(node, language, depth=2) for node in memory.roots)
    return memory.links[key]


def category_choices() -> list[tuple[int, str]]:
    """Every category as (id, title with its parents'), in the order of the tree: for owners' forms."""
    language, found = current_language(), []

    def walk(nodes: list[Node], above: str) -> None:
        for node in nodes:
            title = above + node.words(language)[0]
            found.append((node.id, title))
            walk(node.children, f"{title} / ")

    walk(_memory().roots, "")
    return found


def link_to(node: Node, language: Language, depth: int = 0) -> Link:
    """A category as a link, with `depth` levels of children."""
    title, _description, lang = node.words(language)
    below = tuple(link_to(child, language, depth - 1) for child in node.children) if depth else ()
    return Link(
        title=title,
        url=category_path(node.slug),
        lang=lang,
        hue=node.hue,
        children=below,
        category_id=node.id,
        picture=node_picture(node),
    )


def node_picture(node: Node) -> Picture | None:
    *stored, cutout = node.picture
    return picture_of(*stored, cutout=cutout)


def menus(path: str) -> dict[str, list[Link]]:
    """Every menu in the language of the page; the entry that leads to `path` is marked as current."""
    memory, key = _memory(), (current_language().code, script_root())
    if key not in memory.menu_links:
        memory.menu_links[key] = _menu_links(memory)
    found = memory.menu_links[key]
    if not any(link.url == path for links in found.values() for link in links):
        return found
    return {
        name: [replace(link, current=True) if link.url == path else link for link in links]
        for name, links in found.items()
    }


def _menu_links(memory: Memory) -> dict[str, list[Link]]:
    language, first = current_language(), first_language()
    found: dict[str, list[Link]] = {}
    for name, items in memory.menus.items():
        for target, titles in items:
            here = titles.get(language.code)
            lang = first.tag if not here and first.code in titles else None
            title = here or titles.get(first.code) or target
            found.setdefault(name, []).append(Link(title, target_path(target), lang))
    return found


def department_part(macro: Macro, path: str) -> Markup:
    """What a macro (departments, path) of the frame makes, once for all pages but departments themselves.

    Such a macro uses nothing else of the request than the language.
    """
    memory, tops = _memory(), departments()
    here = path if any(path in (top.url, *(one.url for one in top.children)) for top in tops) else ""
    key = (macro.name, current_language().code, script_root(), here)
    piece = memory.pieces.get(key)
    if piece is None:
        piece = memory.pieces[key] = Markup(macro(tops, here))  # noqa: S704  the macro escapes
    return piece


def brand_url(brand: str | None) -> str | None:
    """The list of everything of one brand."""
    if not brand:
        return None
    return f"{script_root()}/search?{urlencode({'q': brand, 'brand': brand})}"
