"""Declared needs at serving: remembered by each process, so that no page pays a query for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from storefront.catalog import service as catalog
from storefront.core.database import db
from storefront.core.versions import version_of
from storefront.personalization.models import DeclaredNeed
from storefront.personalization.rules.needs import Need, blend, declared_for
from storefront.personalization.rules.strips import Candidate, StripRequest
from storefront.personalization.service.engine import holder

SURFACES = frozenset({"goes_with", "complete_basket"})
MOST_OF_A_CATEGORY = 24  # its products that are kept at hand, the most bought first
_NEED = DeclaredNeed.__table__
_ACTIVE = sa.select(_NEED).where(_NEED.c.active).order_by(_NEED.c.id)


@dataclass(frozen=True)
class _Memory:
    """What one process remembers: the rows while owners change nothing, what they mean while shelves stay."""

    version: int
    rows: tuple[Any, ...]
    shelves: tuple[Any, ...] = ()
    needs: tuple[Need, ...] = ()


def with_needs(
    found: Sequence[Candidate], request: StripRequest, exclude: Sequence[int] = ()
) -> Sequence[Candidate]:
    """What the engine found for a row, with what the owner declared in its place."""
    if request.surface not in SURFACES or not any_declared():
        return found
    declared = [one for one in declared_for(request.products, _needs()) if one.product_id not in exclude]
    return blend(found, declared, request.size) if declared else found


def any_declared() -> bool:
    """Whether owners declared anything; no query while nothing changes."""
    return bool(_rows().rows)


def _rows() -> _Memory:
    known: _Memory | None = current_app.extensions.get("regulars_needs")
    version = version_of("home")
    if known is None or known.version != version:
        known = _Memory(version, tuple(db.session.execute(_ACTIVE).all()))
        current_app.extensions["regulars_needs"] = known
    return known


def _needs() -> tuple[Need, ...]:
    known = _rows()
    shelves = version_of("catalog"), version_of("navigation"), holder().version
    if known.shelves != shelves:
        known = _Memory(known.version, known.rows, shelves, _meant(known.rows))
        current_app.extensions["regulars_needs"] = known
    return known.needs


def _meant(rows: Sequence[Any]) -> tuple[Need, ...]:
    categories = {row.of_category_id for row in rows} | {row.needs_category_id for row in rows}
    within = catalog.products_within(sorted(categories - {None}))
    return tuple(_need(row, within) for row in rows)


def _need(row: Any, within: dict[int, dict[int, int | None]]) -> Need:
    of = {row.of_product_id} if row.of_product_id else set(within[row.of_category_id])
    if row.needs_product_id:
        return Need(frozenset(of), (row.needs_product_id,), {})
    standing = within[row.needs_category_id]
    best = tuple(_most_bought(standing)[:MOST_OF_A_CATEGORY])
    return Need(frozenset(of), best, {product: standing[product] for product in best})


def _most_bought(products: dict[int, int | None]) -> list[int]:
    """What sells first; in a shop without an engine, in the order they came."""
    engine = holder().current()
    if engine is None:
        return sorted(products)
    names = [str(product) for product in products]
    selling = [int(one.product) for one in engine.popular(MOST_OF_A_CATEGORY, allowed=names)]
    return [*selling, *sorted(set(products) - set(selling))]
