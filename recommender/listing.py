"""One list in the making: sources in turn, no product twice, each entry labelled with its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.evidence import LISTED, Evidence, Recommendation
from recommender.models.contract import Gate, Ranked

Rank = Callable[[Gate, int], Ranked]
Limit = tuple[NDArray[Any], float, float]  # group per product, share of the places, tolerance of `Cap`


class Listing:
    """Fills up to n places. The gate closes behind each product taken."""

    def __init__(self, catalogue: Catalogue, gate: Gate, n: int) -> None:
        self.catalogue, self.gate, self.missing = catalogue, gate, max(n, 0)
        self.taken: list[tuple[str | None, Ranked, int]] = []

    def add(self, source: str | None, rank: Rank, most: int | None = None) -> Listing:
        """Ask a source for what is missing, or `most`. None: each entry's evidence names its source."""
        if self.missing:
            ranked = rank(self.gate, self.missing if most is None else min(self.missing, most))
            self._take(source, ranked, range(len(ranked)))
        return self

    def add_spread(self, source: str | None, rank: Rank, *limits: Limit, most: int | None = None) -> Listing:
        """The same, with limits to how many places may be of one category or of one price band."""
        if not self.missing:
            return self
        places = self.missing if most is None else min(self.missing, most)
        ranked = rank(self.gate, 3 * self.missing)
        caps = [
            Cap(groups[ranked.products].tolist(), max(1, int(share * places)), tolerance)
            for groups, share, tolerance in limits
        ]
        self._take(source, ranked, spread(ranked.scores.tolist(), caps, places))
        return self

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


@dataclass(frozen=True)
class Cap:
    """At most `most` places of one group (-1 is no group), while others are to be had that score at least
    1 - `tolerance` times as much as the one in turn.
    """

    groups: list[int]
    most: int
    tolerance: float


@dataclass
class _Full:
    """Which groups of one cap are full, and the places that this cap or one before it does not let in."""

    cap: Cap
    held: dict[int, int] = field(default_factory=dict)
    groups: set[int] = field(default_factory=set)
    shut: set[int] = field(default_factory=set)

    def takes(self, place: int) -> bool:
        """Count `place` in; whether its group is full from now on."""
        group = self.cap.groups[place]
        self.held[group] = self.held.get(group, 0) + 1
        if group < 0 or self.held[group] != self.cap.most:
            return False
        self.groups.add(group)
        return True

    def alike(self, place: int, left: list[int]) -> list[int]:
        """Those left that are of one group with `place`."""
        group = self.cap.groups[place]
        return [other for other in left if self.cap.groups[other] == group]


def spread(scores: list[float], caps: Sequence[Cap], n: int) -> list[int]:
    """n places: the best in turn, but for those whose group is full. The first cap counts most."""
    counted = [_Full(cap) for cap in caps]
    left, chosen = list(range(len(scores))), list[int]()
    while left and len(chosen) < n:
        place = _let_in(left, scores, counted)
        left.remove(place)
        chosen.append(place)
        for number, full in enumerate(counted):
            if full.takes(place):
                closed = full.alike(place, left)
                for later in counted[number:]:
                    later.shut.update(closed)
    return chosen


def _let_in(left: list[int], scores: list[float], counted: Sequence[_Full]) -> int:
    place = left[0]
    for full in counted:
        if full.cap.groups[place] in full.groups:
            place = _next(left, scores, (1 - full.cap.tolerance) * scores[place], full.shut, place)
    return place


def _next(left: list[int], scores: list[float], bar: float, shut: set[int], place: int) -> int:
    """The best place that is let in and scores enough, else the one given. Scores fall along `left`."""
    for other in left:
        if scores[other] < bar:
            return place
        if other not in shut:
            return other
    return place
