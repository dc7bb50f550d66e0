"""The owner's rules on the pages: remembered per process as long as they stay, applied to every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.database import db
from storefront.core.slots import PageContext
from storefront.core.versions import version_of
from storefront.personalization.models import MerchandisingRule
from storefront.personalization.rules import OVERFETCH, Answer, StripRequest
from storefront.personalization.rules.merchandising import merchandise, reaches_deeper
from storefront.personalization.rules.ruling import Occasion, Rule
from storefront.personalization.service.audiences import audiences_of
from storefront.personalization.service.discretion import barred as also_barred
from storefront.personalization.service.discretion import discretion, place_of

DEEPER = 4  # times as many are asked of the engine where rules take some out or lift some up
_MEMORY = "regulars_merchandising"
_RULES = MerchandisingRule.__table__
_VERSIONS = ("home", "catalog", "navigation")
_PRODUCT = sa.table("product", sa.column("id"), sa.column("brand"))


@dataclass(frozen=True)
class RuleBook:
    """The rules, in order of precedence, as one page asks them for one person at one moment."""

    rules: tuple[Rule, ...]
    page: str
    audiences: frozenset[str]
    at: datetime

    def occasion(self, surface: str, *, held_back: bool = False) -> Occasion:
        """One row of the page."""
        return Occasion(surface, self.page, self.audiences, self.at, held_back)

    def depth(self, request: StripRequest) -> int:
        """How many products to ask of the engine for a row."""
        usual = request.size * OVERFETCH
        deeper = reaches_deeper(self.rules, self.occasion(request.surface))
        return usual * DEEPER if deeper else usual

    def apply(
        self, answer: Answer, context: PageContext, surface: str = "", *, held_back: bool = False
    ) -> Answer:
        """The answer as the owner wants it in a row of `surface` (that of the request, unless one is given).

        Who is held back from a row is spared what moves things in it; what is excluded is so for everybody.
        """
        occasion = self.occasion(surface or answer.request.surface, held_back=held_back)
        rule = discretion()
        place = place_of(rule, answer.request.surface, context)
        barred = also_barred(rule, place, context.more.get("rejected", ()))
        ruled = merchandise(answer, self.rules, occasion, barred)
        most = answer.request.size * OVERFETCH
        return replace(ruled, candidates=ruled.candidates[:most])


def book_of(page: str, context: PageContext) -> RuleBook:
    """What counts on this page now: for whoever looks, or for the `audiences` that the page is made for.

    No query on a warm process.
    """
    rules = active_rules()
    audiences: frozenset[str] = context.more.get("audiences", frozenset())
    if not audiences and any(rule.audiences for rule in rules):
        audiences = audiences_of(context.customer_id)
    return RuleBook(rules, page, audiences, clock.now())


def active_rules() -> tuple[Rule, ...]:
    """Every rule that is switched on, in order of precedence, whatever its dates and conditions."""
    memory = _memory()
    version = tuple(version_of(key) for key in _VERSIONS)
    if memory.version != version:
        memory.rules = tuple(rule for rule in all_rules() if rule.enabled)
        memory.version = version
    return memory.rules


@dataclass
class _Memory:
    """What one process remembers of the rules at one version of the shop."""

    version: Any = None
    rules: tuple[Rule, ...] = ()

    def forget(self) -> None:
        self.version = None


def _memory() -> _Memory:
    extensions = current_app.extensions
    if _MEMORY not in extensions:
        extensions[_MEMORY] = _Memory()
        extensions.setdefault("regulars_forget", []).append(extensions[_MEMORY].forget)
    return extensions[_MEMORY]


def all_rules(*, without: str | None = None, beside: Iterable[Any] = ()) -> tuple[Rule, ...]:
    """Every rule in order of precedence; `without` one of them, and with the rows `beside` the saved ones."""
    rows = [*db.session.execute(sa.select(_RULES)).all(), *beside]
    return as_rules([row for row in rows if row.public_id != without])


def as_rules(rows: Sequence[Any]) -> tuple[Rule, ...]:
    """Rows as rules, each with the products that it is about: at most two queries."""
    shelves = catalog.products_within({row.category_id for row in rows if row.category_id})
    brands = _of_brands({row.brand for row in rows if row.target == "brand" and row.brand})
    found = [_rule(row, shelves, brands) for row in rows]
    return tuple(sorted(found, key=lambda rule: rule.rank))


def _of_brands(brands: set[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    if brands:
        for row in db.session.execute(sa.select(_PRODUCT).where(_PRODUCT.c.brand.in_(sorted(brands)))):
            found.setdefault(row.brand, set()).add(row.id)
    return found


def _rule(row: Any, shelves: Any, brands: dict[str, set[int]]) -> Rule:
    products: Iterable[int] = ()
    if row.target == "product":
        products = (row.product_id,) if row.product_id else ()
    elif row.target == "category":
        products = shelves.get(row.category_id, ())
    else:
        products = brands.get(row.brand, ())
    known = {"product": row.product_id, "category": row.category_id, "brand": row.brand in brands}
    return Rule(
        key=row.public_id,
        name=row.name,
        action=row.action,
        products=frozenset(products),
        product_id=row.product_id if row.target == "product" else None,
        place=row.place or 1,
        factor=row.factor or 200,
        surfaces=frozenset(row.surfaces),
        pages=frozenset(row.pages),
        audiences=frozenset(row.audiences),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        enabled=row.enabled,
        known=bool(known[row.target]),
        position=row.position,
    )
