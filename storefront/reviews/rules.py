"""Decisions about wish lists and about who is told that something is back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

MOST_WISHES = 200
MOST_KEPT = 50  # of a visitor: they travel in a cookie
MOST_WANTED = 99
LONGEST_NOTE = 200
LONGEST_TITLE = 80
UNDO_FOR = timedelta(days=1)

UNCONFIRMED, WAITING, TOLD = "unconfirmed", "waiting", "told"
CONFIRM_WITHIN = timedelta(days=7)
WAIT_FOR = timedelta(days=365)
REMEMBER_TOLD = timedelta(days=30)
PEOPLE_PER_PIECE = 3
NEXT_WAVE_AFTER = timedelta(hours=24)

_WHOLE = re.compile(r"0{0,8}[0-9]{1,2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """A wish as a visitor's browser keeps it; `added` in seconds since 1970."""

    variant_id: int
    product_id: int
    price_minor: int
    added: int
    was_out: bool = False

    def as_list(self) -> list[int]:
        return [self.variant_id, self.product_id, self.price_minor, self.added, int(self.was_out)]


def read_kept(found: object) -> tuple[Kept, ...]:
    """What a cookie holds as wishes, newest first; whatever does not fit is left out."""
    if not isinstance(found, list):
        return ()
    kept: dict[int, Kept] = {}
    for entry in found[:MOST_KEPT]:
        if isinstance(entry, list) and len(entry) == 5 and all(type(part) is int for part in entry):
            variant_id, product_id, price_minor, added, was_out = entry
            kept.setdefault(variant_id, Kept(variant_id, product_id, price_minor, added, bool(was_out)))
    return tuple(kept.values())


def kept_with(kept: Sequence[Kept], wish: Kept) -> tuple[Kept, ...]:
    """The list with one more wish in front; one that is on it already stays as it was."""
    if any(other.variant_id == wish.variant_id for other in kept):
        return tuple(kept)
    return (wish, *kept)[:MOST_KEPT]


def kept_without(kept: Iterable[Kept], variant_ids: Iterable[int]) -> tuple[Kept, ...]:
    """The list without these variants."""
    gone = set(variant_ids)
    return tuple(wish for wish in kept if wish.variant_id not in gone)


def moved(keys: Sequence[int], key: int, up: bool) -> list[int]:
    """The order after `key` went one place up or down; at the end of the list nothing moves."""
    order = list(keys)
    if key not in order:
        return order
    here = order.index(key)
    there = max(0, here - 1) if up else min(len(order) - 1, here + 1)
    order.insert(there, order.pop(here))
    return order


def fallen_by(then_minor: int, now_minor: int) -> int:
    """How much less something costs than when it was put on the list; 0 when it does not."""
    return max(0, then_minor - now_minor)


def read_wanted(text: str | None) -> int | None:
    """Pieces from 1 to 99, or None for anything else."""
    plain = (text or "").strip(" ")[:40]
    return int(plain) or None if _WHOLE.match(plain) else None


def read_line(text: str | None, longest: int) -> str:
    """One line of somebody's words: without control signs, blanks joined, cut at `longest`."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return " ".join(plain.split())[:longest]


def still_wanted(wanted: int, given: int) -> int:
    """Pieces of a wish that nobody has marked as bought."""
    return max(0, wanted - given)


def people_to_tell(pieces: int | None) -> int | None:
    """How many people hear that so many pieces came in: three for each, since not all will buy.

    None for what nobody counts: everybody hears of it.
    """
    return None if pieces is None else max(0, pieces) * PEOPLE_PER_PIECE
