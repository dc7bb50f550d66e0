"""Rushes: many more visits at one product on one day than its days before let expect. Pure.

Robots that look like people one by one give themselves away together. Who is known to have bought something
is never part of a rush, and orders are never left out: a rush costs looks, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

# Below this nobody moves a list far; above it, so many times what is usual is more than a good day.
LEAST_VISITS = 20
TIMES_USUAL = 5.0
KNOWN_FROM = 1.0  # visits a day from which a product says how busy the whole shop is today


def rush_limit(usual: float, busy: float) -> float:
    """How many visits of strangers a day may bring a product that usually has `usual` of them.

    `busy` is how busy the whole shop is beside its usual days (1: as always).
    """
    return max(LEAST_VISITS, TIMES_USUAL * usual * max(busy, 1.0))


def busyness(today: Mapping[int, int], usual: Mapping[int, float]) -> float:
    """How busy the shop is today: the median over its products, which a rush at a few does not move.

    Visits per product, today and on usual days. 1 where too little is known.
    """
    shares = [today.get(product, 0) / days for product, days in usual.items() if days >= KNOWN_FROM]
    return median(shares) if shares else 1.0


def find_rushes(
    strangers: Mapping[int, set[str]], usual: Mapping[int, float], busy: float
) -> dict[int, set[str]]:
    """Per product the visits to leave out: of `strangers` (visits per product), the wildest product first.

    A visit belongs to one rush, so that what robots looked at on their way to a product is no rush itself.
    """
    found: dict[int, set[str]] = {}
    gone: set[str] = set()
    excess = {
        product: len(visits) / rush_limit(usual.get(product, 0.0), busy)
        for product, visits in strangers.items()
    }
    for product in sorted(excess, key=lambda one: (-excess[one], one)):
        left = strangers[product] - gone
        if len(left) > rush_limit(usual.get(product, 0.0), busy):
            found[product] = left
            gone |= left
    return found
