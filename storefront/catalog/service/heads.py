"""Heads of pages: title, description, canonical address, languages, OpenGraph, linked data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from storefront.catalog.rules import linked_data
from storefront.catalog.rules.texts import DESCRIPTION_LENGTH, TITLE_LENGTH, page_title, shorten
from storefront.catalog.rules.values import Card, ContentView, Link, Page, Picture, ProductView
from storefront.catalog.service import content
from storefront.catalog.service.previews import shop_mark, shop_picture
from storefront.catalog.service.surroundings import absolute, languages, mount, settings
from storefront.core.i18n import current_language, tagline
from storefront.core.pages import PageHead
from storefront.core.security import static_url

HIDDEN = "noindex, follow"


def alternates(path: str) -> tuple[tuple[str, str], ...]:
    """hreflang and address of `path` (without mount and language) in each language, and x-default."""
    found = [(language.tag, absolute(mount() + language.prefix + path)) for language in languages()]
    return (*found, ("x-default", found[0][1]))


def canonical(path: str) -> str:
    """The full address of `path` (without mount and language) in the language of the page."""
    return absolute(mount() + current_language().prefix + path)


def page_head(
    name: str,
    path: str,
    title: str,
    *,
    description: str = "",
    picture: Picture | None = None,
    kind: str = "website",
    robots: str = "",
    trail: Sequence[tuple[str, str]] = (),
    jsonld: Sequence[dict[str, Any]] = (),
    og: dict[str, str] | None = None,
    page: Page | None = None,
) -> PageHead:
    """The head of a page at `path` (without mount and language), which is also its canonical address.

    Where there is no `picture`, previews show the shop's mark.
    """
    shop = settings().shop_name
    short, address = shorten(description or title, DESCRIPTION_LENGTH), canonical(path)
    crumbs = [linked_data.breadcrumb_list(trail, absolute)] if trail else []
    shared = linked_data.open_graph(
        kind=kind,
        title=title,
        url=address,
        description=short,
        site=shop,
        picture=picture or shop_mark(),
        absolute=absolute,
        large=picture is not None,
    )
    return PageHead(
        name=name,
        title=title if shop in title else page_title(title, shop),
        description=short,
        canonical=address,
        alternates=alternates(path),
        robots=robots,
        og={**shared, **(og or {})},
        jsonld=(*crumbs, *jsonld),
        prev_url=page.prev_url if page else None,
        next_url=page.next_url if page else None,
        breadcrumbs=tuple(trail),
    )


def product_head(view: ProductView, path: str) -> PageHead:
    """The head of a product page; every variant's address canonicalises to the product's."""
    pictures = [absolute(picture.src) for picture in view.pictures[:10]]
    return page_head(
        "product",
        path,
        view.seo_title or view.title,
        description=view.seo_description or view.description_text or view.subtitle or view.title,
        picture=view.pictures[0] if view.pictures else None,
        kind="product",
        trail=view.breadcrumbs,
        jsonld=[linked_data.product(view, absolute, pictures)],
        og=linked_data.product_prices(view.variant),
    )


def category_head(link: Link, path: str, description: str, page: Page, trail: Any) -> PageHead:
    """The head of a category's list; facets and sorts canonicalise to the bare list."""
    cards: list[Card] = list(page.items)
    picture = link.picture or next((card.picture for card in cards if card.picture), None)
    return page_head(
        "category",
        path,
        _numbered(link.title, page),
        description=description,
        picture=picture,
        trail=trail,
        jsonld=[linked_data.item_list(link.title, cards, absolute, page.first)] if cards else [],
        page=page,
    )


def _numbered(title: str, page: Page) -> str:
    """Further pages of a list have a title of their own, so that no two pages share one."""
    return title if page.number == 1 else _("%(title)s, page %(number)s", title=title, number=page.number)


def content_head(view: ContentView, path: str, trail: Sequence[tuple[str, str]]) -> PageHead:
    """The head of a content page."""
    return page_head("page", path, view.title, description=view.text, trail=trail, picture=shop_picture())


def home_head() -> PageHead:
    """The head of the first page: the shop as an organization, the site with its search."""
    shop = settings()
    home, logo = canonical("/"), absolute(static_url("icons/mark.svg"))
    words = content.find_page("home")
    return page_head(
        "home",
        "/",
        shorten(f"{shop.shop_name}: {tagline()}", TITLE_LENGTH),
        description=words.text if words and words.text else tagline(),
        picture=shop_picture(),
        jsonld=[
            linked_data.organization(shop.shop_name, home, logo),
            linked_data.website(shop.shop_name, home, canonical("/search"), current_language().tag),
        ],
    )


def search_head(title: str, page: Page | None = None) -> PageHead:
    """The head of a search's answer: for people, not for other search engines."""
    return replace(page_head("search", "/search", title, page=page, robots=HIDDEN), canonical="")
