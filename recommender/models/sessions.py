"""What people with a similar visit looked at next: nearest sessions (VMIS-kNN), found inside the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import SESSION, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, nothing
from recommender.ragged import expand, run_starts

LONGEST, PLACE_BITS = 10, 4  # newest products of the visit that are looked at, and bits for their places
POSITION_FADE = 0.1  # a neighbour that shares only an older product weighs this much less per step


class Sessions:
    """Stored sessions, numbered by age (a higher number is newer), and per product its newest sessions."""

    name: ClassVar[str] = "sessions"
    SPEC: ClassVar[Mapping[str, str]] = {
        "indptr": INDPTR,
        "product": CODE,
        "seen_indptr": INDPTR,
        "seen_in": CODE,
        "rarity": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_rows(self.name, arrays, "indptr", "product")
        check_rows(self.name, arrays, "seen_indptr", "seen_in", rows=len(catalogue))
        check_below(self.name, arrays, "product", len(catalogue))
        check_below(self.name, arrays, "seen_in", len(arrays["indptr"]) - 1)
        if len(arrays["rarity"]) != len(catalogue):
            raise BadArtifact(f"{self.name}: {len(arrays['rarity'])} weights for {len(catalogue)} products")
        self.catalogue, self.nearest = catalogue, settings.session_neighbours
        self.indptr, self.product = arrays["indptr"], arrays["product"]
        self.seen_in = Rows(arrays["seen_indptr"], arrays["seen_in"])
        self.rarity = np.asarray(arrays["rarity"])

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """What the nearest sessions hold besides, rarer products first among equals."""
        visit = tuple(dict.fromkeys(reversed(query.products)))[:LONGEST][::-1]  # each once, at its last place
        near, weight = self._nearest(visit)
        if not len(near):
            return nothing()
        places, lengths = expand(self.indptr, near)
        totals = np.bincount(
            self.product[places], weights=np.repeat(weight, lengths), minlength=len(self.catalogue)
        )
        totals *= self.rarity
        totals[list(visit)] = 0
        totals *= gate.open
        products = best(totals, n)
        newest = self.catalogue.products.name(visit[-1])
        evidence = Evidence(SESSION, (newest,))
        return Ranked(products, totals[products], lambda i: evidence)

    def _nearest(self, visit: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """The sessions most like this visit, newest first among equals, with their weight."""
        found = [self.seen_in.codes(code) for code in visit]
        if not any(len(sessions) for sessions in found):
            return np.empty(0, np.int64), np.empty(0)
        count = len(visit)
        place = np.repeat(np.arange(1, count + 1), [len(sessions) for sessions in found])
        key = np.concatenate(found).astype(np.int64) << PLACE_BITS
        key |= place
        key.sort()  # by session, then by place: the last of each is its newest match
        sessions, place = key >> PLACE_BITS, key & ((1 << PLACE_BITS) - 1)
        first = run_starts(sessions)
        lengths = np.diff(first, append=len(key))
        likeness = np.bincount(np.repeat(np.arange(len(first)), lengths), weights=place / count)
        last = (first + lengths - 1)[::-1]  # newest sessions first
        likeness = likeness[::-1]
        chosen = best(likeness, self.nearest)
        fade = np.maximum(1 - POSITION_FADE * (count - place[last[chosen]]), 0)
        return sessions[last[chosen]], likeness[chosen] * fade
