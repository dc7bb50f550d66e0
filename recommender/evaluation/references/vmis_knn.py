"""VMIS-kNN: Kersbergen, Sprangers, Schelter 2022, "Serenade: low-latency session-based recommendation in
e-commerce at scale" (SIGMOD).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.visits import Visits
from recommender.models.contract import best
from recommender.ragged import expand, row_starts

STEP = 0.1  # what a match one place further back weighs less
LONGEST = 10  # newest products of the visit: a match further back weighs nothing


@dataclass
class VmisKnn:
    """The `nearest` most alike of the `sample` newest sessions that share a product, summed up.

    Likeness adds place / length of each shared product, where the last viewed has the highest place. A
    neighbour counts 1 - 0.1 x (steps back to the newest shared product, from 1), never below 0. A product's
    score is multiplied by log(sessions / sessions that hold it). What the visit saw already is not shown.
    """

    sample: int = 500
    nearest: int = 100
    name: str = "VMIS-kNN"

    def fit(self, before: Visits, products: int) -> None:
        """Index: sessions numbered by their end, and per product its newest sessions, newest first."""
        rank = np.empty(len(before), np.int64)
        rank[np.lexsort((np.arange(len(before)), before.end))] = np.arange(len(before))
        session, product = rank[before.visit], before.product
        order = np.lexsort((product, session))
        self.starts, self.products = row_starts(session[order], len(before)), product[order]
        by_product = np.lexsort((-session, product))
        starts = row_starts(product, products)
        newest = np.arange(len(session)) - starts[product[by_product]] < self.sample
        self.seen_in = session[by_product][newest]
        self.seen_starts = row_starts(product[by_product][newest], products)
        holding = np.bincount(product, minlength=products)
        self.rarity = np.log(max(len(before), 1) / np.maximum(holding, 1))

    def list_for(self, visit: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        """At most n products for a visit of distinct products, the last viewed last."""
        seen, visit = visit, visit[-LONGEST:]
        sessions, likeness, newest = self._sampled(visit)
        chosen = np.lexsort((-sessions, -likeness))[: self.nearest]
        fade = np.maximum(1 - STEP * (len(visit) - newest[chosen] + 1), 0)
        places, lengths = expand(self.starts, sessions[chosen])
        weights = np.repeat(likeness[chosen] * fade, lengths)
        scores = np.bincount(self.products[places], weights=weights, minlength=len(self.rarity)) * self.rarity
        scores[seen] = 0
        return best(scores, n)

    def _sampled(self, visit: NDArray[np.int64]) -> tuple[NDArray, NDArray, NDArray]:
        """The newest sessions that share anything: number, likeness, place of the newest match (from 1)."""
        places, lengths = expand(self.seen_starts, visit)
        found, place = self.seen_in[places], np.repeat(np.arange(1, len(visit) + 1), lengths)
        sessions, which = np.unique(found, return_inverse=True)
        likeness = np.bincount(which, weights=place / len(visit), minlength=len(sessions))
        newest = np.zeros(len(sessions), np.int64)
        np.maximum.at(newest, which, place)
        kept = slice(-self.sample, None)  # a higher number is newer
        return sessions[kept], likeness[kept], newest[kept]
