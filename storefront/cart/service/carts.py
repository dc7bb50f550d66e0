"""Whose cart it is: a visitor's by the token in their browser, a customer's by who they are."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, scoped_session

from storefront.cart.models import Cart, CartLine
from storefront.core import clock
from storefront.core.database import Tx, db

# Both doors answer: the page's, and a command's.
Reader = Session | scoped_session[Any]
CART, LINE = Cart.__table__, CartLine.__table__
# A visitor's cart outlives a few paydays; a customer's stays as long as the customer.
KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class CartRef:
    """Whose cart: `cart_id` None while there is none yet. Either `customer_id` or `token` is set."""

    cart_id: int | None
    customer_id: int | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class CartRow:
    """The cart itself, without its lines."""

    id: int
    customer_id: int | None
    coupons: tuple[str, ...]
    country: str | None
    note: str
    turn: int
    updated_at: datetime


def hash_token(token: str) -> str:
    """The form in which a visitor's token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def _owned_by(ref: CartRef) -> sa.ColumnElement[bool]:
    if ref.customer_id is not None:
        return CART.c.customer_id == ref.customer_id
    return CART.c.token_hash == hash_token(ref.token or "")


def find_cart(session: Reader, ref: CartRef) -> CartRow | None:
    """The cart of `ref`, or None when nothing was ever put into it."""
    return _row(session.execute(sa.select(CART).where(_owned_by(ref))).mappings().first())


def get_cart(session: Reader, cart_id: int) -> CartRow | None:
    """The cart with this number."""
    return _row(session.execute(sa.select(CART).where(CART.c.id == cart_id)).mappings().first())


def _row(found: sa.RowMapping | None) -> CartRow | None:
    if found is None:
        return None
    named = ("id", "customer_id", "country", "note", "turn", "updated_at")
    return CartRow(coupons=tuple(found["coupons"] or ()), **{name: found[name] for name in named})


def upsert(tx: Tx, table: sa.Table) -> Any:
    """An insert that knows what to do on conflict, in the words of this database."""
    return (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def open_cart(tx: Tx, ref: CartRef) -> int:
    """The cart of `ref`, made when there is none, and locked until the command ends. Returns its number.

    Two first things put in at once make one cart: whoever comes second finds it.
    """
    moment = clock.now()
    owner: dict[str, Any] = (
        {"customer_id": ref.customer_id}
        if ref.customer_id is not None
        else {"token_hash": hash_token(ref.token or "")}
    )
    fresh = {"coupons": [], "note": "", "turn": 0, "created_at": moment, "updated_at": moment}
    made = upsert(tx, CART).values(**owner, **fresh)
    kept = made.on_conflict_do_update(index_elements=list(owner), set_={"updated_at": moment})
    return tx.execute(kept.returning(CART.c.id)).scalar_one()


def lock_cart(tx: Tx, cart_id: int) -> bool:
    """Lock an existing cart for this command; False when it is gone."""
    moment = clock.now()
    return tx.execute(sa.update(CART).where(CART.c.id == cart_id).values(updated_at=moment)).rowcount == 1


def order_token(cart: CartRow) -> str:
    """The one-time token of the order that comes of this cart next: the same in every tab, not to be guessed.

    It changes in the very command in which an order takes the lines.
    """
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"order:{cart.id}:{cart.turn}".encode(), hashlib.sha256).hexdigest()[:40]


def count_pieces(cart_id: int | None) -> int:
    """Pieces in the cart, without what is saved for later."""
    if cart_id is None:
        return 0
    found = db.session.execute(pieces().where(LINE.c.cart_id == cart_id)).scalar_one()
    return int(found or 0)


def pieces() -> sa.Select[Any]:
    """The sum of pieces that are to be bought now."""
    return sa.select(sa.func.sum(LINE.c.quantity)).where(LINE.c.saved_for_later.is_(False))


def pieces_of(customer_id: sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    """The same as a subquery on a customer's id, for the query that loads whoever is signed in."""
    of_theirs = pieces().where(LINE.c.cart_id == CART.c.id, CART.c.customer_id == customer_id)
    return of_theirs.correlate_except(LINE, CART).scalar_subquery()


def forget_idle_carts(tx: Tx) -> int:
    """Delete visitors' carts that nobody touched for long; returns how many."""
    idle = sa.and_(CART.c.customer_id.is_(None), CART.c.updated_at < clock.now() - KEPT_FOR)
    return tx.execute(sa.delete(CART).where(idle)).rowcount
