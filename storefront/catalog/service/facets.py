"""Facet counts: one query of many branches, each counted under the others' choices; remembered briefly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from storefront.catalog.rules.listing_state import ListingState
from storefront.catalog.service import tables as t
from storefront.catalog.service.conditions import (
    Scope,
    filter_conditions,
    made_of_value,
    scope_conditions,
    some_variant,
)
from storefront.catalog.service.surroundings import text_parameters
from storefront.core import clock
from storefront.core.database import db
from storefront.core.i18n import current_language
from storefront.core.versions import version_of

REMEMBERED = 256
FRESH_FOR = timedelta(seconds=30)
MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class Counted:
    """One value of a facet as it was counted."""

    value: str
    label: str
    count: int
    swatch: str | None = None


@dataclass
class Counts:
    """`total` products under all choices; values by facet key; `titles` of options and attributes."""

    total: int = 0
    values: dict[str, list[Counted]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None


class CountMemory:
    """The last counts of this process. They say nothing of persons; stock may lag by `FRESH_FOR`."""

    def __init__(self) -> None:
        self.known: OrderedDict[Any, tuple[datetime, Any]] = OrderedDict()

    def get(self, key: Any) -> Any:
        entry = self.known.get(key)
        if entry is None or not entry[0] <= clock.now() < entry[0] + FRESH_FOR:
            return None
        with suppress(KeyError):  # another thread took it out in between
            self.known.move_to_end(key)
        return entry[1]

    def put(self, key: Any, counts: Any) -> None:
        self.known[key] = (clock.now(), counts)
        if len(self.known) > REMEMBERED:
            self.known.popitem(last=False)


def init_facets(app: Any) -> None:
    """Give this app an empty memory."""

    def forget() -> None:
        app.extensions["regulars_facets"] = CountMemory()

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)


def facet_counts(scope: Scope, state: ListingState) -> Counts:
    """Counts of every facet of this list; one query, or none when they were counted a moment ago."""
    asked = replace(state, page=1, sort=None)
    return remembered(("counts", scope, asked), lambda: _count(scope, asked, text_parameters()))


def remembered(key: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` returned for `key` a moment ago, in this language, at these versions of the catalogue."""
    memory: CountMemory = current_app.extensions["regulars_facets"]
    full = (version_of("catalog"), version_of("navigation"), current_language().code, key)
    found = memory.get(full)
    if found is None:
        found = make()
        memory.put(full, found)
    return found


def _count(scope: Scope, state: ListingState, parameters: dict[str, Any]) -> Counts:
    base = sa.select(t.product.c.id, t.product.c.brand).where(*scope_conditions(scope)).cte("base")
    filters = filter_conditions(state)
    branches = _Branches(base, filters)
    rows = db.session.execute(
        sa.union_all(*branches.all(by_category=scope.product_ids is not None)), parameters
    )
    return _read(rows.all())


