"""The answers of the list pages: a category, a search, suggestions while typing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from markupsafe import Markup

from storefront.catalog.rules.listing_state import read_state
from storefront.catalog.rules.texts import as_markup, plain_text
from storefront.catalog.rules.values import Link, Listing, Picture
from storefront.catalog.service import content, navigation, searching
from storefront.catalog.service.cards import load_cards
from storefront.catalog.service.conditions import Scope
from storefront.catalog.service.heads import category_head, search_head
from storefront.catalog.service.listing import list_products
from storefront.catalog.service.presenting import present
from storefront.catalog.service.surroundings import category_path, money, script_root, settings
from storefront.core.errors import NotFound
from storefront.core.i18n import current_language
from storefront.core.pages import PageHead

SUGGESTED = {"products": 6, "categories": 3, "pages": 3}
Arguments = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class CategoryView:
    """A category as its page shows it."""

    id: int
    title: str
    url: str
    lang: str | None
    hue: str | None
    description_html: Markup
    children: tuple[Link, ...]


@dataclass(frozen=True)
class CategoryAnswer:
    category: CategoryView
    listing: Listing
    head: PageHead


@dataclass(frozen=True)
class SearchAnswer:
    """What was found for `query`; `hits` counts products without filters; `also` are categories and pages."""

    query: str
    listing: Listing
    head: PageHead
    hits: int
    corrections: tuple[tuple[str, str], ...] = ()
    also: tuple[Link, ...] = ()


def show_category(slug: str, arguments: Arguments) -> CategoryAnswer:
    """The list of a category and everything below it. Raises NotFound."""
    node = navigation.category_by_slug(slug)
    if node is None:
        raise NotFound()
    language = current_language()
    title, description, lang = node.words(language)
    path = category_path(slug)
    state = read_state(arguments, settings().currency)
    found = list_products(Scope(navigation.within(node.id)), state)
    listing = present(found, path)
    link = navigation.link_to(node, language, depth=1)
    view = CategoryView(node.id, title, path, lang, node.hue, as_markup(description), link.children)
    trail = (navigation.home(), *navigation.trail(node.id))
    words = plain_text(description)
    head = category_head(link, path.removeprefix(script_root()), words or title, listing.page, trail)
    return CategoryAnswer(view, listing, head)


def show_search(arguments: Arguments) -> SearchAnswer:
    """What the shop has for the query in the arguments, narrowed down by the facets in them."""
    state = read_state(arguments, settings().currency)
    hits = searching.search(state.query)
    found = list_products(Scope(product_ids=tuple(hits.products)), state)
    path = f"{script_root()}/search"
    listing = present(found, path)
    title = _("Found for “%(query)s”", query=state.query) if state.query else _("Search")
    return SearchAnswer(
        query=state.query,
        listing=listing,
        head=search_head(title, listing.page),
        hits=len(hits.products),
        corrections=_corrections(state.query, hits, path),
        also=_also(hits),
    )


def _corrections(query: str, hits: searching.Hits, path: str) -> tuple[tuple[str, str], ...]:
    if not query or (hits.strict and not hits.empty):
        return ()
    return tuple((text, f"{path}?{urlencode({'q': text})}") for text in searching.corrections_of(query))


def _also(hits: searching.Hits) -> tuple[Link, ...]:
    """Categories and pages that were found, when every word is in them."""
    if not hits.strict:
        return ()
    language = current_language()
    nodes = (navigation.category(category_id) for category_id in hits.categories[:5])
    links = [navigation.link_to(node, language) for node in nodes if node is not None]
    pages = content.pages_by_id(hits.pages[:5])
    return (*links, *(Link(page.title, page.url, page.lang) for page in pages))


# --- suggestions ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suggestion:
    label: str
    url: str
    lang: str | None = None
    note: str = ""
    hue: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class SuggestionGroup:
    kind: str
    items: tuple[Suggestion, ...]


def show_suggestions(query: str) -> list[SuggestionGroup]:
    """Products, departments and pages for a query that is still being typed."""
    hits = searching.suggest(query)
    if hits.empty:
        hits = searching.search(query)
    cards = list(load_cards(hits.products[: 4 * SUGGESTED["products"]]).values())[: SUGGESTED["products"]]
    language = current_language()
    nodes = [navigation.category(category_id) for category_id in hits.categories[: SUGGESTED["categories"]]]
    links = [navigation.link_to(node, language) for node in nodes if node is not None]
    pages = content.pages_by_id(hits.pages[: SUGGESTED["pages"]])
    return [
        SuggestionGroup("products", tuple(_of_card(card) for card in cards)),
        SuggestionGroup("categories", tuple(Suggestion(link.title, link.url, link.lang) for link in links)),
        SuggestionGroup("pages", tuple(Suggestion(page.title, page.url, page.lang) for page in pages)),
    ]


def _of_card(card: Any) -> Suggestion:
    price = money(card.price.minor).format(current_language().babel)
    note = _("from %(price)s", price=price) if card.price_from else price
    return Suggestion(card.title, card.url, card.lang, note, card.hue, card.picture)
