"""The state of a list is its URL: read from one, written into one, always in the same order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from storefront.catalog.rules.paging import read_page_number
from storefront.catalog.rules.words import clean_query
from storefront.core.money import Money, parse_money

OPTION, ATTRIBUTE = "o-", "a-"
MAX_CHOSEN = 40
MAX_LENGTH = 120
SORTS = ("featured", "new", "price", "-price", "name")
Chosen = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ListingState:
    """What a list is narrowed down to. Prices in minor units; a `None` sort is the list's own order."""

    query: str = ""
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    options: Chosen = ()
    attributes: Chosen = ()
    price_min: int | None = None
    price_max: int | None = None
    available: bool = False
    sale: bool = False
    sort: str | None = None
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return bool(
            self.categories
            or self.brands
            or self.options
            or self.attributes
            or self.price_min is not None
            or self.price_max is not None
            or self.available
            or self.sale
        )


def read_state(arguments: Iterable[tuple[str, str]], currency: str) -> ListingState:
    """The state that the arguments of a URL mean. Nothing is an error: what makes no sense is left out."""
    single: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    for name, value in _sane(arguments):
        if name in {"category", "brand"} or (name[:2] in {OPTION, ATTRIBUTE} and len(name) > 2):
            many.setdefault(name, []).append(value)
        else:
            single.setdefault(name, value)
    sort = single.get("sort")
    return ListingState(
        query=clean_query(single.get("q", "")),
        categories=_chosen(many.get("category", [])),
        brands=_chosen(many.get("brand", [])),
        options=_with_prefix(many, OPTION),
        attributes=_with_prefix(many, ATTRIBUTE),
        price_min=_minor(single.get("price_min"), currency),
        price_max=_minor(single.get("price_max"), currency),
        available=single.get("available") == "1",
        sale=single.get("sale") == "1",
        sort=sort if sort in SORTS else None,
        page=read_page_number(single.get("page", "")),
    )


def _sane(arguments: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    taken = 0
    for name, value in arguments:
        if name == "q":
            yield name, value
            continue
        value = clean_query(value)
        if value and len(value) <= MAX_LENGTH and len(name) <= MAX_LENGTH and name.isprintable():
            taken += 1
            yield name, value
        if taken >= MAX_CHOSEN:
            return


def _chosen(values: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _with_prefix(many: dict[str, list[str]], prefix: str) -> Chosen:
    return tuple(
        (name[2:], _chosen(values)) for name, values in sorted(many.items()) if name.startswith(prefix)
    )


def _minor(text: str | None, currency: str) -> int | None:
    if not text:
        return None
    try:
        amount = parse_money(text.replace(",", ".") if text.count(",") == 1 else text, currency)
    except ValueError:
        return None
    return amount.minor if amount.minor >= 0 else None


def pairs(state: ListingState, currency: str) -> list[tuple[str, str]]:
    """The arguments of `state` in their one order; what is as usual is left out."""
    bounds = (("price_min", state.price_min), ("price_max", state.price_max))
    found = [
        ("q", state.query),
        *(("category", slug) for slug in state.categories),
        *(("brand", brand) for brand in state.brands),
        *_chosen_pairs(OPTION, state.options),
        *_chosen_pairs(ATTRIBUTE, state.attributes),
        *((name, Money(minor, currency).decimal()) for name, minor in bounds if minor is not None),
        ("available", "1" if state.available else ""),
        ("sale", "1" if state.sale else ""),
        ("sort", state.sort or ""),
        ("page", str(state.page) if state.page > 1 else ""),
    ]
    return [(name, value) for name, value in found if value]


def _chosen_pairs(prefix: str, group: Chosen) -> list[tuple[str, str]]:
    return [(prefix + key, value) for key, values in group for value in values]


def url_of(path: str, state: ListingState, currency: str) -> str:
    """`path` with the state behind it."""
    arguments = pairs(state, currency)
    return f"{path}?{urlencode(arguments)}" if arguments else path


def toggled(state: ListingState, name: str, value: str) -> ListingState:
    """The state with one box ticked or cleared, back on the first page."""
    state = replace(state, page=1)
    if name == "category":
        return replace(state, categories=_flip(state.categories, value))
    if name == "brand":
        return replace(state, brands=_flip(state.brands, value))
    if name in {"available", "sale"}:
        return _with(state, name, not getattr(state, name))
    field = "options" if name.startswith(OPTION) else "attributes"
    return _with(state, field, _flip_in(getattr(state, field), name[2:], value))


def _with(state: ListingState, field: str, value: Any) -> ListingState:
    return replace(state, **{field: value})


def _flip(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(sorted(set(values) ^ {value}))


def _flip_in(group: Chosen, key: str, value: str) -> Chosen:
    chosen = {name: values for name, values in group}
    chosen[key] = _flip(chosen.get(key, ()), value)
    return tuple(sorted((name, values) for name, values in chosen.items() if values))


def bare(state: ListingState) -> ListingState:
    """The same list with nothing chosen: where facets and sorts canonicalise to."""
    return ListingState(query=state.query)


def without_facet(state: ListingState, key: str) -> ListingState:
    """The state as it would be without the choices of one facet: what that facet's counts are taken in."""
    if key == "price":
        return replace(state, price_min=None, price_max=None)
    if key == "category":
        return replace(state, categories=())
    if key == "brand":
        return replace(state, brands=())
    if key in {"available", "sale"}:
        return _with(state, key, False)
    field = "options" if key.startswith(OPTION) else "attributes"
    rest = tuple((name, values) for name, values in getattr(state, field) if name != key[2:])
    return _with(state, field, rest)
