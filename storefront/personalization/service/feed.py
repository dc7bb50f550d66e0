"""What the engine learns from: consented, human, net-of-returns interactions, streamed as columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.database import JOURNAL, UtcTime, snapshot
from storefront.core.i18n import first_language
from storefront.customers.service import who_refused
from storefront.journal.service.rushes import COUNTED, find_new_rushes
from storefront.personalization.rules.votes import one_a_day
from storefront.personalization.service.discretion import discretion

Marked = Mapping[int, frozenset[int]]  # sensitive products, each with the marked categories it belongs to
CHUNK = 50_000
COLUMNS = ("customer", "product", "kind", "at", "quantity", "order", "session", "price", "category")

# Bought and kept: what came back is taken off its line; cancelled orders and charges are left out.
_PURCHASES = sa.text(
    """
    SELECT o.id, o.customer_id, l.product_id, o.placed_at, l.quantity - l.returned_quantity,
           l.unit_price_minor, p.category_id
    FROM order_line l
    JOIN orders o ON o.id = l.order_id
    JOIN product p ON p.id = l.product_id
    WHERE l.kind = 'product' AND o.status <> 'cancelled' AND l.quantity > l.returned_quantity
    ORDER BY l.id
    """
)

# Came back with nothing kept of its line, or without a purchase that covers it: says something about the
# person, nothing about pairs.
_UNMATCHED = sa.text(
    """
    SELECT r.customer_id, l.product_id, r.returned_at, l.quantity, l.unit_price_minor, p.category_id
    FROM return_line l
    JOIN order_return r ON r.id = l.return_id
    JOIN product p ON p.id = l.product_id
    LEFT JOIN order_line b ON b.id = l.order_line_id
    WHERE l.kind = 'product' AND r.customer_id IS NOT NULL
      AND (b.id IS NULL OR b.quantity <= b.returned_quantity)
    ORDER BY l.id
    """
)

# What the shop has, whether or not anybody looked at it: so that a new product is known to be one.
_LISTED = sa.text(
    """
    SELECT p.id, p.created_at, p.category_id, p.brand, MIN(t.title), MIN(v.price_minor)
    FROM product p
    LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = :locale
    LEFT JOIN variant v ON v.product_id = p.id
    WHERE p.status = 'active'
    GROUP BY p.id, p.created_at, p.category_id, p.brand
    ORDER BY p.id
    """
)
# "Not for me", said on a card.
_REJECTED = sa.text(
    """
    SELECT r.customer_id, r.product_id, r.rejected_at, p.category_id
    FROM product_rejection r JOIN product p ON p.id = r.product_id
    ORDER BY r.customer_id, r.product_id
    """
)
_ATTRIBUTES = sa.text("SELECT product_id, key, value FROM product_attribute WHERE value <> '' ORDER BY id")

_VIEWS = sa.text(
    f"""
    SELECT COALESCE(session, visitor, ''), customer_id, visitor, product_id, at, name
    FROM journal_event
    WHERE name IN ('view_item', 'add_to_cart') AND product_id IS NOT NULL AND {COUNTED}
    ORDER BY id
    """  # noqa: S608  (no word of it comes from outside)
)
_BUYERS = sa.text(
    "SELECT DISTINCT customer_id FROM orders WHERE customer_id IN :some AND status <> 'cancelled'"
)
_KINDS = {"view_item": "view", "add_to_cart": "cart"}

# Rows of products that somebody was shown, and what he then looked at or put into the cart.
_SHOWN = sa.text(
    """
    SELECT customer_id, name, product_id, params, at
    FROM journal_event
    WHERE customer_id IS NOT NULL AND at >= :since AND (
      (name = 'view_item_list' AND surface IS NOT NULL)
      OR (name IN ('view_item', 'select_item', 'add_to_cart') AND product_id IS NOT NULL)
    )
    ORDER BY id
    """
).bindparams(sa.bindparam("since", type_=UtcTime))
SHOWN_DAYS = 90
LEFT_LYING = 3  # times from which it is worth telling the engine


def interactions() -> Iterator[dict[str, list[Any]]]:
    """Chunks of columns for `recommender.Interactions.read`: purchases, what came back, views and carts.

    Where there was any of these, then the products that the shop lists, with what they are in words.

    Ids are the database's, as text; `price` is in minor units. People who refused personalization count as
    unknown: their orders stay in the totals, their name and what they looked at do not. So is everybody who
    buys or looks at something sensitive, in an order and a visit of its own: neither a person nor anything
    else is linked with it.
    """
    refused, told = who_refused("personalization"), False
    for chunk in _deeds(refused):
        told = True
        yield chunk
    if told:
        with snapshot() as session:
            yield from _chunks(_listed(session), (*COLUMNS, "about"))


def leave_out_rushes() -> int:
    """Before learning: what robots did together is left out, for the owner to see; how many rushes."""
    return find_new_rushes(_who_bought)


def _who_bought(customers: set[int]) -> set[int]:
    """Those of some customers who ordered something and did not cancel it."""
    found: set[int] = set()
    asked = sorted(customers)
    query = _BUYERS.bindparams(sa.bindparam("some", expanding=True))
    with snapshot() as session:
        for start in range(0, len(asked), 400):
            found |= set(session.execute(query, {"some": asked[start : start + 400]}).scalars())
    return found


def _deeds(refused: frozenset[int]) -> Iterator[dict[str, list[Any]]]:
    marks = discretion().products
    with snapshot() as session:
        known = _known_products(session)
        yield from _chunks(_purchases(session, refused, marks))
        yield from _chunks(_unmatched(session, refused, marks))
        yield from _chunks(_rejected(session, refused, marks))
    with snapshot(JOURNAL) as session:
        yield from _chunks(_behaviour(session, known, refused, marks))
        yield from _chunks(_left_lying(session, known.keys() - marks.keys(), refused))


def _chunks(rows: Iterator[tuple], names: tuple[str, ...] = COLUMNS) -> Iterator[dict[str, list[Any]]]:
    batch: list[tuple] = []
    for row in rows:
        batch.append(row)
        if len(batch) == CHUNK:
            yield _columns(batch, names)
            batch = []
    if batch:
        yield _columns(batch, names)


def _columns(batch: list[tuple], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: list(column) for name, column in zip(names, zip(*batch, strict=True), strict=True)}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _person(customer: int | None, refused: frozenset[int]) -> str:
    return "" if customer is None or customer in refused else str(customer)


def _apart(name: Any, product: int, marks: Marked) -> str:
    """An order or a visit by name; what is sensitive of it is one of its own for each marked category."""
    return f"{name}/{min(marks[product])}" if name and product in marks else _text(name)


def _purchases(session: Session, refused: frozenset[int], marks: Marked) -> Iterator[tuple]:
    for order, customer, product, at, quantity, price, category in _stream(session, _PURCHASES):
        person, basket = _person(customer, refused), _apart(order, product, marks)
        person = "" if product in marks else person
        yield person, str(product), "purchase", at, quantity, basket, "", price, _text(category)


def _unmatched(session: Session, refused: frozenset[int], marks: Marked) -> Iterator[tuple]:
    for customer, product, at, quantity, price, category in _stream(session, _UNMATCHED):
        if customer not in refused and product not in marks:
            yield str(customer), str(product), "return", at, quantity, "", "", price, _text(category)


def _rejected(session: Session, refused: frozenset[int], marks: Marked) -> Iterator[tuple]:
    for customer, product, at, category in _stream(session, _REJECTED):
        if customer not in refused and product not in marks:
            yield str(customer), str(product), "reject", at, 1, "", "", 0, _text(category)


def _behaviour(
    session: Session, known: dict[int, tuple[int | None, int]], refused: frozenset[int], marks: Marked
) -> Iterator[tuple]:
    for visit, customer, product, at, name in one_a_day(_stream(session, _VIEWS)):
        if product in known and customer not in refused:
            (category, price), seen_in = known[product], _apart(visit, product, marks)
            person = "" if product in marks else _text(customer)
            yield person, str(product), _KINDS[name], at, 1, "", seen_in, price, _text(category)


def _left_lying(session: Session, known: AbstractSet[int], refused: frozenset[int]) -> Iterator[tuple]:
    """What a person was shown again and again since he last looked at it; once a page that is."""
    times: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], Any] = {}
    since = clock.now() - timedelta(days=SHOWN_DAYS)
    for customer, name, product, params, at in _stream(session, _SHOWN.bindparams(since=since)):
        if name != "view_item_list":
            times.pop((customer, product), None)
            continue
        for shown in _products_of(params):
            times[customer, shown] = times.get((customer, shown), 0) + 1
            last[customer, shown] = at
    for (customer, product), count in times.items():
        if count >= LEFT_LYING and product in known and customer not in refused:
            seen = last[customer, product]
            yield str(customer), str(product), "ignore", seen, count, "", "", 0, ""


def _products_of(params: Any) -> list[int]:
    """The ids in the parameters of a row that was shown: JSON of a database that has no type for it."""
    told = json.loads(params) if isinstance(params, str) else params
    return [int(product) for product in (told or {}).get("product_ids", ())]


def _listed(session: Session) -> Iterator[tuple]:
    words: dict[int, list[str]] = {}
    for product, key, value in _stream(session, _ATTRIBUTES):
        words.setdefault(product, []).append(f"{key} {value}")
    statement = _LISTED.bindparams(locale=first_language().code)
    for product, at, category, brand, title, price in _stream(session, statement):
        about = " | ".join([brand or "", title or "", *words.get(product, ())])
        yield "", str(product), "listed", at, 1, "", "", price or 0, _text(category), about


def _known_products(session: Session) -> dict[int, tuple[int | None, int]]:
    """Category and lowest price of each product: the journal cannot be joined with the shop's store."""
    rows = session.execute(
        sa.text(
            "SELECT p.id, p.category_id, MIN(v.price_minor) FROM product p "
            "JOIN variant v ON v.product_id = p.id GROUP BY p.id, p.category_id"
        )
    )
    return {product: (category, price) for product, category, price in rows}


def _stream(session: Session, statement: Any) -> Iterator[Any]:
    return iter(session.execute(statement, execution_options={"yield_per": 10_000}))
