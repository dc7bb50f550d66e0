"""Putting a homepage together: blocks from the features that own their data, in order, each loaded once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from storefront.catalog import service as catalog
from storefront.core.plugins import collect
from storefront.core.slots import HomeBlock, PageContext
from storefront.homepage.rules import (
    PROMISES,
    Alcoves,
    Hero,
    NewThings,
    Promise,
    Promises,
    Story,
    first_sentences,
    window_hue,
)
from storefront.personalization.service.strips import plan_strips

THINGS_IN_THE_WINDOW = 5
NEW_THINGS = 8


def home_blocks(context: PageContext) -> list[Any]:
    """The blocks of the default homepage, in order; empty ones are left out.

    The strips of the page are planned together before any block is loaded, so that no product stands twice.
    """
    strips = {strip.slot: strip for strip in plan_strips("home", context)}
    newest = [] if strips else catalog.newest_cards(NEW_THINGS)
    context = replace(context, more={**context.more, "strips": strips, "newest": newest})
    kinds: list[HomeBlock] = collect("register_home_blocks", context=context)
    loaded = (kind.load(context) for kind in sorted(kinds, key=lambda kind: kind.position))
    return [block for block in loaded if block is not None]


def hero(context: PageContext) -> Hero:
    """The window: words of the content page `home`, and things from the strips standing on its board."""
    page = catalog.find_page("home")
    things = _things(context, 0, THINGS_IN_THE_WINDOW)
    shelves = catalog.departments()
    return Hero(
        title=page.title if page else _("Welcome in"),
        lede=first_sentences(page.opening) if page else "",
        lang=page.lang if page else None,
        hue=window_hue([thing.hue for thing in things]),
        hello=_hello(),
        actions=tuple((shelf.title, shelf.url) for shelf in shelves[:2]),
        scene=tuple(thing.picture for thing in things),
    )


def _things(context: PageContext, start: int, count: int) -> list[Any]:
    """Cards with cut-out pictures from the shelves of the page: what may stand on a board."""
    strips = context.more.get("strips", {}).values()
    cards = [item.card for strip in strips for item in strip.items] or context.more.get("newest", [])
    standing = [card for card in cards if card.picture is not None and card.picture.cutout]
    return standing[start : start + count]


def _hello() -> str:
    if current_user and current_user.is_authenticated:
        return _("Good to see you again, %(name)s.", name=current_user.name)
    return ""


def alcoves(_context: PageContext) -> Alcoves | None:
    """The departments with pictures and counts."""
    shelves = catalog.department_alcoves()
    return Alcoves(tuple(shelves)) if shelves else None


def new_things(context: PageContext) -> NewThings | None:
    """What came in last: for a shop whose engine has nothing to show yet."""
    cards = context.more.get("newest", [])
    return NewThings(tuple(cards), _("New on the shelves")) if cards else None


def story(context: PageContext) -> Story | None:
    """A teaser of the page about the shop."""
    page = catalog.find_page("about")
    if page is None:
        return None
    things = _things(context, THINGS_IN_THE_WINDOW, 3)
    return Story(
        title=page.title,
        text=first_sentences(page.opening, 220),
        url=page.url,
        lang=page.lang,
        hue=window_hue([thing.hue for thing in things], "home"),
        scene=tuple(thing.picture for thing in things),
    )


def promises(_context: PageContext) -> Promises | None:
    """What one can count on: the first words of the pages about delivery, returns and contact."""
    found = []
    for handle, icon in PROMISES.items():
        page = catalog.find_page(handle)
        if page is not None:
            found.append(Promise(icon, page.title, first_sentences(page.opening, 90), page.url))
    return Promises(tuple(found)) if found else None
