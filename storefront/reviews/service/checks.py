"""What must hold about wishes and requests at any moment; `regulars doctor` asks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.reviews.models import StockRequest, Wish, WishGiven
from storefront.reviews.rules import UNCONFIRMED

_REQUEST, _WISH, _GIVEN = StockRequest.__table__, Wish.__table__, WishGiven.__table__
_MAIL = sa.table("mail_message", *(sa.column(name) for name in ("id", "template", "dedupe_key")))
SHOWN = 50


def _mails_of_request() -> sa.ScalarSelect:
    """Mails "it is back" that were written for a request, over all of its rounds."""
    theirs = sa.and_(
        _MAIL.c.template == "back_in_stock", _MAIL.c.dedupe_key.like(_REQUEST.c.public_id + ":%")
    )
    return sa.select(sa.func.count(_MAIL.c.id)).where(theirs).scalar_subquery()


def told_too_often(session: Session) -> list[str]:
    """Requests with more mails than rounds in which something was told."""
    mails = _mails_of_request()
    rounds = _REQUEST.c.round - sa.case((_REQUEST.c.state == "told", 0), else_=1)
    found = sa.select(_REQUEST.c.public_id, mails.label("mails")).where(mails > rounds).limit(SHOWN)
    return [f"request {row.public_id}: told {row.mails} times" for row in session.execute(found)]


def told_unconfirmed(session: Session) -> list[str]:
    """Requests told of without anybody having said that the address is theirs."""
    never = sa.and_(_REQUEST.c.state != UNCONFIRMED, _REQUEST.c.confirmed_at.is_(None))
    rows = session.execute(sa.select(_REQUEST.c.public_id, _REQUEST.c.state).where(never).limit(SHOWN))
    return [f"request {row.public_id} is {row.state} and was never confirmed" for row in rows]


def marks_miscounted(session: Session) -> list[str]:
    """Wishes that count other marks than there are."""
    marks = sa.select(sa.func.coalesce(sa.func.sum(_GIVEN.c.quantity), 0)).where(
        _GIVEN.c.wish_id == _WISH.c.id
    )
    counted = marks.scalar_subquery()
    rows = session.execute(
        sa.select(_WISH.c.id, _WISH.c.given, counted.label("marks"))
        .where(_WISH.c.given != counted)
        .limit(SHOWN)
    )
    return [f"wish {row.id}: {row.given} given, marks say {row.marks}" for row in rows]
