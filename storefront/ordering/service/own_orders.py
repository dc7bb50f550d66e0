"""A customer's own orders, found by product or number, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storefront.catalog import service as catalog
from storefront.core.database import db
from storefront.core.money import Money
from storefront.ordering.models import Order, OrderLine, Payment, Shipment
from storefront.ordering.service.words import short_standing, tag_of_words

PER_PAGE = 10
THUMBS = 4
_ORDER, _LINE, _PAYMENT = Order.__table__, OrderLine.__table__, Payment.__table__
_GATEWAY = (
    sa.select(_PAYMENT.c.gateway)
    .where(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1)
    .limit(1)
    .scalar_subquery()
)


_PARCEL = Shipment.__table__
_ARRIVED = ~sa.exists().where(_PARCEL.c.order_id == _ORDER.c.id, _PARCEL.c.delivered_at.is_(None))
_KIND = _ORDER.c.pricing["shipping_kind"].as_string()


@dataclass(frozen=True, slots=True)
class Bought:
    """A thing of an order as it stands in the shop today (`card`), else as it was called then."""

    title: str
    sku: str
    card: Any
    lang: str | None


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order in the list: `things` are its first lines, `more` counts the others."""

    number: str
    placed_at: Any
    total: Money
    tone: str
    words: str
    things: tuple[Bought, ...]
    more: int


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """One page of them."""

    orders: tuple[OwnOrder, ...]
    count: int
    page: int
    pages: int


def own_orders(customer_id: int, words: str = "", page: str = "1") -> OwnOrders:
    """A page of somebody's orders in four queries. A page that there is not is the nearest that there is."""
    conditions = [_ORDER.c.customer_id == customer_id, *([_has(words)] if words else [])]
    count = db.session.execute(sa.select(sa.func.count()).where(*conditions)).scalar_one()
    pages = max(1, -(-count // PER_PAGE))
    wanted = min(int(page), pages) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    wanted = max(wanted, 1)
    query = _newest_first(*conditions).limit(PER_PAGE).offset((wanted - 1) * PER_PAGE)
    rows = db.session.execute(query).all() if count else []
    return OwnOrders(tuple(_with_things(rows)), count, wanted, pages)


def newest_order(customer_id: int) -> OwnOrder | None:
    """The newest order of somebody, in three queries."""
    mine = _newest_first(_ORDER.c.customer_id == customer_id).limit(1)
    return next(iter(_with_things(db.session.execute(mine).all())), None)


def _newest_first(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    names = (
        "id", "number", "placed_at", "currency", "total_minor", "status", "payment_state", "fulfilment_state",
        "locale",
    )  # fmt: skip
    facts = (_GATEWAY.label("gateway"), _ARRIVED.label("arrived"), _KIND.label("kind"))
    query = sa.select(*(_ORDER.c[name] for name in names), *facts).where(*conditions)
    return query.order_by(_ORDER.c.placed_at.desc(), _ORDER.c.id.desc())


def _has(words: str) -> sa.ColumnElement[bool]:
    """The number begins with these words, or a line's title or SKU holds them."""
    text = words.lower()
    line = sa.or_(
        sa.func.lower(_LINE.c.title).contains(text, autoescape=True),
        sa.func.lower(_LINE.c.sku).startswith(text, autoescape=True),
    )
    return sa.or_(
        sa.func.lower(_ORDER.c.number).startswith(text, autoescape=True),
        sa.exists().where(_LINE.c.order_id == _ORDER.c.id, line),
    )


def _with_things(rows: Any) -> list[OwnOrder]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    query = sa.select(_LINE.c.order_id, _LINE.c.title, _LINE.c.sku, _LINE.c.variant_id, _LINE.c.kind)
    lines: dict[int, list[Any]] = {}
    for line in db.session.execute(query.where(_LINE.c.order_id.in_(ids)).order_by(_LINE.c.position)):
        if line.kind == "product":
            lines.setdefault(line.order_id, []).append(line)
    shown = {line.variant_id for own in lines.values() for line in own[:THUMBS] if line.variant_id}
    cards = catalog.load_variants(shown)
    return [_own_order(row, lines.get(row.id, []), cards) for row in rows]


def _own_order(row: Any, lines: list[Any], cards: dict[int, Any]) -> OwnOrder:
    things = []
    for line in lines[:THUMBS]:
        card = cards.get(line.variant_id)
        title = card.title if card else line.title or line.sku
        things.append(Bought(title, line.sku, card, card.lang if card else tag_of_words(row.locale)))
    states = (row.status, row.payment_state, row.fulfilment_state)
    tone, words = short_standing(*states, row.gateway, kind=row.kind, arrived=row.arrived)
    total = Money(row.total_minor, row.currency)
    more = max(0, len(lines) - THUMBS)
    return OwnOrder(row.number, row.placed_at, total, tone, words, tuple(things), more)
