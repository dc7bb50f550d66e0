"""One step up: premium buyers of one field and what they choose in others; else the next price step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import NEXT_PRICE_STEP, ONE_STEP_UP, Evidence
from recommender.facts import Held, premium_facts
from recommender.models.contract import Gate, Query, Ranked, Rows, best, best_of, nothing

MOST_NAMED = 5  # products that a fact rests on, in the evidence
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

    def facts(self, products: NDArray[Any], last_at: NDArray[Any], moment: int) -> list[Held]:
        """What these purchases of one customer support at `moment` (seconds), the surest first."""
        own, tier, at = np.asarray(products), self.tier[products], np.asarray(last_at)
        return premium_facts(self.catalogue, own, at, tier, premium_from=self.premium_from, moment=moment)

    def beyond(self, facts: Sequence[Held], gate: Gate, n: int) -> Ranked:
        """The second hop: what those for whom such facts hold choose in other categories.

        A product that follows from several facts counts once, for the one that speaks loudest for it.
        """
        score = np.zeros(len(self.catalogue))
        by = np.full(len(self.catalogue), -1)
        for place, fact in enumerate(facts):
            products, strength, _ = self.row(fact.category)
            worth = np.asarray(strength, np.float64) * fact.confidence
            better = gate.open[products] & (worth > score[products])
            score[products[better]], by[products[better]] = worth[better], place
        chosen = best(score, n)

        def explain(i: int) -> Evidence:
            return self._two_hops(facts[int(by[chosen[i]])], int(chosen[i]))

        return Ranked(chosen, score[chosen], explain)

    def _two_hops(self, fact: Held, product: int) -> Evidence:
        products, _, buyers = self.row(fact.category)
        count = int(buyers[np.flatnonzero(products == product)[0]])
        held, seen = fact.named(self.catalogue), self._shares(fact.category, product, count)
        return replace(seen, because=held.because[:MOST_NAMED], confidence=held.confidence, until=held.until)

    def _shares(self, category: int, product: int, count: int) -> Evidence:
        """How many of the premium buyers of a category chose a product."""
        base, name = int(self.base[category]), self.catalogue.categories.name(category)
        share = count / base
        lift = share / (int(self.catalogue.buyers[product]) / self.catalogue.everyone)
        window = self.catalogue.window
        return Evidence(
            ONE_STEP_UP, buyers=count, base=base, share=share, lift=lift, category=name, window=window
        )

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Answers for the category of the last product, when the products given are premium there."""
        category = int(self.catalogue.category_of[query.products[-1]]) if query.products else -1
        if category < 0 or not self.is_premium(query.products):
            return nothing()
        products, strength, buyers = self.row(category)
        usable = gate.open[products] & ~np.isin(products, query.products)
        chosen = best_of(products, np.where(usable, strength, 0), n)
        because = (self.catalogue.products.name(query.products[-1]),)

        def explain(i: int) -> Evidence:
            seen = self._shares(category, int(products[chosen[i]]), int(buyers[chosen[i]]))
            return replace(seen, because=because)

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
