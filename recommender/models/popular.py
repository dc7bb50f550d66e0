"""What sells: everywhere, in a category, or among given customers. The last rung of every ladder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import NUMBER
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import CATEGORY, POPULAR
from recommender.models.contract import Gate, Query, Ranked

MOST_SAID = 4_096  # explanations that are kept


class Popular:
    """Distinct recent buyers per product (older ones count less), plus a little for looks."""

    name: ClassVar[str] = "popular"
    SPEC: ClassVar[Mapping[str, str]] = {"score": NUMBER}

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        if len(arrays["score"]) != len(catalogue):
            raise BadArtifact(f"{self.name}: {len(arrays['score'])} scores for {len(catalogue)} products")
        self.catalogue = catalogue
        self.score = np.asarray(arrays["score"])
        best_first = np.argsort(-self.score, kind="stable")
        self.order = best_first[: int((self.score > 0).sum())]  # ties by product id
        shelf = catalogue.category_of[self.order]
        self.shelved = self.order[np.argsort(shelf, kind="stable")]
        self.bounds = np.searchsorted(np.sort(shelf), np.arange(len(catalogue.categories) + 1))
        self.said = lru_cache(MOST_SAID)(catalogue.buyers_of)  # the same few best sellers fill most lists

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The best sellers; within `query.category` when one is given."""
        if query.category < 0:
            products = _first_open(self.order, gate, n)
        else:
            begin, end = self.bounds[query.category : query.category + 2]
            products = _first_open(self.shelved[begin:end], gate, n)
        kind = POPULAR if query.category < 0 else CATEGORY

        def explain(i: int) -> Any:
            return self.said(kind, int(products[i]))

        return Ranked(products, self.score[products].astype(np.float64), explain)


def _first_open(ordered: NDArray[Any], gate: Gate, n: int) -> NDArray[np.int64]:
    """The first n that may be shown; as a rule they are among the first few."""
    head = ordered[: 4 * max(n, 0)]
    found = head[gate.open[head]]
    if len(found) < n and len(head) < len(ordered):
        found = ordered[gate.open[ordered]]
    return found[: max(n, 0)].astype(np.int64)
