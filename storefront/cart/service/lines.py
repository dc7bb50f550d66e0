"""Changing a cart: each change is one conditional statement, so that two tabs never lose each other's."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.cart.errors import CartFull, NoneLeft, NotForSale
from storefront.cart.rules import MOST, MOST_LINES, Room, holder_of
from storefront.cart.service.carts import CART, LINE, CartRef, find_cart, lock_cart, open_cart, upsert
from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound
from storefront.inventory import service as inventory


@dataclass(frozen=True, slots=True)
class Added:
    """What came into the cart: `added` pieces of those wanted, `in_cart` together with what was there."""

    ref: CartRef
    card: VariantCard
    wanted: int
    added: int
    in_cart: int


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that was taken out, with all that it takes to put it back."""

    cart_id: int
    variant_id: int
    quantity: int
    price_seen_minor: int
    saved_for_later: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A line after its quantity was set; `left` is given when fewer were kept than wanted."""

    variant_id: int
    quantity: int
    left: int | None = None


def add_to_cart(ref: CartRef | None, variant_id: int, quantity: int) -> Added:
    """Put pieces into the cart, as many as there are. Without a `ref` a new visitor's cart is made.

    Raises NotForSale, NoneLeft when not one more can be had, CartFull.
    """
    card = catalog.load_variants([variant_id]).get(variant_id)
    if card is None or not card.on_show:
        raise NotForSale
    ref = ref or CartRef(None, token=new_token())
    room = room_of(ref.cart_id, variant_id)
    with transaction() as tx:
        cart_id = open_cart(tx, ref)
        had = tx.execute(sa.select(LINE.c.quantity).where(*_line_of(cart_id, variant_id))).scalar()
        if max(room.most, 0) <= (had or 0):
            raise _none_left(room.most, had or 0)
        if had is None:
            _refuse_when_full(tx, cart_id)
        in_cart = put(tx, cart_id, variant_id, quantity, most=room.most, price=card.price.minor)
    ref = CartRef(cart_id, ref.customer_id, ref.token)
    return Added(ref, card, quantity, in_cart - (had or 0), in_cart)


def new_token() -> str:
    """What a visitor's browser keeps: whoever shows it has the cart."""
    return secrets.token_urlsafe(24)


def room_of(cart_id: int | None, variant_id: int) -> Room:
    """How many pieces of a variant this cart may hold now."""
    holder = holder_of(cart_id) if cart_id is not None else ""
    found = inventory.availability([variant_id], holder)[variant_id]
    return Room(found.available, found.backorder)


def _line_of(cart_id: int, variant_id: int, saved: bool = False) -> tuple[sa.ColumnElement[bool], ...]:
    return LINE.c.cart_id == cart_id, LINE.c.variant_id == variant_id, LINE.c.saved_for_later.is_(saved)


def _none_left(most: int, had: int) -> NoneLeft:
    if most <= 0:
        return NoneLeft(_("This is sold out."), 0)
    if had >= MOST:
        return NoneLeft(_("A cart holds up to %(most)s of a thing.", most=MOST), most)
    words = ngettext(
        "You have the only one in your cart already.", "You have all %(num)s in your cart already.", most
    )
    return NoneLeft(words, most)


def _refuse_when_full(tx: Tx, cart_id: int) -> None:
    lines = sa.select(sa.func.count()).select_from(LINE).where(LINE.c.cart_id == cart_id)
    if tx.execute(lines).scalar_one() >= MOST_LINES:
        raise CartFull(_("A cart holds up to %(most)s different things.", most=MOST_LINES), field="sku")


def put(
    tx: Tx, cart_id: int, variant_id: int, quantity: int, *, most: int, price: int, saved: bool = False
) -> int:
    """Add pieces to a line, made when there is none, up to `most`; what it had stays. Returns what it has."""
    values = {
        "key": secrets.token_hex(8),
        "cart_id": cart_id,
        "variant_id": variant_id,
        "quantity": min(quantity, max(most, 1)),
        "price_seen_minor": price,
        "saved_for_later": saved,
        "added_at": clock.now(),
    }
    total = LINE.c.quantity + quantity
    kept = sa.case((total <= most, total), (LINE.c.quantity >= most, LINE.c.quantity), else_=most)
    adding = upsert(tx, LINE).values(**values)
    adding = adding.on_conflict_do_update(
        index_elements=["cart_id", "variant_id", "saved_for_later"],
        set_={"quantity": kept, "price_seen_minor": price},
    )
    return tx.execute(adding.returning(LINE.c.quantity)).scalar_one()


# --- one line ---------------------------------------------------------------------------------------------


def _find_line(ref: CartRef, key: str) -> Any:
    """The line `key` of this very cart. Raises NotFound: somebody else's line is no line."""
    cart = find_cart(db.session, ref)
    which = (LINE.c.key == key, LINE.c.cart_id == (cart.id if cart else -1))
    row = db.session.execute(sa.select(LINE).where(*which)).first()
    if row is None:
        raise NotFound
    return row


def set_quantity(ref: CartRef, key: str, quantity: int) -> Changed:
    """Make a line so many pieces, or as many as there are. Raises NotFound, NoneLeft when there are none."""
    line = _find_line(ref, key)
    room = room_of(line.cart_id, line.variant_id)
    if room.most < 1 and quantity > line.quantity:
        raise _none_left(0, 0)
    # Fewer than before is always possible, even of what is sold out.
    kept = min(quantity, max(room.most, min(quantity, line.quantity)))
    _change(line, sa.literal(kept))
    return Changed(line.variant_id, kept, room.most if kept < quantity else None)