class _Branches:
    """The parts of the union. Each has the columns facet, value, label, title, swatch, number, number2."""

    def __init__(self, base: Any, filters: dict[str, sa.ColumnElement[bool]]) -> None:
        self.base = base
        self.filters = filters

    def all(self, *, by_category: bool) -> list[Any]:
        found = [self.total(), self.brands(), self.prices(), self.available(), self.on_sale()]
        found += [self.options(None), self.attributes(None)]
        found += [self.options(key) for key in self.filters if key.startswith("o-")]
        found += [self.attributes(key) for key in self.filters if key.startswith("a-")]
        return [*found, self.categories()] if by_category else found

    def _where(self, own: str | None) -> list[Any]:
        """The conditions of all facets but `own`, on the products of the base."""
        others = [condition for key, condition in self.filters.items() if key != own]
        return [t.product.c.id == self.base.c.id, *others]

    def _branch(self, facet: Any, source: Any, own: str | None, *also: Any, **columns: Any) -> sa.Select[Any]:
        empty = sa.cast(sa.null(), sa.String)
        none = sa.cast(sa.null(), sa.BigInteger)
        made: list[Any] = [sa.cast(facet, sa.String).label("facet")]
        made += [columns.get(name, empty).label(name) for name in ("value", "label", "title", "swatch")]
        made += [columns.get("number", none).label("number"), columns.get("second", none).label("second")]
        return sa.select(*made).select_from(source).where(*self._where(own), *also)

    @property
    def products(self) -> Any:
        return self.base.join(t.product, t.product.c.id == self.base.c.id)

    def total(self) -> Any:
        return self._branch(sa.literal("total"), self.products, None, number=sa.func.count())

    def brands(self) -> Any:
        brand = t.product.c.brand
        columns = {"value": brand, "label": brand, "number": sa.func.count()}
        found = self._branch(
            sa.literal("brand"), self.products, "brand", brand.isnot(None), brand != "", **columns
        )
        return found.group_by(brand)

    def prices(self) -> Any:
        price = t.variant.c.price_minor
        source = self.products.join(t.variant, t.variant.c.product_id == t.product.c.id)
        columns = {"number": sa.func.min(price), "second": sa.func.max(price)}
        return self._branch(sa.literal("price"), source, "price", **columns)

    def available(self) -> Any:
        had = some_variant(t.can_be_had())
        return self._branch(sa.literal("available"), self.products, "available", had, number=sa.func.count())

    def on_sale(self) -> Any:
        cheaper = some_variant(t.variant.c.compare_at_minor > t.variant.c.price_minor)
        return self._branch(sa.literal("sale"), self.products, "sale", cheaper, number=sa.func.count())

    def options(self, own: str | None) -> Any:
        """All options under every choice, or one option (`own`) under everybody else's."""
        names = t.Texts(t.option_text, "option_id", t.option.c.id)
        labels = t.Texts(t.option_value_text, "option_value_id", t.option_value.c.id)
        source = self.products.join(t.option, t.option.c.product_id == t.product.c.id)
        source = source.join(t.option_value, t.option_value.c.option_id == t.option.c.id)
        columns = {
            "value": t.option_value.c.key,
            "label": sa.func.max(labels.column("label")),
            "title": sa.func.max(names.column("name")),
            "swatch": sa.func.max(t.option_value.c.swatch),
            "number": sa.func.count(sa.distinct(t.product.c.id)),
        }
        limit = [made_of_value()] if own is None else [made_of_value(), t.option.c.key == own[2:]]
        facet = sa.literal("o-") + t.option.c.key
        found = self._branch(facet, labels.join(names.join(source)), own, *limit, **columns)
        return found.group_by(t.option.c.key, t.option_value.c.key)

    def attributes(self, own: str | None) -> Any:
        fact = t.attribute
        texts = t.Texts(t.attribute_text, "attribute_id", fact.c.id)
        source = texts.join(self.products.join(fact, fact.c.product_id == t.product.c.id))
        columns = {
            "value": fact.c.value,
            "label": sa.func.max(sa.func.nullif(texts.column("value"), "")),
            "title": sa.func.max(sa.func.nullif(texts.column("name"), "")),
            "number": sa.func.count(sa.distinct(t.product.c.id)),
        }
        limit = [fact.c.value != "", t.for_people if own is None else fact.c.key == own[2:]]
        found = self._branch(sa.literal("a-") + fact.c.key, source, own, *limit, **columns)
        return found.group_by(fact.c.key, fact.c.value)

    def categories(self) -> Any:
        columns = {"value": t.category.c.slug, "number": sa.func.count()}
        source = self.products.join(t.category, t.category.c.id == t.product.c.category_id)
        found = self._branch(sa.literal("category"), source, "category", **columns)
        return found.group_by(t.category.c.slug)


def _read(rows: Sequence[Any]) -> Counts:
    counts = Counts()
    by_facet: dict[str, dict[str, Counted]] = {}
    for row in rows:
        if row.facet == "total":
            counts.total = row.number
        elif row.facet == "price":
            counts.price_min, counts.price_max = row.number, row.second
        else:
            _keep(by_facet.setdefault(row.facet, {}), row)
            counts.titles.setdefault(row.facet, row.title or "")
    counts.values = {key: _ranked(values) for key, values in by_facet.items()}
    return counts


def _keep(values: dict[str, Counted], row: Any) -> None:
    """A facet with choices is counted twice; the larger count is the one without its own choices."""
    value = row.value or "1"
    known = values.get(value)
    if known is None or row.number > known.count:
        values[value] = Counted(value, row.label or value, row.number, row.swatch)


def _ranked(values: dict[str, Counted]) -> list[Counted]:
    return sorted(values.values(), key=lambda entry: (-entry.count, entry.label))[:MOST_VALUES]
