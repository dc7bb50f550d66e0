"""Whether a trained engine is fit for this shop: asked before it is published, and before it is used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from storefront.core.database import db, snapshot

SAMPLE = 100  # products of an engine that are looked for in the catalogue
LEAST_KNOWN = 0.5  # share of them that the shop must have: products come and go, a foreign catalogue has none
ORDERS = 200  # newest orders that a new engine is asked about
FEWEST_ORDERS = 20
_NEWEST = sa.text(
    """
    SELECT o.id, o.customer_id, l.product_id
    FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE l.kind = 'product' AND l.quantity > l.returned_quantity AND o.id IN (
      SELECT id FROM orders WHERE customer_id IS NOT NULL AND status <> 'cancelled'
      ORDER BY placed_at DESC, id DESC LIMIT :orders
    )
    ORDER BY o.id, l.id
    """
)
_KNOWN = sa.text("SELECT COUNT(*) FROM product WHERE id IN :some").bindparams(
    sa.bindparam("some", expanding=True)
)


def check_fits(engine: Any) -> None:
    """Raises BadArtifact when the engine speaks of another catalogue, or does not answer."""
    from recommender.errors import BadArtifact
    from recommender.sanity import try_out

    names = list(engine.products)
    if not all(name.isascii() and name.isdecimal() and len(name) < 19 for name in names):
        raise BadArtifact("its products are named as in no shop of this kind: it was made for something else")
    some = [int(name) for name in names[:: max(1, len(names) // SAMPLE)]]
    known = _count_known(some)
    if known is not None and known < LEAST_KNOWN * len(some):
        raise BadArtifact(
            f"of {len(some)} of its products the shop knows {known}: it is of another catalogue"
        )
    try_out(engine)


def newest_orders() -> list[tuple[str, list[str]]]:
    """(customer, products) of the newest orders of members, as an engine names them."""
    found: dict[int, tuple[str, list[str]]] = {}
    with snapshot() as session:
        for order, customer, product in session.execute(_NEWEST, {"orders": ORDERS}):
            found.setdefault(order, (str(customer), []))[1].append(str(product))
    return list(found.values()) if len(found) >= FEWEST_ORDERS else []


def _count_known(products: list[int]) -> int | None:
    """How many of them the shop has; None when it cannot be asked now."""
    if not products:
        return 0
    try:
        return int(db.session.execute(_KNOWN, {"some": products}).scalar_one())
    except SQLAlchemyError:
        return None
