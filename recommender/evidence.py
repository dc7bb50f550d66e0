"""What the engine answers with: a product, how strongly, where from, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

# Sources, also the order of the fallbacks: personal, session, audience, category, popular, listed.
PERSONAL = "personal"
HABIT = "habit"
BOUGHT_TOGETHER = "bought_together"
BOUGHT_AFTER = "bought_after"
ALSO_BOUGHT = "also_bought"
BOUGHT_INSTEAD = "bought_instead"
COMPARED = "compared"
SIMILAR = "similar"
CLOSE = "close"
SESSION = "session"
ONE_STEP_UP = "one_step_up"
NEXT_PRICE_STEP = "next_price_step"
AUDIENCE = "audience"
NEW_HERE = "new_here"
CATEGORY = "category"
POPULAR = "popular"
LISTED = "listed"
SOURCES = (
    PERSONAL,
    HABIT,
    BOUGHT_TOGETHER,
    BOUGHT_AFTER,
    ALSO_BOUGHT,
    BOUGHT_INSTEAD,
    COMPARED,
    SIMILAR,
    CLOSE,
    SESSION,
    ONE_STEP_UP,
    NEXT_PRICE_STEP,
    AUDIENCE,
    NEW_HERE,
    CATEGORY,
    POPULAR,
    LISTED,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts behind one recommendation; every number can be recomputed by plain SQL.

    Take `kept` = the distinct (customer, order, product) of the data, net of returns:
    `SELECT customer, "order", product FROM rows WHERE kind = 'purchase' OR kind = 'return' AND "order" <> ''
    GROUP BY 1, 2, 3 HAVING SUM(CASE kind WHEN 'return' THEN -quantity ELSE quantity END) > 0`.
    Anonymous orders (customer empty) are in `kept`; wherever customers are counted they are left out.
    With A = `because` and B = the recommended product:

    kind `bought_together` (A and B in one order)
      buyers   COUNT(DISTINCT a.customer) FROM kept a JOIN kept b USING (customer, "order")
               WHERE a.product = A AND b.product = B AND customer <> ''
      base     COUNT(DISTINCT customer) FROM kept WHERE product = A AND customer <> ''
      share    buyers / base
      lift     share / (buyers of B at all / `everyone`), where buyers of B at all is `base` asked for B
               and everyone = COUNT(DISTINCT customer) FROM kept WHERE customer <> ''; None where that is not
               above 1 (where people come every week, nearly everybody bought B some day; the pair is shown
               because single orders hold both more often than by chance)
      support  number of orders holding A and B: COUNT(*) of that join, anonymous orders included
    kind `bought_after` (B after A): counted are first purchases of known customers in orders of at most
      `bulk_items` different products (more in shops of large orders). buyers = customers whose first B came
      at most `within_days` after their first A, in one of their next orders (at most eight; fewer are looked
      at in large histories); base = customers with a first A; share = buyers / base; lift = share / (such
      pairs that end with B / all first purchases).
    kind `also_bought`: as above with the join USING (customer), in any of a customer's orders; no support.
    kind `popular` and `category`: buyers = distinct buyers of B, base = everyone, share = buyers / base.
    kind `audience`: the same counted among the customers asked for.
    kind `one_step_up`: `because` are no products of the customer but those named; buyers = distinct customers
      who bought B and a premium product of A's category, base = distinct customers who bought such a product.
      With `confidence` and `until` it follows from a fact about the customer asked for (see facts.Fact): then
      `because` are the customer's own purchases in `category` that the fact rests on, the last one first.
    kind `habit`: times = orders of this customer that hold B, last_at = the last one, interval_days = the
      usual days between two (own median from three orders on, else the median of all repeat buyers).
    kind `bought_instead` (B in the place of A, both of one category): buyers = known customers who looked at
      A and bought B, but not A, on that day, or sent A back and bought B within 30 days; base = those who
      did so with A and any other product of the category; share = buyers / base; no lift.
    kind `compared`: A and B were looked at in the same visits (from `min_buyers` visits on).
    kind `close`: B is of A's category or described in the same words, and costs about as much.
    kind `new_here`: first seen within the settings' `new_days`, few buyers so far, of a category that this
      customer has shown interest in. A place given to finding out, not the best that is known.
    kind `listed`: the shop has it, and nobody kept or looked at anything that could be shown instead.
    kinds `taste`, `similar`, `session`, `next_price_step`: no statement about other people.

    Numbers about other people are None below the settings' `min_buyers`. `window` is the first and last
    day of the kept purchases of the whole data.
    """

    kind: str
    because: tuple[str, ...] = ()
    buyers: int | None = None
    base: int | None = None
    share: float | None = None
    lift: float | None = None
    support: int | None = None
    times: int | None = None
    last_at: str | None = None
    interval_days: float | None = None
    within_days: int | None = None
    category: str | None = None
    confidence: float | None = None
    until: str | None = None
    window: tuple[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The facts that are set, as plain values for JSON."""
        known = zip(_FACTS, _values(self), strict=True)
        return {name: value for name, value in known if value is not None and value != ()}


_FACTS = tuple(fact.name for fact in fields(Evidence))  # asdict would copy each value, for each product shown
_values = attrgetter(*_FACTS)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product of a list. `source` says which model or fallback put it there."""

    product: str
    score: float
    source: str
    evidence: Evidence = field(default_factory=lambda: Evidence("none"))