def step_quantity(ref: CartRef, key: str, step: int) -> Changed:
    """One more or one fewer, counted from what the line has when it happens. Raises NotFound, NoneLeft."""
    line = _find_line(ref, key)
    if step < 0:
        quantity = _change(line, LINE.c.quantity - 1, LINE.c.quantity > 1)
        return Changed(line.variant_id, quantity or line.quantity)
    room = room_of(line.cart_id, line.variant_id)
    quantity = _change(line, LINE.c.quantity + 1, LINE.c.quantity < room.most)
    if quantity is None:
        raise _none_left(room.most, line.quantity)
    return Changed(line.variant_id, quantity)


def _change(line: Any, quantity: Any, *only_if: Any) -> int | None:
    card = catalog.load_variants([line.variant_id]).get(line.variant_id)
    seen = card.price.minor if card else line.price_seen_minor
    with transaction() as tx:
        lock_cart(tx, line.cart_id)
        changed = sa.update(LINE).where(LINE.c.id == line.id, *only_if)
        changed = changed.values(quantity=quantity, price_seen_minor=seen)
        return tx.execute(changed.returning(LINE.c.quantity)).scalar_one_or_none()


def remove_line(ref: CartRef, key: str) -> Removed:
    """Take a line out. Raises NotFound."""
    line = _find_line(ref, key)
    with transaction() as tx:
        lock_cart(tx, line.cart_id)
        gone = tx.execute(sa.delete(LINE).where(LINE.c.id == line.id).returning(LINE)).first()
        if gone is None:
            raise NotFound
    return Removed(
        gone.cart_id, gone.variant_id, gone.quantity, gone.price_seen_minor, bool(gone.saved_for_later)
    )


def restore_line(ref: CartRef, removed: Removed) -> bool:
    """Put a line back as it was; once is enough: a line that is there again stays as it is.

    False when it is another's cart or the variant is gone.
    """
    cart = find_cart(db.session, ref)
    if cart is None or cart.id != removed.cart_id:
        return False
    if removed.variant_id not in catalog.load_variants([removed.variant_id]):
        return False
    with transaction() as tx:
        lock_cart(tx, cart.id)
        values = {
            "key": secrets.token_hex(8),
            "cart_id": cart.id,
            "variant_id": removed.variant_id,
            "quantity": removed.quantity,
            "price_seen_minor": removed.price_seen_minor,
            "saved_for_later": removed.saved_for_later,
            "added_at": clock.now(),
        }
        tx.execute(upsert(tx, LINE).values(**values).on_conflict_do_nothing())
    return True


def save_for_later(ref: CartRef, key: str) -> None:
    """Put a line aside. Raises NotFound."""
    _move(ref, key, saved=True)


def back_to_cart(ref: CartRef, key: str) -> None:
    """Take what was put aside into the cart again; it stays aside when it raises NoneLeft or NotForSale."""
    line = _find_line(ref, key)
    card = catalog.load_variants([line.variant_id]).get(line.variant_id)
    if card is None or not card.on_show:
        raise NotForSale
    room = room_of(line.cart_id, line.variant_id)
    if room.most < 1:
        raise _none_left(0, 0)
    _move(ref, key, saved=False, most=room.most)


def _move(ref: CartRef, key: str, *, saved: bool, most: int = MOST) -> None:
    line = _find_line(ref, key)
    with transaction() as tx:
        lock_cart(tx, line.cart_id)
        gone = sa.delete(LINE).where(LINE.c.id == line.id, LINE.c.saved_for_later.is_(not saved))
        row = tx.execute(gone.returning(LINE)).first()
        if row is not None:
            more = {"most": most, "price": row.price_seen_minor, "saved": saved}
            put(tx, row.cart_id, row.variant_id, row.quantity, **more)


# --- for orders -------------------------------------------------------------------------------------------


def take_lines(tx: Tx, cart_id: int, lines: Iterable[tuple[int, int]]) -> None:
    """Remove what was ordered, as part of the order's command; what was put in meanwhile stays.

    Codes and note went into the order too. The cart's turn ends: its next order has another token.
    """
    # The cart before its lines, as everybody locks them: somebody may be adding in another tab.
    ended = {"turn": CART.c.turn + 1, "coupons": [], "note": "", "updated_at": clock.now()}
    tx.execute(sa.update(CART).where(CART.c.id == cart_id).values(**ended))
    for variant_id, quantity in sorted(lines):
        which = _line_of(cart_id, variant_id)
        fewer = sa.update(LINE).where(*which, LINE.c.quantity > quantity)
        if tx.execute(fewer.values(quantity=LINE.c.quantity - quantity)).rowcount == 0:
            tx.execute(sa.delete(LINE).where(*which))


def give_back_lines(tx: Tx, cart_id: int, lines: Iterable[tuple[int, int]]) -> bool:
    """Put the lines of an order that came to nothing back into the cart that it came from.

    What its owner has put in again since is not doubled. False when that cart is gone.
    """
    if not lock_cart(tx, cart_id):
        return False
    wanted = dict(lines)
    cards = catalog.load_variants(wanted)
    for variant_id, quantity in sorted(wanted.items()):
        if variant_id not in cards:
            continue
        had = tx.execute(sa.select(LINE.c.quantity).where(*_line_of(cart_id, variant_id))).scalar() or 0
        if had < quantity:
            price = cards[variant_id].price.minor
            put(tx, cart_id, variant_id, quantity - had, most=MOST, price=price)
    return True
