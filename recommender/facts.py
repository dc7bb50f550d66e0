"""What the engine concludes about a customer: facts with a confidence, an end and what they rest on.

A fact is a conclusion, not a purchase: whom it is about is shown it, and may say that it is not true.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue, day_text

PREMIUM = "premium"
DAY = 86_400
HOLDS_DAYS = 548  # 18 months after the last purchase that supports it
CLEARLY = 0.9  # one thing alone is enough from the dearest tenth of its category
LEAST_CONFIDENCE = 0.25  # below it most of what was bought there is not premium
Z = 1.64


@dataclass(frozen=True, slots=True)
class Fact:
    """`kind` premium: this customer chooses from the upper end of `category`, as far as `because` shows.

    `confidence` (0 to 1) is the lower end of the 90 % interval of the share of premium things in all that the
    customer bought and kept there, by price: 0.27 after one, 0.43 after two, 0.53 after three without
    exception. By price, because the cheap card that goes into a dear camera says nothing against it. The fact
    holds until the end of the day `until` (UTC); a further purchase that supports it puts that off.
    """

    kind: str
    category: str
    confidence: float
    until: str
    because: tuple[str, ...]  # products, the last bought first


@dataclass(frozen=True, slots=True)
class Held:
    """A fact in codes, for models."""

    category: int
    confidence: float
    until: int  # seconds
    because: tuple[int, ...]

    def named(self, catalogue: Catalogue) -> Fact:
        """The same in the caller's ids."""
        because = tuple(catalogue.products.name(code) for code in self.because)
        category = catalogue.categories.name(self.category)
        return Fact(PREMIUM, category, round(self.confidence, 4), day_text(self.until), because)


def premium_facts(
    catalogue: Catalogue,
    products: NDArray[np.int32],
    last_at: NDArray[np.int64],
    tier: NDArray[np.float32],
    *,
    premium_from: float,
    moment: int,
) -> list[Held]:
    """The facts that one customer's products (with their price rank) support at `moment`, the surest first.

    Each product counts once, however often it was bought: buying it again is the same choice.
    """
    category_of, price = catalogue.category_of[products], catalogue.price_of[products].astype(np.float64)
    found = []
    for category in np.unique(category_of[category_of >= 0]).tolist():
        places = np.flatnonzero(category_of == category)
        dear = places[tier[places] >= premium_from]
        if len(dear) < 2 and not (tier[dear] >= CLEARLY).any():
            continue
        confidence = _confidence(price[places], tier[places] >= premium_from)
        until = int(last_at[dear].max()) + HOLDS_DAYS * DAY
        if confidence >= LEAST_CONFIDENCE and moment // DAY <= until // DAY:
            newest = dear[np.lexsort((products[dear], -last_at[dear]))]
            found.append(Held(category, confidence, until, tuple(products[newest].tolist())))
    return sorted(found, key=lambda fact: (-fact.confidence, fact.category))


def _confidence(price: NDArray[np.float64], dear: NDArray[np.bool_]) -> float:
    """Of a share by price: as if there were as many things as would make it as certain, all of one price."""
    whole = float(price.sum())
    many = whole**2 / float((price**2).sum())
    return lowest_share(many * float(price[dear].sum()) / whole, many)


def lowest_share(hits: float, of: float) -> float:
    """The lower end of Wilson's interval of hits / of."""
    share = hits / of
    spread = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return (share + Z * Z / (2 * of) - spread) / (1 + Z * Z / of)


def without(facts: list[Held], categories: Collection[int]) -> list[Held]:
    """Those that are not about one of these categories."""
    return [fact for fact in facts if fact.category not in categories]


def moment_of(day: str) -> int:
    """A day or time in ISO form (UTC where it names no zone) in seconds. Raises ValueError."""
    given = datetime.fromisoformat(day)
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())
