"""What each customer keeps buying: how often, when last, and the usual time in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue, day_text
from recommender.evidence import AUDIENCE, HABIT, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, best_of, nothing

DAY = 86_400
DUE_FROM, DUE_UNTIL = 0.75, 3.0  # in usual intervals: earlier it still lasts, later the habit is over


class Habits:
    """Rows per customer; the score is recency-weighted orders, held back while the last one still lasts."""

    name: ClassVar[str] = "habits"
    SPEC: ClassVar[Mapping[str, str]] = {
        "indptr": INDPTR,
        "product": CODE,
        "weight": NUMBER,
        "times": NUMBER,
        "last_at": NUMBER,
        "interval": NUMBER,
        "as_of": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        check_rows(self.name, arrays, "indptr", "product", "weight", "times", "last_at", "interval")
        check_below(self.name, arrays, "product", len(catalogue))
        self.catalogue = catalogue
        self.as_of = int(arrays["as_of"][0])
        names = ("product", "weight", "times", "last_at", "interval")
        self.row = Rows(arrays["indptr"], *(arrays[name] for name in names))

    def bought(self, customer: int) -> NDArray[Any]:
        """Codes of what this customer bought and kept."""
        return self.row(customer)[0] if customer >= 0 else np.empty(0, np.int32)

    def due(self, customer: int) -> NDArray[Any]:
        """Those bought at least twice whose usual interval has nearly passed and is not long over."""
        if customer < 0:
            return np.empty(0, np.int32)
        products, _, times, last_at, interval = self.row(customer)
        waited = self._waited(last_at, interval)
        return products[(interval > 0) & (times >= 2) & (waited >= DUE_FROM) & (waited <= DUE_UNTIL)]

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The customer's own products by habit, those that are due before those that still last."""
        if query.customer < 0:
            return nothing()
        products, weight, times, last_at, interval = self.row(query.customer)
        due = np.where(interval > 0, np.minimum(self._waited(last_at, interval), 1.0), 1.0)
        scores = np.where(gate.open[products], weight * due, 0).astype(np.float64)
        chosen = best_of(products, scores, n)

        def explain(i: int) -> Evidence:
            place = chosen[i]
            days = float(interval[place])
            last = day_text(int(last_at[place]))
            name = self.catalogue.products.name(int(products[place]))
            return Evidence(
                HABIT, (name,), times=int(times[place]), last_at=last, interval_days=round(days, 1) or None
            )

        return Ranked(products[chosen].astype(np.int64), scores[chosen], explain)

    def among(self, customers: list[int], gate: Gate, n: int) -> Ranked:
        """What these customers buy, each counted once per product; needs `min_buyers` of them."""
        rows = [self.row(code) for code in dict.fromkeys(customers) if code >= 0]
        if not rows:
            return nothing()
        taken = np.concatenate([row[0] for row in rows])
        fresh = np.concatenate([np.minimum(row[1], 1.0) for row in rows])
        buyers = np.bincount(taken, minlength=len(self.catalogue))
        scores = np.bincount(taken, weights=fresh, minlength=len(self.catalogue))
        scores = np.where(gate.open & (buyers >= self.catalogue.min_buyers), scores, 0)
        products, base = best(scores, n), len(rows)

        def explain(i: int) -> Evidence:
            count = int(buyers[products[i]])
            return Evidence(
                AUDIENCE, buyers=count, base=base, share=count / base, window=self.catalogue.window
            )

        return Ranked(products, scores[products], explain)

    def _waited(self, last_at: NDArray[Any], interval: NDArray[Any]) -> NDArray[np.float64]:
        """Time since the last order in units of the usual interval (which must not be asked for 0)."""
        days = np.maximum(self.as_of - last_at, 0) / DAY
        return days / np.maximum(interval, 1.0)
