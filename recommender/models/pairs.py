"""Stored partners of each product: complements (bought with it or after it), neighbours (also bought)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import (
    ALSO_BOUGHT,
    BOUGHT_AFTER,
    BOUGHT_INSTEAD,
    BOUGHT_TOGETHER,
    COMPARED,
    SIMILAR,
    Evidence,
)
from recommender.models.contract import Gate, Query, Ranked, Rows, best, nothing
from recommender.ragged import run_starts

AFTER = -1  # in the place of a number of orders: the row is one of the followers
AFTER_WEIGHT = 0.5  # of a follow-up beside a pair in one order
SESSION_FADE = 0.8  # what the product before the last one weighs beside the last


class Pairs:
    """Rows of partners with a strength and exact counts; several antecedents add up."""

    name: ClassVar[str] = "pairs"
    kind: ClassVar[str] = "none"
    SPEC: ClassVar[Mapping[str, str]] = {
        "indptr": INDPTR,
        "product": CODE,
        "strength": NUMBER,
        "buyers": NUMBER,
        "support": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_rows(
            self.name, arrays, "indptr", "product", "strength", "buyers", "support", rows=len(catalogue)
        )
        check_below(self.name, arrays, "product", len(catalogue))
        self.catalogue = catalogue
        self.row = Rows(arrays["indptr"], *(arrays[c] for c in ("product", "strength", "buyers", "support")))

    def weights(self, products: tuple[int, ...]) -> list[float]:
        """How much each antecedent counts: all the same."""
        return [1.0] * len(products)

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Partners of all antecedents by summed strength; the strongest one is the reason given."""
        if not query.products or n <= 0:
            return nothing()
        taken, strengths, buyers, support, because = self._gathered(query.products)
        usable = gate.without(query.products).open[taken]
        (places,) = usable.nonzero()
        if not len(places):
            return nothing()
        # strongest row of each product first, so that the first place of a product is its reason
        places = places[np.lexsort((because[places], -strengths[places], taken[places]))]
        first = run_starts(taken[places])
        products = taken[places[first]]
        totals = np.add.reduceat(strengths[places], first)
        chosen = best(totals, n)
        reasons = places[first[chosen]]

        def explain(i: int) -> Evidence:
            place = reasons[i]
            reason = int(because[place])
            return self._evidence(reason, int(taken[place]), int(buyers[place]), int(support[place]))

        return Ranked(products[chosen].astype(np.int64), totals[chosen], explain)

    def partners(self, products: tuple[int, ...]) -> NDArray[Any]:
        """Every partner of these products, in no order, perhaps more than once."""
        if not products:
            return np.empty(0, np.int32)
        taken, strengths = self._gathered(products)[:2]
        return taken[strengths > 0]

    def _gathered(self, products: tuple[int, ...]) -> tuple[NDArray[Any], ...]:
        rows = [self.row(code) for code in products]
        weights = self.weights(products)
        if len(rows) == 1:
            taken, strengths, buyers, support = rows[0]
            because = np.full(len(taken), products[0])
            return taken, (strengths * weights[0]).astype(np.float64), buyers, support, because
        taken = np.concatenate([row[0] for row in rows])
        strengths = np.concatenate([row[1] * weight for row, weight in zip(rows, weights, strict=True)])
        buyers = np.concatenate([row[2] for row in rows])
        support = np.concatenate([row[3] for row in rows])
        because = np.repeat(products, [len(row[0]) for row in rows])
        return taken, strengths.astype(np.float64), buyers, support, because

    def _evidence(self, because: int, product: int, buyers: int, support: int) -> Evidence:
        return self.catalogue.pair(self.kind, because, product, buyers)


class Followers(Pairs):
    """First bought in one of the next orders, significantly more often than after other products."""

    name = "followers"
    kind = BOUGHT_AFTER
    SPEC: ClassVar[Mapping[str, str]] = {**Pairs.SPEC, "begun": NUMBER, "rate": NUMBER}

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        super().__init__(arrays, catalogue, settings)
        for name in ("begun", "rate"):
            if len(arrays[name]) != len(catalogue):
                raise BadArtifact(f"{self.name}: '{name}' does not fit the catalogue")
        self.begun, self.rate = np.asarray(arrays["begun"]), np.asarray(arrays["rate"])
        self.within_days = int(settings.follow_days)

    def _evidence(self, because: int, product: int, buyers: int, support: int) -> Evidence:
        share = buyers / int(self.begun[because])
        return Evidence(
            self.kind,
            (self.catalogue.products.name(because),),
            buyers=buyers,
            base=int(self.begun[because]),
            share=share,
            lift=share / float(self.rate[product]),
            within_days=self.within_days,
            window=self.catalogue.window,
        )


class Complements(Pairs):
    """Bought and kept in one order, significantly more often than chance, by enough different people; or
    after it, as `Followers` says. What is both counts for both, and the stronger is the reason given."""

    name = "complements"
    kind = BOUGHT_TOGETHER
    BORROWED: ClassVar[Mapping[str, tuple[str, str]]] = {
        f"after_{array}": ("followers", array) for array in Followers.SPEC
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        super().__init__(arrays, catalogue, settings)
        later = {array: arrays[f"after_{array}"] for array in Followers.SPEC}
        self.after = Followers(later, catalogue, settings)

    def _gathered(self, products: tuple[int, ...]) -> tuple[NDArray[Any], ...]:
        together, after = super()._gathered(products), self.after._gathered(products)
        after = (after[0], after[1] * AFTER_WEIGHT, after[2], np.full(len(after[0]), AFTER), after[4])
        return tuple(np.concatenate(both) for both in zip(together, after, strict=True))

    def _evidence(self, because: int, product: int, buyers: int, support: int) -> Evidence:
        if support == AFTER:
            return self.after._evidence(because, product, buyers, 0)
        told = self.catalogue.pair(self.kind, because, product, buyers, support)
        return told if told.lift is None or told.lift > 1 else replace(told, lift=None)


class Neighbours(Pairs):
    """Bought by the same customers, at any time. Of several antecedents the newest counts most."""

    name = "neighbours"
    kind = ALSO_BOUGHT

    def weights(self, products: tuple[int, ...]) -> list[float]:
        """1 for the newest, fading backwards."""
        count = len(products)
        return [SESSION_FADE ** (count - 1 - place) for place in range(count)]


class Substitutes(Pairs):
    """Bought instead, looked at in the same visits (`support`), else of like factors; not bought together."""

    name = "substitutes"
    SPEC: ClassVar[Mapping[str, str]] = {**Pairs.SPEC, "left": NUMBER}

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        super().__init__(arrays, catalogue, settings)
        if len(arrays["left"]) != len(catalogue):
            raise BadArtifact(f"{self.name}: 'left' does not fit the catalogue")
        self.left = arrays["left"]  # customers who took something else of the category instead

    def account(self, because: int, product: int, buyers: int, support: int) -> Evidence:
        """Why `product` stands in for `because`: numbers only about what was bought instead."""
        names, base = (self.catalogue.products.name(because),), int(self.left[because])
        if buyers >= self.catalogue.min_buyers and base >= buyers:
            window = self.catalogue.window
            return Evidence(BOUGHT_INSTEAD, names, buyers, base, buyers / base, window=window)
        return Evidence(COMPARED if support else SIMILAR, names)

    _evidence = account
