"""What it costs and takes to get goods somewhere, as product pages and feeds state it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DeliveryOffer:
    """One way to get goods to `country` (ISO 3166). Prices in minor units, working days.

    `free_from_minor` is the value of goods from which it costs nothing. `earliest` and `latest` are the days
    on which something ordered now arrives, where the shop's own working days are known.
    """

    name: str
    country: str
    price_minor: int
    currency: str
    min_days: int
    max_days: int
    handling_min_days: int = 0
    handling_max_days: int = 1
    free_from_minor: int | None = None
    earliest: date | None = None
    latest: date | None = None
