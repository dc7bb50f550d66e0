"""What puts a product into a list: the list's own scope, and what is chosen in its facets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from storefront.catalog.rules.listing_state import ListingState
from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Scope:
    """What a list is about: categories (any of these ids), or products in the order of their fitness."""

    category_ids: frozenset[int] = frozenset()
    main_category: int | None = None
    product_ids: tuple[int, ...] | None = None

    @property
    def default_sort(self) -> str:
        return "featured" if self.product_ids is None else "relevance"


def conditions(scope: Scope, state: ListingState) -> list[Condition]:
    """Everything that a product must fulfil to stand in this list."""
    return [*scope_conditions(scope), *filter_conditions(state).values()]


def scope_conditions(scope: Scope) -> list[Condition]:
    """On show, sold in some variant, and within what the list is about."""
    sold = sa.exists().where(t.variant.c.product_id == t.product.c.id)
    found = [t.on_show(), sold]
    if scope.product_ids is not None:
        found.append(t.product.c.id.in_(scope.product_ids))
    elif scope.category_ids:
        found.append(_stands_in(scope.category_ids))
    return found


def filter_conditions(state: ListingState) -> dict[str, Condition]:
    """One condition per facet that something is chosen in, by the facet's key."""
    found: dict[str, Condition] = {f"o-{key}": _has_option(key, values) for key, values in state.options}
    found.update({f"a-{key}": _has_attribute(key, values) for key, values in state.attributes})
    if state.categories:
        found["category"] = _stands_in(_below(state.categories))
    if state.brands:
        found["brand"] = t.product.c.brand.in_(state.brands)
    if state.price_min is not None or state.price_max is not None:
        found["price"] = _costs(state.price_min, state.price_max)
    if state.available:
        found["available"] = some_variant(t.can_be_had())
    if state.sale:
        found["sale"] = some_variant(t.variant.c.compare_at_minor > t.variant.c.price_minor)
    return found


def _below(slugs: Sequence[str]) -> frozenset[int]:
    """Ids of these categories and of all below them; unknown slugs are nothing."""
    nodes = [navigation.category_by_slug(slug) for slug in slugs]
    return frozenset().union(*(navigation.within(node.id) for node in nodes if node))


def _stands_in(category_ids: frozenset[int]) -> Condition:
    places = t.product_category
    return sa.or_(
        t.product.c.category_id.in_(category_ids),
        t.product.c.id.in_(sa.select(places.c.product_id).where(places.c.category_id.in_(category_ids))),
    )


def _has_option(key: str, values: Sequence[str]) -> Condition:
    # Found once for the whole list; asked per product, SQLite would walk all values of this name each time.
    chosen = t.option.join(t.option_value, t.option_value.c.option_id == t.option.c.id)
    source = chosen.join(t.variant, t.variant.c.product_id == t.option.c.product_id)
    return t.product.c.id.in_(
        sa.select(t.option.c.product_id)
        .select_from(source)
        .where(t.option.c.key == key, t.option_value.c.key.in_(values), _is_of_value())
    )


def _is_of_value() -> Condition:
    """Whether a joined variant is made of a joined option value."""
    return sa.or_(*(t.variant.c[f"value{place}_id"] == t.option_value.c.id for place in (1, 2, 3)))


def made_of_value() -> Condition:
    """Whether some variant of the product is made of this option value; others count nowhere."""
    return sa.exists().where(t.variant.c.product_id == t.product.c.id, _is_of_value())


def _has_attribute(key: str, values: Sequence[str]) -> Condition:
    fact = t.attribute
    return t.product.c.id.in_(sa.select(fact.c.product_id).where(fact.c.key == key, fact.c.value.in_(values)))


def _costs(low: int | None, high: int | None) -> Condition:
    price = t.variant.c.price_minor
    bounds = [price >= low] if low is not None else []
    if high is not None:
        bounds.append(price <= high)
    return sa.exists().where(t.variant.c.product_id == t.product.c.id, *bounds)


def some_variant(condition: Condition) -> Condition:
    source = t.variant.outerjoin(t.stock, t.stock.c.variant_id == t.variant.c.id)
    return sa.exists().select_from(source).where(t.variant.c.product_id == t.product.c.id, condition)
