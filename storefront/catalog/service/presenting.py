"""A list as its page shows it: facets with words and links, chips, sort choices, numbered pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from babel.numbers import get_currency_symbol
from flask_babel import gettext as _

from storefront.catalog.rules import listing_state as ls
from storefront.catalog.rules.listing_state import ListingState
from storefront.catalog.rules.paging import make_page
from storefront.catalog.rules.values import Facet, FacetValue, Listing, SortChoice
from storefront.catalog.service import navigation
from storefront.catalog.service.facets import Counted
from storefront.catalog.service.listing import Found
from storefront.catalog.service.surroundings import money, settings
from storefront.core.i18n import current_language

MOST_OF_A_KIND = 6


def present(found: Found, path: str, *, main_category: str | None = None) -> Listing:
    """The list at `path` (its page without arguments). `main_category`: the slug whose page this is."""
    state, currency = found.state, settings().currency

    def url(page: int) -> str:
        return ls.url_of(path, replace(state, page=page), currency)

    page = make_page(found.cards, number=state.page, total=found.total, size=settings().page_size, url=url)
    facets = tuple(_facets(found, path))
    return Listing(
        page=page,
        action=path,
        clear_url=ls.url_of(path, ls.bare(state), currency),
        facets=facets,
        chips=tuple(_chips(state, facets, path)),
        sort=_sorts(state, path) if found.total > 1 or state.narrowed else (),
        hidden=(("q", state.query),) if state.query else (),
    )


# --- facets -----------------------------------------------------------------------------------------------


def _facets(found: Found, path: str) -> Iterator[Facet]:
    """Facets that can narrow this list down, and those in which something is chosen."""
    counts = found.counts
    made = [_categories(found, path), _values("brand", _("Brand"), found, path), _price(found)]
    for key in [*_of_kind(found, ls.OPTION), *_of_kind(found, ls.ATTRIBUTE)]:
        made.append(_values(key, counts.titles.get(key) or key[2:], found, path))
    made.append(_switch("available", _("Availability"), _("In stock"), found, path))
    made.append(_switch("sale", _("Offers"), _("On sale"), found, path))
    return (facet for facet in made if facet is not None)


def _of_kind(found: Found, prefix: str) -> list[str]:
    """Options or attributes: the few that say something about most products, and all that are chosen."""
    chosen = {
        prefix + key
        for key, _values in (found.state.options if prefix == ls.OPTION else found.state.attributes)
    }
    counts = found.counts.values
    keys = [key for key in counts if key.startswith(prefix) and len(counts[key]) > 1]
    keys.sort(key=lambda key: (-sum(entry.count for entry in counts[key]), key))
    return [*keys[:MOST_OF_A_KIND], *sorted(chosen - set(keys[:MOST_OF_A_KIND]))]


def _values(key: str, title: str, found: Found, path: str) -> Facet | None:
    counted = found.counts.values.get(key, [])
    chosen = set(_chosen(found.state, key))
    missing = [Counted(value, value, 0) for value in sorted(chosen - {entry.value for entry in counted})]
    entries = [*counted, *missing]
    if len(entries) < 2 and not chosen:
        return None
    return Facet(key=key, title=title, values=tuple(_value(key, entry, found, path) for entry in entries))


def _value(name: str, entry: Counted, found: Found, path: str) -> FacetValue:
    return FacetValue(
        label=entry.label,
        count=entry.count,
        selected=entry.value in _chosen(found.state, name),
        url=ls.url_of(path, ls.toggled(found.state, name, entry.value), settings().currency),
        name=name,
        value=entry.value,
        swatch=entry.swatch,
    )


def _chosen(state: ListingState, key: str) -> tuple[str, ...]:
    if key == "brand":
        return state.brands
    if key == "category":
        return state.categories
    group = state.options if key.startswith(ls.OPTION) else state.attributes
    return dict(group).get(key[2:], ())


def _categories(found: Found, path: str) -> Facet | None:
    """In a search: the departments of what was found, counted together with what lies below them."""
    totals: Counter[str] = Counter({slug: 0 for slug in found.state.categories})
    for entry in found.counts.values.get("category", []):
        totals[navigation.top_slug(entry.value)] += entry.count
    ordered = sorted(totals, key=lambda slug: (-totals[slug], slug))
    nodes = [node for slug in ordered if (node := navigation.category_by_slug(slug))]
    if len(nodes) < 2 and not found.state.categories:
        return None
    language = current_language()
    entries = (Counted(node.slug, node.words(language)[0], totals[node.slug]) for node in nodes)
    values = tuple(_value("category", entry, found, path) for entry in entries)
    return Facet(key="category", title=_("Department"), values=values) if values else None


def _price(found: Found) -> Facet | None:
    counts, state = found.counts, found.state
    chosen = state.price_min is not None or state.price_max is not None
    if not chosen and (counts.price_min is None or counts.price_min == counts.price_max):
        return None
    bounds = [counts.price_min, counts.price_max, state.price_min, state.price_max]
    low, high, from_, to = (None if minor is None else money(minor).decimal() for minor in bounds)
    unit = get_currency_symbol(settings().currency, current_language().babel)
    return Facet(
        key="price",
        title=_("Price"),
        kind="range",
        min=low,
        max=high,
        selected_min=from_,
        selected_max=to,
        unit=unit,
    )


def _switch(name: str, title: str, label: str, found: Found, path: str) -> Facet | None:
    counted = found.counts.values.get(name, [])
    count = counted[0].count if counted else 0
    on = bool(getattr(found.state, name))
    if not on and count in {0, found.total}:
        return None  # it would change nothing
    url = ls.url_of(path, ls.toggled(found.state, name, "1"), settings().currency)
    return Facet(key=name, title=title, values=(FacetValue(label, count, on, url, name, "1"),))


# --- chips and sort ---------------------------------------------------------------------------------------


def _chips(state: ListingState, facets: tuple[Facet, ...], path: str) -> Iterator[tuple[str, str]]:
    for facet in facets:
        yield from ((value.label, value.url) for value in facet.values if value.selected)
    currency = settings().currency
    if state.price_min is not None:
        url = ls.url_of(path, replace(state, price_min=None, page=1), currency)
        yield _("from %(price)s", price=_worded(state.price_min)), url
    if state.price_max is not None:
        url = ls.url_of(path, replace(state, price_max=None, page=1), currency)
        yield _("up to %(price)s", price=_worded(state.price_max)), url


def _worded(minor: int) -> str:
    return money(minor).format(current_language().babel)


def _sorts(state: ListingState, path: str) -> tuple[SortChoice, ...]:
    first = _("Best match") if state.query else _("Featured")
    names: list[tuple[str, Any]] = [
        ("", first),
        ("new", _("Newest")),
        ("price", _("Price, low to high")),
        ("-price", _("Price, high to low")),
        ("name", _("Name")),
    ]
    chosen = "" if state.sort in {None, "featured"} else state.sort
    return tuple(
        SortChoice(
            value,
            label,
            value == chosen,
            ls.url_of(path, replace(state, sort=value or None, page=1), settings().currency),
        )
        for value, label in names
    )
