"""A visitor's cart and a customer's become one when the visitor turns out to be the customer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storefront.cart.rules import MOST_COUPONS, Clamped, Room, holder_of, joined
from storefront.cart.service.carts import CART, LINE, CartRef, find_cart, open_cart, upsert
from storefront.core.database import Tx, db, transaction
from storefront.core.plugins import collect
from storefront.inventory import service as inventory

Follower = Callable[[Tx, int, int], None]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: lines that came over, and those held to what there is."""

    cart_id: int | None = None
    lines: int = 0
    clamped: tuple[Clamped, ...] = ()


def merge_carts(guest_token: str, customer_id: int) -> Merged:
    """Move everything of a visitor's cart into the customer's and delete the visitor's.

    One command: a second merge of the same cart finds nothing and changes nothing. Nothing is dropped: what
    is gone or sold out comes along and is marked there.
    """
    source = find_cart(db.session, CartRef(None, token=guest_token))
    if source is None:
        return Merged()
    target = CartRef(None, customer_id=customer_id)
    known = find_cart(db.session, target)
    rooms = _rooms(source.id, known.id if known else None)
    with transaction() as tx:
        # In the order in which somebody buys: what is set aside, then the carts.
        holders = [holder_of(source.id), *([holder_of(known.id)] if known else [])]
        inventory.lock_holds(tx, holders)
        target_id = _lock_both(tx, source.id, target)
        if target_id is None:
            return Merged()
        moved, clamped = _move_lines(tx, source.id, target_id, rooms)
        _join_facts(tx, source.id, target_id)
        inventory.pass_hold(tx, holder_of(source.id), holder_of(target_id))
        for follow in followers():
            follow(tx, source.id, target_id)
        tx.execute(sa.delete(CART).where(CART.c.id == source.id))
    return Merged(target_id, moved, tuple(clamped))


def followers() -> list[Follower]:
    """What else hangs on a cart and moves with it."""
    return collect("register_cart_followers")


def _rooms(source_id: int, target_id: int | None) -> dict[int, Room]:
    """How much of each variant there is, what either cart has set aside included."""
    ids = db.session.execute(sa.select(LINE.c.variant_id).where(LINE.c.cart_id == source_id)).scalars().all()
    # What either side has set aside counts: the customer's own goes back when the visitor's is passed on.
    free = inventory.availability(ids)
    theirs = inventory.availability(ids, holder_of(source_id))
    mine = free if target_id is None else inventory.availability(ids, holder_of(target_id))
    rooms = {}
    for variant_id, stock in free.items():
        left = stock.available
        if left is not None:
            held = (theirs[variant_id].available or 0) + (mine[variant_id].available or 0) - 2 * left
            left += held
        rooms[variant_id] = Room(left, stock.backorder)
    return rooms


def _lock_both(tx: Tx, source_id: int, target: CartRef) -> int | None:
    """The customer's cart, made when there is none; both locked. None when the visitor's went meanwhile."""
    lock = sa.select(CART.c.id).where(CART.c.id == source_id, CART.c.customer_id.is_(None))
    if tx.execute(lock.with_for_update()).first() is None:
        return None
    return open_cart(tx, target)


def _move_lines(tx: Tx, source_id: int, target_id: int, rooms: dict[int, Room]) -> tuple[int, list[Clamped]]:
    moved, clamped = 0, []
    for saved in (False, True):
        mine = {row.variant_id: row.quantity for row in _lines(tx, target_id, saved)}
        theirs = {row.variant_id: row for row in _lines(tx, source_id, saved)}
        # What is saved for later needs no room.
        space = dict.fromkeys(theirs, Room(None)) if saved else rooms
        sums, held_back = joined(mine, [(key, row.quantity) for key, row in theirs.items()], space)
        tx.execute(sa.delete(LINE).where(LINE.c.cart_id == source_id, LINE.c.saved_for_later.is_(saved)))
        for variant_id, quantity in sums.items():
            _set(tx, target_id, theirs[variant_id], quantity)
        moved += len(sums)
        clamped += held_back
    return moved, clamped


def _lines(tx: Tx, cart_id: int, saved: bool) -> list[Any]:
    which = (LINE.c.cart_id == cart_id, LINE.c.saved_for_later.is_(saved))
    return list(tx.execute(sa.select(LINE).where(*which).order_by(LINE.c.id).with_for_update()).all())


def _set(tx: Tx, target_id: int, line: Any, quantity: int) -> None:
    values = {**line._mapping, "cart_id": target_id, "quantity": quantity}
    del values["id"]
    joining = upsert(tx, LINE).values(**values)
    tx.execute(
        joining.on_conflict_do_update(
            index_elements=["cart_id", "variant_id", "saved_for_later"],
            set_={"quantity": quantity, "price_seen_minor": line.price_seen_minor},
        )
    )


def _join_facts(tx: Tx, source_id: int, target_id: int) -> None:
    """Codes of both, and what the customer's cart does not know yet."""
    rows = {row.id: row for row in tx.execute(sa.select(CART).where(CART.c.id.in_([source_id, target_id])))}
    source, target = rows[source_id], rows[target_id]
    coupons = list(dict.fromkeys([*(target.coupons or []), *(source.coupons or [])]))[:MOST_COUPONS]
    note = "\n".join(dict.fromkeys(part for part in (target.note, source.note) if part))
    facts = {"coupons": coupons, "country": source.country or target.country, "note": note}
    tx.execute(sa.update(CART).where(CART.c.id == target_id).values(**facts))
