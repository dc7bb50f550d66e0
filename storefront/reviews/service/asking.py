"""Asking to be told when something is back: members at once, everybody else after confirming their address.

Every answer to a visitor is the same, whether the address is known, waits already or was never seen.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql, sqlite

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import clock, mail
from storefront.core.database import Tx, db, transaction
from storefront.customers.rules import email_key
from storefront.reviews.errors import BadAddress
from storefront.reviews.models import StockRequest
from storefront.reviews.rules import CONFIRM_WITHIN, TOLD, UNCONFIRMED, WAIT_FOR, WAITING
from storefront.reviews.service.tokens import CONFIRM, REMOVE, link_token, read_token

_REQUEST = StockRequest.__table__
_CUSTOMER = sa.table(
    "customer",
    *(sa.column(name) for name in ("id", "email", "email_key", "confirmed_at")),
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to know. `proven`: it is certain that the address is theirs."""

    email: str
    email_key: str
    locale: str
    customer_id: int | None = None
    proven: bool = False


def as_visitor(email: str, locale: str) -> Asker:
    """Somebody who typed an address. Raises BadAddress."""
    key = email_key(email)
    if key is None:
        raise BadAddress(_("That is not an e-mail address."), field="email")
    return Asker(email.strip(), key, locale)


def as_member(customer_id: int, locale: str) -> Asker | None:
    """Somebody signed in; None for an account without an address."""
    row = db.session.execute(sa.select(_CUSTOMER).where(_CUSTOMER.c.id == customer_id)).first()
    if row is None or not row.email_key:
        return None
    proven = row.confirmed_at is not None
    # An account that only claims an address learns nothing about what is asked for under it.
    return Asker(row.email, row.email_key, locale, customer_id if proven else None, proven)


# --- asking -----------------------------------------------------------------------------------------------


def ask(card: VariantCard, asker: Asker) -> None:
    """Note that `asker` wants to know; the queue is in the order of asking. Unproven addresses get a mail
    with a link first, and nothing else before that is confirmed."""
    moment = clock.now()
    with transaction() as tx:
        insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(_REQUEST)
        fresh = {
            "public_id": secrets.token_hex(16),
            "variant_id": card.variant_id,
            "email": asker.email,
            "email_key": asker.email_key,
            "round": 1,
            **_beginning(asker, moment),
        }
        tx.execute(insert.values(fresh).on_conflict_do_nothing(index_elements=["variant_id", "email_key"]))
        here = (_REQUEST.c.variant_id == card.variant_id, _REQUEST.c.email_key == asker.email_key)
        row = tx.execute(sa.select(_REQUEST).where(*here).with_for_update()).one()
        if row.public_id != fresh["public_id"]:
            row = _again(tx, row, asker, moment)
        if row.state == UNCONFIRMED:
            _send_confirmation(tx, row, card, moment)


def _beginning(asker: Asker, moment: datetime) -> dict[str, Any]:
    return {
        "customer_id": asker.customer_id,
        "locale": asker.locale,
        "state": WAITING if asker.proven else UNCONFIRMED,
        "asked_at": moment,
        "confirmed_at": moment if asker.proven else None,
        "told_at": None,
        "expires_at": moment + (WAIT_FOR if asker.proven else CONFIRM_WITHIN),
    }


def _again(tx: Tx, row: Any, asker: Asker, moment: datetime) -> Any:
    """Who waits already keeps their place; who was told before, or let the link run out, begins anew."""
    if row.state == WAITING and row.expires_at > moment:
        values = {"customer_id": asker.customer_id} if asker.customer_id else {}
    else:
        values = _beginning(asker, moment)
        values["round"] = row.round + (row.state == TOLD)
    if not values:
        return row
    changed = sa.update(_REQUEST).where(_REQUEST.c.id == row.id).values(values)
    return tx.execute(changed.returning(*_REQUEST.c)).one()


def _send_confirmation(tx: Tx, row: Any, card: VariantCard, moment: datetime) -> None:
    """At most one an hour for each request, however often somebody types that address."""
    context = {
        "title": card.title,
        "options": card.options,
        "confirm": link_token(CONFIRM, row.public_id, row.round),
        "remove": link_token(REMOVE, row.public_id, row.round),
        "days": CONFIRM_WITHIN.days,
    }
    hour = moment.replace(minute=0, second=0, microsecond=0)
    key = f"{row.public_id}:{row.round}:{hour:%Y%m%d%H}"
    mail.send(tx, "back_in_stock_confirm", row.email, locale=row.locale, context=context, dedupe_key=key)


