"""How long pieces are held, and what a demand for pieces comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HOLD_FOR = timedelta(minutes=10)
LATE_AFTER = timedelta(seconds=60)
MOST = 1_000_000
KINDS = ("initial", "receipt", "sale", "return", "correction")


@dataclass(frozen=True, slots=True)
class Availability:
    """Pieces that may be promised now; `available` None: nobody counts them, so there is always one."""

    available: int | None
    backorder: bool = False

    def covers(self, quantity: int) -> bool:
        """Whether `quantity` pieces may be promised."""
        return self.available is None or self.backorder or self.available >= quantity


def demand(lines: Mapping[int, int] | Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(variant id, pieces) in id order, lines of one variant joined: the order in which rows are locked.

    Raises ValueError for a quantity that is not a whole number from 1 to a million.
    """
    joined: dict[int, int] = {}
    for variant_id, quantity in lines.items() if isinstance(lines, Mapping) else lines:
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity <= MOST:
            raise ValueError(f"{quantity!r} pieces cannot be taken")
        joined[variant_id] = joined.get(variant_id, 0) + quantity
    return sorted(joined.items())


def hold_until(now: datetime) -> datetime:
    """When a hold that begins (or is extended) now ends."""
    return now + HOLD_FOR


def correction(counted: int, available: int, held: int) -> int:
    """The movement that makes the books say what was counted on the shelf, held pieces included."""
    return counted - (available + held)
