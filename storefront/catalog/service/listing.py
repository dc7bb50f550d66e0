"""Lists of products: which ones, in which order, with which facets. Their state is a `ListingState`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from storefront.catalog.rules.listing_state import ListingState
from storefront.catalog.rules.paging import clamp_page
from storefront.catalog.service import tables as t
from storefront.catalog.service.cards import ON_A_SHELF, load_cards
from storefront.catalog.service.conditions import Scope, conditions
from storefront.catalog.service.facets import Counts, facet_counts, remembered
from storefront.catalog.service.surroundings import settings, text_parameters
from storefront.core.database import db


@dataclass(frozen=True)
class Found:
    """One page of a list: cards in order, how many there are in all, counts per facet, the state as shown."""

    cards: tuple[Any, ...]
    counts: Counts
    state: ListingState

    @property
    def total(self) -> int:
        return self.counts.total


def list_products(scope: Scope, state: ListingState) -> Found:
    """The page of the list that `state` asks for (beyond the end: the last one). At most three queries.

    Counts and places are remembered for half a minute; cards are always loaded and filtered as they are now.
    """
    if scope.product_ids is not None and not scope.product_ids:
        return Found((), Counts(), replace(state, page=1))
    counts = facet_counts(scope, state)
    size = settings().page_size
    state = replace(state, page=clamp_page(state.page, counts.total, size))
    ids = remembered(("ids", scope, state), lambda: _page_ids(scope, state, size)) if counts.total else []
    cards = load_cards(ids, viewer=ON_A_SHELF)
    return Found(tuple(cards.values()), counts, state)


def _page_ids(scope: Scope, state: ListingState, size: int) -> list[int]:
    offset = (state.page - 1) * size
    sort = state.sort or scope.default_sort
    if sort == "relevance" or (sort == "featured" and scope.product_ids is not None):
        fitting = set(db.session.execute(_select(scope, state), text_parameters()).scalars())
        return [at for at in scope.product_ids or () if at in fitting][offset : offset + size]
    statement = _select(scope, state).order_by(*_order(sort, scope)).limit(size).offset(offset)
    return list(db.session.execute(statement, text_parameters()).scalars())


def _select(scope: Scope, state: ListingState) -> sa.Select[Any]:
    return sa.select(t.product.c.id).where(*conditions(scope, state))


# --- order ------------------------------------------------------------------------------------------------


def _order(sort: str, scope: Scope) -> list[Any]:
    newest = sa.func.coalesce(t.product.c.visible_from, t.product.c.created_at)
    if sort == "new":
        return [newest.desc(), t.product.c.id.desc()]
    if sort in {"price", "-price"}:
        least = sa.func.min(t.variant.c.price_minor)
        price = sa.select(least).where(t.variant.c.product_id == t.product.c.id).scalar_subquery()
        return [price.asc() if sort == "price" else price.desc(), t.product.c.id]
    if sort == "name":
        return [_title(), t.product.c.id]
    places = t.product_category
    here = sa.select(sa.func.min(places.c.position)).where(
        places.c.product_id == t.product.c.id, places.c.category_id.in_(scope.category_ids)
    )
    # Where the owner gave no order, newest first.
    return [sa.func.coalesce(here.scalar_subquery(), 1_000_000), newest.desc(), t.product.c.id]


def _title() -> sa.ColumnElement[Any]:
    """The title as the page shows it, for ordering by name."""
    found = []
    for locale in (t.LANGUAGE, t.FIRST):
        text = t.product_text.alias()
        match = sa.and_(text.c.product_id == t.product.c.id, text.c.locale == locale)
        found.append(sa.select(sa.func.lower(text.c.title)).where(match).scalar_subquery())
    return sa.func.coalesce(*found, t.product.c.slug)
