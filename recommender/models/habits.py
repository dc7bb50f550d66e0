"""What each customer keeps buying: how often, when last, the usual time in between, and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue, day_text
from recommender.errors import BadArtifact
from recommender.evidence import AUDIENCE, HABIT, POPULAR, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, best_of, nothing

DAY = 86_400
DUE_FROM, DUE_UNTIL = 0.75, 3.0  # in usual intervals: earlier it still lasts, later the habit is over
SAME_TRIP = 6 * 3_600  # seconds in which a purchase is still the same shopping trip
NEWCOMER = 2  # orders up to which a customer is new
OWN_AGAIN = 0.6  # of a newcomer's places at most are for what is his already
MOSTLY = 0.5
OWN_HABIT = 3  # orders from which a customer's own habit beats what others do with the product


class Habits:
    """Rows per customer with the odds of the next basket, learned in training; durable goods are marked."""

    name: ClassVar[str] = "habits"
    SPEC: ClassVar[Mapping[str, str]] = {
        "indptr": INDPTR,
        "product": CODE,
        "weight": NUMBER,
        "score": NUMBER,
        "times": NUMBER,
        "last_at": NUMBER,
        "interval": NUMBER,
        "as_of": NUMBER,
        "lasting": NUMBER,
        "other_product": CODE,
        "other": NUMBER,
        "baskets": NUMBER,
        "tempo": NUMBER,
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        names = ("product", "weight", "times", "last_at", "interval", "score")
        check_rows(self.name, arrays, "indptr", *names)
        check_below(self.name, arrays, "product", len(catalogue))
        check_below(self.name, arrays, "other_product", len(catalogue))
        for name, count in (
            ("lasting", len(catalogue)),
            ("other", len(arrays["other_product"])),
            ("baskets", len(arrays["indptr"]) - 1),
            ("tempo", len(arrays["indptr"]) - 1),
            ("as_of", 1),
        ):
            if len(arrays[name]) != count:
                raise BadArtifact(f"{self.name}: '{name}' has {len(arrays[name])} entries, expected {count}")
        self.catalogue = catalogue
        self.as_of = int(arrays["as_of"][0])
        self.row = Rows(arrays["indptr"], *(arrays[name] for name in names))
        self.lasting = np.asarray(arrays["lasting"]) > 0
        self.other_product, self.other = np.asarray(arrays["other_product"]), np.asarray(arrays["other"])
        self.baskets, self.tempo = arrays["baskets"], arrays["tempo"]

    def bought(self, customer: int) -> NDArray[Any]:
        """Codes of what this customer bought and kept."""
        return self.row.codes(customer) if customer >= 0 else np.empty(0, np.int32)

    def due(self, customer: int) -> NDArray[Any]:
        """Those bought at least twice whose usual interval has nearly passed and is not long over."""
        return self.bought(customer)[self._due(customer)]

    def not_due(self, customer: int) -> NDArray[Any]:
        """The others that this customer bought and kept."""
        return self.bought(customer)[~self._due(customer)]

    def _due(self, customer: int) -> NDArray[np.bool_]:
        if customer < 0:
            return np.empty(0, np.bool_)
        products, _, times, last_at, interval, _ = self.row(customer)
        waited = self._waited(last_at, interval)
        ripe = (interval > 0) & (waited >= DUE_FROM) & (waited <= DUE_UNTIL)
        return ripe & (times >= 2) & self._again(products, times)

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The customer's own products by habit: no durable goods, and what still lasts is held back."""
        if query.customer < 0:
            return nothing()
        products, _, times, last_at, interval, score = self.row(query.customer)
        ripe = np.where(interval > 0, np.minimum(self._waited(last_at, interval), 1.0), 1.0)
        return self._own(query.customer, gate, n, score * ripe * self._again(products, times))

    def is_new(self, customer: int) -> bool:
        """Whether this customer has too few orders for much to be known."""
        return customer >= 0 and int(self.baskets[customer]) <= NEWCOMER

    def again(self, query: Query, gate: Gate, n: int) -> Ranked:
        """For somebody new: own products that are no durable goods, not of this very trip, as likely next as
        n best sellers. The time since says little yet: nobody knows this customer's rhythm. Where people come
        back for most of what they buy it does not say much either that nobody is known to have come back for
        one: few had the time.
        """
        products, _, _, last_at, interval, _ = self.row(query.customer)
        usual = (self.as_of - last_at >= SAME_TRIP) & ~self.lasting[products]
        if not self._repetitive:
            usual &= interval > 0
        bar = self.others(query, gate, n).scores
        found = self.expected(query, gate.without(products[~usual]), int(OWN_AGAIN * n))
        likely = int((found.scores >= bar[-1]).sum()) if len(bar) == n else len(found)
        return Ranked(found.products[:likely], found.scores[:likely], found.explain)

    @cached_property
    def _repetitive(self) -> bool:
        """Whether most of what people bought is known to be come back for."""
        intervals = self.row.columns[4]
        return len(intervals) > 0 and float(np.mean(intervals > 0)) >= MOSTLY

    def expected(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The customer's own products by their odds of being in the next basket."""
        if query.customer < 0:
            return nothing()
        return self._own(query.customer, gate, n, self.row(query.customer)[5])

    def others(self, query: Query, gate: Gate, n: int) -> Ranked:
        """Best sellers this customer never bought, by the same odds."""
        if query.customer < 0:
            return nothing()
        shown = gate.open[self.other_product] & ~np.isin(self.other_product, self.bought(query.customer))
        score = np.where(shown, np.exp(self.other + self.tempo[query.customer]), 0).astype(np.float64)
        chosen = best_of(self.other_product, score, n)
        products = self.other_product[chosen].astype(np.int64)

        def explain(i: int) -> Evidence:
            return self.catalogue.buyers_of(POPULAR, int(products[i]))

        return Ranked(products, score[chosen], explain)

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

    def _own(self, customer: int, gate: Gate, n: int, scores: NDArray[Any]) -> Ranked:
        products = self.row(customer)[0]
        scores = np.where(gate.open[products], scores, 0).astype(np.float64)
        chosen = best_of(products, scores, n)
        return Ranked(products[chosen].astype(np.int64), scores[chosen], self._habit(customer, chosen))

    def _habit(self, customer: int, chosen: NDArray[np.int64]) -> Callable[[int], Evidence]:
        products, _, times, last_at, interval, _ = self.row(customer)

        def explain(i: int) -> Evidence:
            place = chosen[i]
            days = round(float(interval[place]), 1) or None
            last = day_text(int(last_at[place]))
            name = self.catalogue.products.name(int(products[place]))
            return Evidence(HABIT, (name,), times=int(times[place]), last_at=last, interval_days=days)

        return explain

    def _again(self, products: NDArray[Any], times: NDArray[Any]) -> NDArray[np.bool_]:
        """Not durable, or durable for others only."""
        return ~self.lasting[products] | (times >= OWN_HABIT)

    def _waited(self, last_at: NDArray[Any], interval: NDArray[Any]) -> NDArray[np.float64]:
        """Time since the last order in units of the usual interval (which must not be asked for 0)."""
        days = np.maximum(self.as_of - last_at, 0) / DAY
        return days / np.maximum(interval, 1.0)
