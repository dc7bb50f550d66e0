"""What is new in the shop, from shelves that a person likes: for the few places given to finding out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.evidence import NEW_HERE, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best_of, nothing


class Arrivals:
    """Products first seen lately that few people bought so far."""

    name: ClassVar[str] = "arrivals"
    SPEC: ClassVar[Mapping[str, str]] = {"product": CODE}
    BORROWED: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: ("taste", name) for name in ("liked_indptr", "liked", "liked_weight")
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_rows(self.name, arrays, "liked_indptr", "liked", "liked_weight")
        check_below(self.name, arrays, "liked", len(catalogue))
        check_below(self.name, arrays, "product", len(catalogue))
        self.catalogue = catalogue
        self.product = np.asarray(arrays["product"])
        self.field = catalogue.category_of[self.product]
        self.liked = Rows(arrays["liked_indptr"], arrays["liked"], arrays["liked_weight"])

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Open new products by how much of the customer's interest lies in their category."""
        if not 0 <= query.customer < len(self.liked) or not len(self.product) or n <= 0:
            return nothing()
        liked, weight = self.liked(query.customer)
        shelves = self.catalogue.category_of[liked]
        known = shelves >= 0
        interest = np.bincount(
            shelves[known], weights=weight[known], minlength=len(self.catalogue.categories) + 1
        )
        scores = np.where((self.field >= 0) & gate.open[self.product], interest[self.field], 0)
        scores = scores / max(float(interest.max(initial=0)), 1e-9)
        chosen = best_of(self.product, scores, n)
        products = self.product[chosen].astype(np.int64)
        names = self.catalogue.categories

        def explain(i: int) -> Evidence:
            return Evidence(NEW_HERE, category=names.name(int(self.catalogue.category_of[products[i]])))

        return Ranked(products, scores[chosen], explain)
