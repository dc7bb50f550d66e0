"""What fills a row of complements, and where complements stop being worth a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, NUMBER, check_below
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import POPULAR, Evidence
from recommender.models.contract import Gate, Query, Ranked

FIRST = 0.5  # of the places are for complements, however weak
WEAK = 0.5  # as likely as the best-seller that would take its place: less is weak


class Companions:
    """Products that share out the orders among them, with their chance to stand in one."""

    name: ClassVar[str] = "companions"
    SPEC: ClassVar[Mapping[str, str]] = {
        "product": CODE,
        "gain": NUMBER,
        "chance": NUMBER,
        "together": NUMBER,
        "also": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_below(self.name, arrays, "product", len(catalogue))
        if not len(arrays["product"]) == len(arrays["gain"]) == len(arrays["chance"]):
            raise BadArtifact(f"{self.name}: 'product', 'gain' and 'chance' differ in length")
        if not len(arrays["together"]) == len(arrays["also"]) == len(catalogue):
            raise BadArtifact(f"{self.name}: 'together' and 'also' do not fit the catalogue")
        self.catalogue = catalogue
        self.together, self.also = np.asarray(arrays["together"]), np.asarray(arrays["also"])
        self.products, self.gain = np.asarray(arrays["product"]), np.asarray(arrays["gain"])
        self.chance = np.asarray(arrays["chance"])

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The first n that may be shown."""
        places = self._open(gate, n)
        products = self.products[places].astype(np.int64)

        def explain(i: int) -> Evidence:
            return self.catalogue.buyers_of(POPULAR, int(products[i]))

        return Ranked(products, self.gain[places].astype(np.float64), explain)

    def _open(self, gate: Gate, n: int) -> NDArray[np.intp]:
        return gate.open[self.products].nonzero()[0][: max(n, 0)]

    def worth(self, scores: NDArray[Any], query: Query, gate: Gate, n: int) -> int:
        """How many of these complements, best first, take one of n places: at least half of the places, and
        as long as one is not `WEAK` beside what would stand there instead.
        """
        if len(scores) < n:
            scores = np.r_[scores, np.zeros(n - len(scores))]
        instead = np.zeros(n)
        chance = self.chance[self._open(gate, n)]
        instead[: len(chance)] = np.sort(chance)[::-1]
        good = scores[:n] >= WEAK * len(query.products) * instead[::-1]
        good[: int(np.ceil(FIRST * n))] = True
        return n if good.all() else int(good.argmin())

    def own(self, found: Ranked, called: NDArray[Any], gate: Gate, n: int, least: float = 0.0) -> Ranked:
        """Of what was found, open and in this order: what fewer other products call for as much.

        That is the strength as a share of `called`, the strongest that any product has for it (`together` or
        `also`); at `least` so much. Then rare before frequent.
        """
        share = found.scores / called[found.products]
        order = np.lexsort((self.catalogue.buyers[found.products], -share))
        usable = gate.open[found.products] & (share >= least)
        chosen = order[usable[order]][: max(n, 0)]
        return Ranked(found.products[chosen], found.scores[chosen], lambda i: found.explain(int(chosen[i])))
