"""One step up: premium buyers of one field and what they choose in others; else the next price step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import NEXT_PRICE_STEP, ONE_STEP_UP, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, best_of, nothing

STEP_FROM, STEP_TO = 1.1, 2.5  # how much dearer the next step may be


class PremiumChain:
    """Per category: premium products of other categories that its premium buyers choose unusually often."""

    name: ClassVar[str] = "premium"
    SPEC: ClassVar[Mapping[str, str]] = {
        "tier": NUMBER,
        "indptr": INDPTR,
        "product": CODE,
        "strength": NUMBER,
        "buyers": NUMBER,
        "base": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        count = len(catalogue.categories)
        check_rows(self.name, arrays, "indptr", "product", "strength", "buyers", rows=count)
        check_below(self.name, arrays, "product", len(catalogue))
        if len(arrays["tier"]) != len(catalogue) or len(arrays["base"]) != count:
            raise BadArtifact(f"{self.name}: tiers or bases do not fit the catalogue")
        self.catalogue, self.premium_from = catalogue, 1 - settings.premium_share
        self.tier, self.base = np.asarray(arrays["tier"]), arrays["base"]
        self.row = Rows(arrays["indptr"], *(arrays[name] for name in ("product", "strength", "buyers")))

    def is_premium(self, products: tuple[int, ...]) -> bool:
        """Whether these products (of one category) are on average from its dear end."""
        return bool(products) and float(self.tier[list(products)].mean()) >= self.premium_from

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Answers for the category of the last product, when the products given are premium there."""
        category = int(self.catalogue.category_of[query.products[-1]]) if query.products else -1
        if category < 0 or not self.is_premium(query.products):
            return nothing()
        products, strength, buyers = self.row(category)
        usable = gate.open[products] & ~np.isin(products, query.products)
        chosen = best_of(products, np.where(usable, strength, 0), n)
        because = (self.catalogue.products.name(query.products[-1]),)
        base, name = int(self.base[category]), self.catalogue.categories.name(category)

        def explain(i: int) -> Evidence:
            product, count = int(products[chosen[i]]), int(buyers[chosen[i]])
            share = count / base
            lift = share / (int(self.catalogue.buyers[product]) / self.catalogue.everyone)
            window = self.catalogue.window
            return Evidence(ONE_STEP_UP, because, count, base, share, lift, category=name, window=window)

        return Ranked(products[chosen].astype(np.int64), strength[chosen].astype(np.float64), explain)


class NextPrice:
    """The same category, a little dearer, bought by many. Needs prices and categories, learns nothing."""

    name: ClassVar[str] = "next_price"
    SPEC: ClassVar[Mapping[str, str]] = {}

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        self.catalogue = catalogue

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Products 1.1 to 2.5 times as dear as the last one, by number of buyers."""
        if not query.products:
            return nothing()
        product = query.products[-1]
        price, category = float(self.catalogue.price_of[product]), int(self.catalogue.category_of[product])
        if price <= 0 or category < 0:
            return nothing()
        ratio = self.catalogue.price_of / price
        fits = (self.catalogue.category_of == category) & (ratio >= STEP_FROM) & (ratio <= STEP_TO)
        scores = np.where(fits & gate.open, self.catalogue.buyers, 0).astype(np.float64)
        products = best(scores, n)
        because = (self.catalogue.products.name(product),)
        name = self.catalogue.categories.name(category)
        return Ranked(products, scores[products], lambda i: Evidence(NEXT_PRICE_STEP, because, category=name))
