"""Personal ranking: matrix factors and item-to-item, blended, for every product at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import ALSO_BOUGHT, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, nothing
from recommender.ragged import expand

HISTORY = 60  # strongest own products that item-to-item looks at


class Taste:
    """Factors answer "what fits this person", neighbours answer "because of which own product"."""

    name: ClassVar[str] = "taste"
    SPEC: ClassVar[Mapping[str, str]] = {
        "customers": NUMBER,
        "products": NUMBER,
        "liked_indptr": INDPTR,
        "liked": CODE,
        "liked_weight": NUMBER,
    }
    # the rows of partners are those of the model `neighbours`, stored once
    BORROWED: ClassVar[Mapping[str, tuple[str, str]]] = {
        "near_indptr": ("neighbours", "indptr"),
        "near": ("neighbours", "product"),
        "near_weight": ("neighbours", "strength"),
        "near_buyers": ("neighbours", "buyers"),
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_rows(self.name, arrays, "liked_indptr", "liked", "liked_weight", rows=len(arrays["customers"]))
        check_rows(
            self.name, arrays, "near_indptr", "near", "near_weight", "near_buyers", rows=len(catalogue)
        )
        check_below(self.name, arrays, "liked", len(catalogue))
        check_below(self.name, arrays, "near", len(catalogue))
        factors = arrays["products"].shape
        if factors != (len(catalogue), *arrays["customers"].shape[1:]):
            raise BadArtifact(f"{self.name}: factors of shape {factors} and {arrays['customers'].shape}")
        self.catalogue, self.share = catalogue, settings.neighbour_share
        self.customers, self.products = arrays["customers"], arrays["products"]
        self.liked = Rows(arrays["liked_indptr"], arrays["liked"], arrays["liked_weight"])
        self.near_starts, self.near = arrays["near_indptr"], arrays["near"]
        self.near_weight, self.near_buyers = arrays["near_weight"], arrays["near_buyers"]

    def knows(self, customer: int) -> bool:
        """Whether there is anything personal to go by."""
        return 0 <= customer < len(self.liked) and len(self.liked(customer)[0]) > 0

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The open products that fit this customer best."""
        if not self.knows(query.customer):
            return nothing()
        own, weight = self._own(query.customer)
        places, lengths = expand(self.near_starts, own)
        taken = self.near[places]
        added = self.near_weight[places] * np.repeat(weight, lengths)
        near = np.bincount(taken, weights=added, minlength=len(self.catalogue))
        scores = (1 - self.share) * _to_one(self._factor_scores(query.customer)) + self.share * _to_one(near)
        scores[~gate.open] = 0
        products = best(scores, n)

        reasons = _strongest(products, taken, added, len(self.catalogue))
        ends = np.cumsum(lengths)

        def explain(i: int) -> Evidence:
            """The own product that speaks most for this one; plain "taste" when none does."""
            place = int(reasons[i])
            if place < 0:
                return Evidence("taste")
            reason = int(own[ends.searchsorted(place, side="right")])
            return self.catalogue.pair(
                ALSO_BOUGHT, reason, int(products[i]), int(self.near_buyers[places[place]])
            )

        return Ranked(products, scores[products], explain)

    def _own(self, customer: int) -> tuple[NDArray[Any], NDArray[Any]]:
        own, weight = self.liked(customer)
        if len(own) > HISTORY:
            strongest = np.sort(np.lexsort((own, -weight))[:HISTORY])
            own, weight = own[strongest], weight[strongest]
        return own, weight

    def _factor_scores(self, customer: int) -> NDArray[Any]:
        if not self.products.shape[1]:
            return np.zeros(len(self.catalogue))
        return self.products @ self.customers[customer]


def _strongest(
    products: NDArray[Any], taken: NDArray[Any], added: NDArray[Any], count: int
) -> NDArray[np.int64]:
    """For each product the place in `taken` that added most to it (the first among equals), or -1."""
    slot = np.full(count, -1, np.int64)
    slot[products] = np.arange(len(products))
    slots = slot[taken]
    hits = np.flatnonzero(slots >= 0)
    hits = hits[np.lexsort((-hits, added[hits]))]
    strongest = np.full(len(products), -1, np.int64)
    strongest[slots[hits]] = hits  # of repeated places numpy keeps the last, which is the strongest
    return strongest


def _to_one(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Scaled so that the best is 1; negative scores (dislike) stay below 0."""
    highest = float(scores.max(initial=0))
    return scores / highest if highest > 0 else np.zeros(len(scores))
