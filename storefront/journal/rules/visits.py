"""What belongs to one visit, how long a page was looked at, and which strip a link stood in. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

VIEWED_KEPT = 20
# As Google Analytics 4 counts: a visit ends after half an hour without a page; midnight does not end it.
IDLE_SECONDS = 30 * 60
SHORTEST_DWELL_MS, LONGEST_DWELL_MS = 1_000, 30 * 60 * 1_000
# Clocks of browsers and servers run apart, and a page is on its way for a moment.
GRACE_MS = 5_000
VIA = "via"
_VIA = re.compile(r"([a-z][a-z0-9-]{0,39})\.([1-9][0-9]?)\.([a-z][a-z0-9_]{0,39})", re.ASCII)


def viewed_after(viewed: Sequence[int], product_id: int) -> tuple[int, ...]:
    """The list of viewed products, newest last, each once, after one more was looked at."""
    kept = [product for product in viewed if product != product_id]
    return (*kept[-(VIEWED_KEPT - 1) :], product_id)


def is_same_visit(last_seen: int, moment: int) -> bool:
    """Whether a page at `moment` belongs to the visit whose last page was at `last_seen` (seconds)."""
    return 0 <= moment - last_seen <= IDLE_SECONDS


def counted_dwell(milliseconds: int, since_shown: float) -> int | None:
    """The milliseconds that count; None for a glance, and for longer than the page has been out at all.

    `since_shown` are seconds since the page was made.
    """
    if milliseconds < SHORTEST_DWELL_MS or milliseconds > since_shown * 1_000 + GRACE_MS:
        return None
    return min(milliseconds, LONGEST_DWELL_MS)


@dataclass(frozen=True)
class Via:
    """The place in a strip that a link was followed from. It says nothing of a person."""

    list_name: str
    position: int
    source: str


def via_words(list_name: str, position: int, source: str) -> str:
    """What the link of a strip carries: `product-goes-with.2.bought_together`."""
    return f"{list_name}.{position}.{source}"


def read_via(text: str) -> Via | None:
    """The same, read; None for anything else."""
    found = _VIA.fullmatch(text)
    return Via(found[1], int(found[2]), found[3]) if found else None


def with_via(url: str, words: str) -> str:
    """The address of a product with the place it was followed from."""
    return f"{url}{'&' if '?' in url else '?'}{VIA}={words}"
