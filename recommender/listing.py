"""One list in the making: sources in turn, no product twice, each entry labelled with its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.evidence import LISTED, Evidence, Recommendation
from recommender.models.contract import Gate, Ranked

Rank = Callable[[Gate, int], Ranked]


class Listing:
    """Fills up to n places. The gate closes behind each product taken."""

    def __init__(self, catalogue: Catalogue, gate: Gate, n: int) -> None:
        self.catalogue, self.gate, self.missing = catalogue, gate, max(n, 0)
        self.taken: list[tuple[str | None, Ranked, int]] = []

    def add(self, source: str | None, rank: Rank) -> Listing:
        """Ask a source for what is still missing. None: each entry's evidence names its source."""
        if self.missing:
            ranked = rank(self.gate, self.missing)
            self._take(source, ranked, range(len(ranked)))
        return self

    def add_spread(self, source: str, rank: Rank, share: float) -> Listing:
        """The same, with at most `share` of the places from one category while others are to be had."""
        if self.missing and len(self.catalogue.categories) > 1:
            ranked = rank(self.gate, 3 * self.missing)
            most = max(1, int(share * self.missing))
            categories = self.catalogue.category_of[ranked.products]
            self._take(source, ranked, spread(categories, most)[: self.missing])
            return self
        return self.add(source, rank)

    def add_mixed(self, *sources: tuple[str, Rank]) -> Listing:
        """Ask sources whose scores can be compared and that share no product; take the best of all."""
        if self.missing:
            answers = [(source, rank(self.gate, self.missing)) for source, rank in sources]
            entries = [
                (-float(ranked.scores[i]), int(ranked.products[i]), source, ranked, i)
                for source, ranked in answers
                for i in range(len(ranked))
            ]
            for _, _, source, ranked, i in sorted(entries, key=lambda entry: entry[:2])[: self.missing]:
                self._take(source, ranked, [i])
        return self

    def add_if_empty(self, source: str, rank: Rank) -> Listing:
        """Ask a source only when no other had anything."""
        return self if self.taken else self.add(source, rank)

    def add_rest(self) -> Listing:
        """Whatever else the shop has, by id: where too little was kept or looked at to fill the list."""
        return self.add(LISTED, _listed)

    def _take(self, source: str | None, ranked: Ranked, places: Any) -> None:
        self.taken += [(source, ranked, int(place)) for place in places]
        self.missing -= len(places)
        if self.missing and len(places):
            self.gate = self.gate.without(ranked.products[list(places)])

    def done(self) -> list[Recommendation]:
        """The list, explained. Scores are comparable among entries of one source."""
        name = self.catalogue.products.name
        found = []
        for source, ranked, i in self.taken:
            evidence = ranked.explain(i)
            product, score = name(int(ranked.products[i])), float(ranked.scores[i])
            found.append(Recommendation(product, score, source or evidence.kind, evidence))
        return found


def _listed(gate: Gate, n: int) -> Ranked:
    products = np.flatnonzero(gate.open)[: max(n, 0)]
    return Ranked(products, 1e-9 / (1.0 + np.arange(len(products))), lambda i: Evidence(LISTED))


def spread(categories: NDArray[Any], most: int) -> list[int]:
    """Places in order, those beyond `most` of one category moved behind all others; -1 is no category."""
    seen: dict[int, int] = {}
    first: list[int] = []
    later: list[int] = []
    for place, category in enumerate(np.asarray(categories).tolist()):
        seen[category] = seen.get(category, 0) + 1
        (later if category >= 0 and seen[category] > most else first).append(place)
    return first + later