# --- links ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Linked:
    """The request that a link leads to; `card` is None when the variant is gone."""

    state: str
    card: VariantCard | None


def find_linked(purpose: str, token: str) -> Linked | None:
    """What a link of a mail is about; None for a request that is over. Raises nothing, changes nothing."""
    found = read_token(purpose, token)
    if found is None:
        return None
    row = db.session.execute(sa.select(_REQUEST).where(_of_link(purpose, *found))).first()
    if row is None:
        return None
    return Linked(row.state, catalog.load_variants([row.variant_id]).get(row.variant_id))


def _of_link(purpose: str, public_id: str, turn: int) -> sa.ColumnElement[bool]:
    here = sa.and_(_REQUEST.c.public_id == public_id, _REQUEST.c.expires_at > clock.now())
    # A link to leave works for whatever was asked again since; one to confirm only for what it was sent for.
    return here if purpose == REMOVE else sa.and_(here, _REQUEST.c.round == turn)


def confirm(token: str) -> bool:
    """The address is theirs: they wait from now on. True also when that was said before."""
    found = read_token(CONFIRM, token)
    if found is None:
        return False
    moment = clock.now()
    waiting = {"state": WAITING, "confirmed_at": moment, "expires_at": moment + WAIT_FOR}
    here = _of_link(CONFIRM, *found)
    with transaction() as tx:
        tx.execute(sa.update(_REQUEST).where(here, _REQUEST.c.state == UNCONFIRMED).values(waiting))
        return (
            tx.execute(sa.select(_REQUEST.c.id).where(here, _REQUEST.c.state == WAITING)).first() is not None
        )


def remove_by_link(token: str) -> bool:
    """Take the request back that a mail was about; False only for a link that this shop did not write."""
    found = read_token(REMOVE, token)
    if found is None:
        return False
    with transaction() as tx:
        tx.execute(sa.delete(_REQUEST).where(_REQUEST.c.public_id == found[0]))
    return True


# --- in the account ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that a member waits for."""

    card: VariantCard
    asked_at: datetime
    confirmed: bool


def _mine(customer_id: int) -> sa.ColumnElement[bool]:
    """Requests of this account: asked for while signed in, or by an address that is proven to be theirs."""
    proven = sa.select(_CUSTOMER.c.email_key).where(
        _CUSTOMER.c.id == customer_id, _CUSTOMER.c.confirmed_at.is_not(None)
    )
    theirs = sa.or_(_REQUEST.c.customer_id == customer_id, _REQUEST.c.email_key == proven.scalar_subquery())
    return sa.and_(theirs, _REQUEST.c.state != TOLD, _REQUEST.c.expires_at > clock.now())


def requests_of(customer_id: int) -> list[Waiting]:
    """What this member waits for, newest first; two queries, one when they wait for nothing."""
    asked = sa.select(_REQUEST.c.variant_id, _REQUEST.c.asked_at, _REQUEST.c.state).where(_mine(customer_id))
    rows = db.session.execute(
        asked.order_by(_REQUEST.c.asked_at.desc(), _REQUEST.c.id.desc()).limit(200)
    ).all()
    cards = catalog.load_variants([row.variant_id for row in rows])
    return [
        Waiting(cards[row.variant_id], row.asked_at, row.state == WAITING)
        for row in rows
        if row.variant_id in cards
    ]


def state_for(customer_id: int, variant_id: int) -> str | None:
    """Whether this member waits for this variant, or has still to confirm that; one query."""
    here = sa.and_(_mine(customer_id), _REQUEST.c.variant_id == variant_id)
    states = db.session.execute(sa.select(_REQUEST.c.state).where(here)).scalars().all()
    return WAITING if WAITING in states else next(iter(states), None)


def remove_mine(customer_id: int, variant_id: int) -> None:
    """Take a member's own request back."""
    with transaction() as tx:
        tx.execute(sa.delete(_REQUEST).where(_mine(customer_id), _REQUEST.c.variant_id == variant_id))


def forget_requests(tx: Tx) -> int:
    """Delete requests whose time is over: not confirmed for a week, waiting for a year, told a month ago."""
    return tx.execute(sa.delete(_REQUEST).where(_REQUEST.c.expires_at <= clock.now())).rowcount
