"""A customer's wish list: putting on, taking off and undoing that, order, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import clock
from storefront.core.database import Tx, transaction
from storefront.core.errors import NotFound
from storefront.reviews.errors import ListFull
from storefront.reviews.models import Wish
from storefront.reviews.rules import MOST_WISHES, UNDO_FOR, Kept, moved

_WISH = Wish.__table__
_VARIANT = sa.table("variant", sa.column("id", sa.Integer), sa.column("product_id", sa.Integer))


def is_out(card: VariantCard) -> bool:
    """Whether nobody can order this variant now for want of pieces."""
    return card.available is not None and card.available <= 0 and not card.backorder


def mine(customer_id: int, *more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Wishes of this customer that are on the list."""
    return sa.and_(_WISH.c.customer_id == customer_id, _WISH.c.removed_at.is_(None), *more)


# --- on and off -------------------------------------------------------------------------------------------


def add_wish(customer_id: int, card: VariantCard) -> bool:
    """Put a variant on top of the list; False when it was there already. Raises ListFull."""
    with transaction() as tx:
        return _put(tx, customer_id, kept_of(card), clock.now())


def merge_kept(customer_id: int, kept: Sequence[Kept]) -> int:
    """Move what a visitor kept to the list of the customer they turned out to be; returns how many are new.

    Doing it again changes nothing. What is on the list stays as it is, what was taken off after it was kept
    stays off, and what no longer fits is left out.
    """
    if not kept:
        return 0
    ids = [wish.variant_id for wish in kept]
    with transaction() as tx:
        there = set(tx.execute(sa.select(_VARIANT.c.id).where(_VARIANT.c.id.in_(ids))).scalars())
        return sum(_fits(tx, customer_id, wish) for wish in reversed(kept) if wish.variant_id in there)


def _fits(tx: Tx, customer_id: int, wish: Kept) -> bool:
    try:
        return _put(tx, customer_id, wish, datetime.fromtimestamp(wish.added, UTC))
    except ListFull:
        return False


def _put(tx: Tx, customer_id: int, wish: Kept, moment: datetime) -> bool:
    _lock(tx, customer_id)
    here = (_WISH.c.customer_id == customer_id, _WISH.c.variant_id == wish.variant_id)
    known = tx.execute(sa.select(_WISH.c.id, _WISH.c.removed_at).where(*here)).first()
    if known is not None and (known.removed_at is None or known.removed_at > moment):
        return False
    count = tx.execute(sa.select(sa.func.count()).select_from(_WISH).where(mine(customer_id))).scalar_one()
    if count >= MOST_WISHES:
        raise ListFull(_("Your list holds %(count)s things; take one off first.", count=MOST_WISHES))
    values = {
        "position": _above(customer_id),
        "price_minor": wish.price_minor,
        "was_out": wish.was_out,
        "added_at": moment,
        "removed_at": None,
    }
    if known is not None:
        tx.execute(sa.update(_WISH).where(_WISH.c.id == known.id).values(values))
        return True
    key = {"customer_id": customer_id, "variant_id": wish.variant_id}
    tx.execute(sa.insert(_WISH).values({"wanted": 1, "given": 0, "note": "", **key, **values}))
    return True


def _lock(tx: Tx, customer_id: int) -> None:
    """One change of this list after the other: the customer's row stands for it."""
    customer = sa.table("customer", sa.column("id", sa.Integer))
    row = sa.select(customer.c.id).where(customer.c.id == customer_id)
    tx.execute(row.with_for_update(key_share=True))


def _above(customer_id: int) -> sa.ScalarSelect[Any]:
    other = _WISH.alias()
    top = sa.select(sa.func.coalesce(sa.func.min(other.c.position), 0) - 1)
    return top.where(other.c.customer_id == customer_id).scalar_subquery()


def kept_of(card: VariantCard) -> Kept:
    """A variant as it is put on a list now."""
    added = int(clock.now().timestamp())
    return Kept(card.variant_id, card.product_id, card.price.minor, added, was_out=is_out(card))


def remove_wish(customer_id: int, variant_ids: Iterable[int]) -> list[int]:
    """Take variants off the list; for a day they can be put back as they were. Returns which were on it."""
    off = sa.update(_WISH).where(mine(customer_id, _WISH.c.variant_id.in_(list(variant_ids))))
    with transaction() as tx:
        done = tx.execute(off.values(removed_at=clock.now()).returning(_WISH.c.variant_id))
        return list(done.scalars())


def undo_removal(customer_id: int, variant_ids: Iterable[int]) -> int:
    """Put back what was taken off, with its place, note and marks; returns how many came back."""
    theirs = (_WISH.c.customer_id == customer_id, _WISH.c.variant_id.in_(list(variant_ids)))
    with transaction() as tx:
        back = sa.update(_WISH).where(*theirs, _WISH.c.removed_at.is_not(None))
        return tx.execute(back.values(removed_at=None)).rowcount


def forget_removed(tx: Tx) -> int:
    """Delete what was taken off more than a day ago; returns how many."""
    return tx.execute(sa.delete(_WISH).where(_WISH.c.removed_at <= clock.now() - UNDO_FOR)).rowcount


# --- order and words --------------------------------------------------------------------------------------


def move_wish(customer_id: int, variant_id: int, *, up: bool) -> None:
    """One place up or down. Nothing happens for what is not on the list, or at its end."""
    rows = sa.select(_WISH.c.variant_id, _WISH.c.position).where(mine(customer_id))
    with transaction() as tx:
        ordered = rows.order_by(_WISH.c.position, _WISH.c.id.desc())
        places = {row.variant_id: row.position for row in tx.execute(ordered.with_for_update())}
        for place, key in enumerate(moved(list(places), variant_id, up)):
            if places[key] != place:
                here = mine(customer_id, _WISH.c.variant_id == key)
                tx.execute(sa.update(_WISH).where(here).values(position=place))


def change_wish(customer_id: int, variant_id: int, *, wanted: int, note: str) -> None:
    """How many are wanted, and a word about it. Raises NotFound for what is not on the list."""
    here = mine(customer_id, _WISH.c.variant_id == variant_id)
    with transaction() as tx:
        if tx.execute(sa.update(_WISH).where(here).values(wanted=wanted, note=note)).rowcount != 1:
            raise NotFound()
