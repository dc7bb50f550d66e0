"""Lists without a model: what sells, on its shelf first. Used while no trained engine can be, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import sqlalchemy as sa
from flask import current_app

from storefront.core import clock
from storefront.core.database import UtcTime, db
from storefront.core.metrics import count
from storefront.core.slots import PageContext
from storefront.personalization.rules import Candidate, StripRequest

FRESH_SECONDS = 600.0
DAYS = 90
MOST = 500  # best sellers that are remembered
_KEY = "regulars_standby"
# An order of nobody known is a buyer of its own.
_SOLD = sa.text(
    """
    SELECT l.product_id, p.category_id,
      COUNT(DISTINCT CASE WHEN o.placed_at >= :since THEN COALESCE(o.customer_id, -o.id) END) AS lately,
      COUNT(DISTINCT COALESCE(o.customer_id, -o.id)) AS ever
    FROM order_line l JOIN orders o ON o.id = l.order_id JOIN product p ON p.id = l.product_id
    WHERE l.kind = 'product' AND o.status <> 'cancelled' AND l.quantity > l.returned_quantity
      AND p.status = 'active'
    GROUP BY l.product_id, p.category_id
    ORDER BY lately DESC, ever DESC, l.product_id
    LIMIT :most
    """
).bindparams(sa.bindparam("since", type_=UtcTime))


@dataclass
class BestSellers:
    """(product, category) in order, as this process last asked for them."""

    rows: tuple[tuple[int, int | None], ...] = ()
    asked_at: float = float("-inf")

    def forget(self) -> None:
        """Ask anew at the next list."""
        self.rows, self.asked_at = (), float("-inf")


def standby(request: StripRequest, context: PageContext, most: int, reason: str) -> list[Candidate]:
    """Best sellers of the request's category, then of the whole shop, without a word about numbers.

    `reason` says in the metrics why there is no model.
    """
    rows = [row for row in best_sellers() if row[0] not in context.product_ids]
    shelf = [product for product, category in rows if request.category_id in (category,) and category]
    others = [product for product, _category in rows if product not in set(shelf)]
    found = [("category", product) for product in shelf] + [("popular", product) for product in others]
    if found:
        count("lists_without_model", surface=request.surface, reason=reason)
    return [
        Candidate(product, 1.0 / place, source, {"kind": source})
        for place, (source, product) in enumerate(found[:most], 1)
    ]


def best_sellers() -> tuple[tuple[int, int | None], ...]:
    """What most people bought and kept of late, then ever; asked for every few minutes."""
    extensions = current_app.extensions
    if _KEY not in extensions:
        extensions[_KEY] = BestSellers()
        extensions.setdefault("regulars_forget", []).append(extensions[_KEY].forget)
    known: BestSellers = extensions[_KEY]
    if monotonic() - known.asked_at >= FRESH_SECONDS:
        known.rows = _sold(clock.now() - timedelta(days=DAYS))
        known.asked_at = monotonic()
    return known.rows


def _sold(since: datetime) -> tuple[tuple[int, int | None], ...]:
    rows = db.session.execute(_SOLD, {"since": since, "most": MOST})
    return tuple((row.product_id, row.category_id) for row in rows)
