"""A small, measured share of the places for new products: how else would anybody know whether they are liked?

Which places, and which of the fitting products, follows from the artifact, the customer, the surface and the
day: the same all day long, others tomorrow. The first place is never one of them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.evidence import NEW_HERE, Recommendation
from recommender.models.contract import Ranked
from recommender.vocabulary import NamedCodes

if TYPE_CHECKING:
    from recommender.engine import Engine

AS_GOOD = 0.5  # of the best fit: among these the day decides
CHOICES = 50
MEASURED = 200  # customers whose lists of a day are looked at after a training
PLACES = 20


def draw(*what: object) -> float:
    """A number from 0 to below 1 that is always the same for the same words."""
    digest = blake2b("|".join(map(str, what)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def places(key: tuple[object, ...], n: int, share: float) -> list[int]:
    """Which of n places are given to new products, each with the chance `share`; never the first."""
    return [place for place in range(1, n) if draw(*key, place) < share]


def with_new(
    found: list[Recommendation],
    arrivals: Ranked,
    names: NamedCodes,
    *,
    key: tuple[object, ...],
    n: int,
    share: float,
) -> list[Recommendation]:
    """The list with new products in the places drawn for them; what stood there moves on."""
    listed = {one.product for one in found}
    fitting = [
        i
        for i, score in enumerate(arrivals.scores.tolist())
        if score >= AS_GOOD * arrivals.scores[0] and names.name(int(arrivals.products[i])) not in listed
    ]
    shown = list(found)
    for place in places(key, min(n, len(found)), share):
        if not fitting:
            break
        i = fitting.pop(int(draw(*key, place, "which") * len(fitting)))
        product, score = names.name(int(arrivals.products[i])), float(arrivals.scores[i])
        shown.insert(place, Recommendation(product, score, NEW_HERE, arrivals.explain(i)))
    return shown[:n]


def measured(engine: Engine, day: str) -> dict[str, Any]:
    """How many places of `new_for_you` go to new products on this day, among customers evenly spread."""
    count = len(engine.customers)
    arrivals = len(engine.models["arrivals"].product)
    if not count or not arrivals or not engine.settings.exploration_share:
        return {"new_products": arrivals, "places": 0, "of": 0}
    asked = [
        engine.customers.name(int(code))
        for code in np.unique(np.linspace(0, count - 1, MEASURED).astype(int))
    ]
    lists = engine.for_customers(asked, "new_for_you", PLACES, day=day).values()
    taken = sum(one.source == NEW_HERE for found in lists for one in found)
    return {"new_products": arrivals, "places": taken, "of": sum(map(len, lists))}
