"""In the place of a product: what people took or looked at instead, and what is close in kind and price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.evidence import Evidence
from recommender.models.content import Content
from recommender.models.contract import Gate, Query, Ranked, best, nothing
from recommender.models.pairs import Substitutes

CONTENT_WORTH = 0.25  # of what is closest, beside what everybody takes instead


class Instead:
    """The learned rows of `substitutes` on a floor of `content`: little evidence moves a list little."""

    name: ClassVar[str] = "instead"
    SPEC: ClassVar[Mapping[str, str]] = {}
    BORROWED: ClassVar[Mapping[str, tuple[str, str]]] = {
        **{f"learned_{array}": (Substitutes.name, array) for array in Substitutes.SPEC},
        **{f"content_{array}": (Content.name, array) for array in Content.SPEC},
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        parts = {
            kind: {array: arrays[f"{kind}_{array}"] for array in model.SPEC}
            for kind, model in (("learned", Substitutes), ("content", Content))
        }
        self.learned = Substitutes(parts["learned"], catalogue, settings)
        self.content = Content(parts["content"], catalogue, settings)

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Substitutes of the last product; the evidence says which of the two speaks more for each."""
        if not query.products or n <= 0:
            return nothing()
        product = query.products[-1]
        close = CONTENT_WORTH * self.content.scores(product).astype(np.float64)
        taken, strength, buyers, support = self.learned.row(product)
        scores = close.copy()
        scores[taken] += strength
        scores[~gate.open] = 0
        scores[list(query.products)] = 0
        products = best(scores, n)
        place = {int(code): i for i, code in enumerate(taken.tolist())}
        near = self.content.evidence(product)

        def explain(i: int) -> Evidence:
            code = int(products[i])
            at = place.get(code, -1)
            if at < 0 or strength[at] < close[code]:
                return near
            return self.learned.account(product, code, int(buyers[at]), int(support[at]))

        return Ranked(products, scores[products], explain)
