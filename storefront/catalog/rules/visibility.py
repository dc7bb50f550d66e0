"""Who may see a product and when, and how a product's stock is spoken of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

ACTIVE, DRAFT, ARCHIVED = "active", "draft", "archived"
STATUSES = (ACTIVE, DRAFT, ARCHIVED)
NEW_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pieces of one variant: `available` None means that nobody counts them."""

    available: int | None
    backorder: bool = False

    @property
    def can_be_had(self) -> bool:
        return self.available is None or self.backorder or self.available > 0

    @property
    def is_awaited(self) -> bool:
        """Sold though there is none: it comes later than what lies there."""
        return self.backorder and self.available is not None and self.available <= 0


def is_visible(
    status: str, visible_from: datetime | None, visible_until: datetime | None, now: datetime
) -> bool:
    """Whether a product is on show at `now`: active, begun, and not over."""
    begun = visible_from is None or visible_from <= now
    over = visible_until is not None and visible_until <= now
    return status == ACTIVE and begun and not over


def is_new(visible_from: datetime | None, now: datetime) -> bool:
    """New is what came on show within the last 30 days; without such a date nothing is called new."""
    return visible_from is not None and now - NEW_FOR <= visible_from <= now


def may_be_suggested(age_limit: int | None, age: int | None) -> bool:
    """Whether a product may be put before a person of `age`; to an unknown age nothing with a limit is."""
    return age_limit is None or (age is not None and age >= age_limit)


def stock_state(shelves: Iterable[Shelf], low: int) -> tuple[str, int | None]:
    """('in' | 'low' | 'out', pieces left when low) over the variants of one card or product."""
    counted = 0
    endless = False
    for shelf in shelves:
        endless = endless or shelf.available is None or shelf.backorder
        counted += max(shelf.available or 0, 0)
    if endless:
        return "in", None
    if counted <= 0:
        return "out", None
    return ("low", counted) if counted <= low else ("in", None)


def badges(stock: str, on_sale: bool, new: bool) -> tuple[str, ...]:
    """Names of what a card says in its corner, weightiest first."""
    named = (("sold_out", stock == "out"), ("sale", on_sale), ("new", new))
    return tuple(name for name, holds in named if holds)
