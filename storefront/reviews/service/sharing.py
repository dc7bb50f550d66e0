"""A list shared by a link, and marks of its readers that they bought something of it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound
from storefront.reviews.errors import TakenAlready
from storefront.reviews.models import Wish, WishGiven, WishShare
from storefront.reviews.service.wishes import mine

_WISH, _SHARE, _GIVEN = Wish.__table__, WishShare.__table__, WishGiven.__table__
LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class Share:
    """A shared list: whose it is, its link, and the name its owner gave it, which may be none."""

    customer_id: int
    token: str
    title: str


def share_list(customer_id: int, title: str) -> str:
    """Share the list, or give the shared one another name; returns the link's token (192 bits)."""
    token = secrets.token_urlsafe(24)
    with transaction() as tx:
        named = sa.update(_SHARE).where(_SHARE.c.customer_id == customer_id).values(title=title)
        known = tx.execute(named.returning(_SHARE.c.token)).scalar()
        if known is None:
            row = {"customer_id": customer_id, "token": token, "title": title, "created_at": clock.now()}
            tx.execute(sa.insert(_SHARE).values(row))
    return known or token


def stop_sharing(customer_id: int) -> None:
    """The link leads nowhere from now on; sharing again makes another one."""
    with transaction() as tx:
        tx.execute(sa.delete(_SHARE).where(_SHARE.c.customer_id == customer_id))


def share_of(customer_id: int) -> Share | None:
    """How this customer shares their list, if they do."""
    return _share(_SHARE.c.customer_id == customer_id)


def get_share(token: str) -> Share:
    """The shared list behind a link. Raises NotFound, also for a link that was taken back."""
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise NotFound()
    found = _share(_SHARE.c.token == token)
    if found is None:
        raise NotFound()
    return found


def _share(which: sa.ColumnElement[bool]) -> Share | None:
    row = db.session.execute(sa.select(_SHARE).where(which)).first()
    return Share(row.customer_id, row.token, row.title) if row else None


# --- marks ------------------------------------------------------------------------------------------------


def give(token: str, variant_id: int, quantity: int) -> str:
    """Mark pieces of a wish as bought; returns the key with which that can be taken back.

    Who did it is not kept. Raises NotFound for what is not on the list behind the link, TakenAlready when
    fewer are wanted than that.
    """
    share, key = get_share(token), secrets.token_urlsafe(16)
    here = mine(share.customer_id, _WISH.c.variant_id == variant_id)
    with transaction() as tx:
        enough = sa.update(_WISH).where(here, _WISH.c.given + quantity <= _WISH.c.wanted)
        raised = enough.values(given=_WISH.c.given + quantity).returning(_WISH.c.id)
        wish_id = tx.execute(raised).scalar()
        if wish_id is None:
            _refuse(tx, here)
        mark = {"key_hash": _hash(key), "wish_id": wish_id, "quantity": quantity, "at": clock.now()}
        tx.execute(sa.insert(_GIVEN).values(mark))
    return key


def _refuse(tx: Tx, here: sa.ColumnElement[bool]) -> None:
    if tx.execute(sa.select(_WISH.c.id).where(here)).first() is None:
        raise NotFound()
    raise TakenAlready(_("Somebody was faster: this one is already taken care of."))


def take_back(key: str) -> bool:
    """Take a mark back with its key; False when there is none."""
    with transaction() as tx:
        gone = sa.delete(_GIVEN).where(_GIVEN.c.key_hash == _hash(key))
        mark = tx.execute(gone.returning(_GIVEN.c.wish_id, _GIVEN.c.quantity)).first()
        if mark is None:
            return False
        less = sa.update(_WISH).where(_WISH.c.id == mark.wish_id, _WISH.c.given >= mark.quantity)
        tx.execute(less.values(given=_WISH.c.given - mark.quantity))
    return True


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
