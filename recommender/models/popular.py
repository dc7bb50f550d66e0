"""What sells: everywhere, in a category, or among given customers. The last rung of every ladder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import NUMBER
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import CATEGORY, POPULAR
from recommender.models.contract import Gate, Query, Ranked, best


class Popular:
    """Distinct recent buyers per product (older ones count less), plus a little for looks."""

    name: ClassVar[str] = "popular"
    SPEC: ClassVar[Mapping[str, str]] = {"score": NUMBER}

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        if len(arrays["score"]) != len(catalogue):
            raise BadArtifact(f"{self.name}: {len(arrays['score'])} scores for {len(catalogue)} products")
        self.catalogue = catalogue
        self.score = np.asarray(arrays["score"])

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The best sellers; within `query.category` when one is given."""
        shown = (
            gate.open if query.category < 0 else gate.open & (self.catalogue.category_of == query.category)
        )
        products = best(np.where(shown, self.score, 0), n)
        kind = POPULAR if query.category < 0 else CATEGORY

        def explain(i: int) -> Any:
            return self.catalogue.buyers_of(kind, int(products[i]))

        return Ranked(products, self.score[products].astype(np.float64), explain)
