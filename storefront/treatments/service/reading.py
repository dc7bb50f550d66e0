"""What somebody was shown: the records of their pages, as they were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storefront.core.database import JOURNAL, snapshot
from storefront.treatments.models import TreatmentExposure

_EXPOSURE = TreatmentExposure.__table__
MOST_PAGES = 20
STRIPS_OF_A_PAGE = 8


@dataclass(frozen=True)
class SeenStrip:
    """A strip as it was shown: (SKU, source, score) in order, (product id, why not) of better ones."""

    treatment: str
    arm: str
    surface: str
    slot: str
    shown: tuple[tuple[str, str, float], ...]
    filtered: tuple[tuple[int, str], ...]
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class SeenPage:
    """A page as it was shown to a customer. `key` is the page's own number."""

    key: str
    at: datetime
    customer_id: int | None
    page: str
    artifact: str
    strips: tuple[SeenStrip, ...]


def pages_seen(customer_id: int) -> list[SeenPage]:
    """The last pages with strips that a customer was shown, newest first; one query."""
    mine = (
        sa.select(_EXPOSURE)
        .where(_EXPOSURE.c.customer_id == customer_id)
        .order_by(_EXPOSURE.c.at.desc(), _EXPOSURE.c.id.desc())
        .limit(MOST_PAGES * STRIPS_OF_A_PAGE)
    )
    with snapshot(JOURNAL) as session:
        rows = session.execute(mine).all()
    return _pages(rows)[:MOST_PAGES]


def find_page_seen(key: str) -> SeenPage | None:
    """The page with this number; None when there is none, or it is older than what is kept."""
    if not key.isascii() or not key.isalnum() or len(key) > 36:
        return None
    # The strips of a page are numbered from 0.
    strips = [f"{key}.{place}" for place in range(2 * STRIPS_OF_A_PAGE)]
    this = sa.select(_EXPOSURE).where(_EXPOSURE.c.event_id.in_(strips)).order_by(_EXPOSURE.c.id)
    with snapshot(JOURNAL) as session:
        rows = session.execute(this).all()
    return next(iter(_pages(rows)), None)


def _pages(rows: Iterable[Any]) -> list[SeenPage]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.event_id.rpartition(".")[0], []).append(row)
    return [_page(key, sorted(strips, key=lambda row: row.id)) for key, strips in found.items()]


def _page(key: str, rows: list[Any]) -> SeenPage:
    first = rows[0]
    strips = tuple(_strip(row) for row in rows)
    return SeenPage(key, first.at, first.customer_id, first.page, first.artifact, strips)


def _strip(row: Any) -> SeenStrip:
    return SeenStrip(
        treatment=row.treatment,
        arm=row.arm,
        surface=row.surface,
        slot=row.slot,
        shown=tuple((sku, source, score) for sku, source, score in row.shown),
        filtered=tuple((product, code) for product, code in row.filtered),
        inputs=row.inputs,
    )
