"""Links and tickets that prove something once: what the database holds is only their hash.

A mail is written down before it is sent, so its row holds a number from which only this shop's key makes the
token: a stolen copy of the database opens no account.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for

from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.customers.models import AccountToken
from storefront.customers.service.identity import token_hash

LASTING = {
    "register": timedelta(hours=24),
    "known": timedelta(hours=24),
    "confirm": timedelta(hours=24),
    "email": timedelta(hours=24),
    "ask": timedelta(hours=24),
    "reset": timedelta(minutes=60),
    "second_factor": timedelta(minutes=10),
    "challenge": timedelta(minutes=5),
    "first_owner": timedelta(minutes=15),
    "invite": timedelta(days=3),
    "news": timedelta(days=7),
}
_TOKEN = AccountToken.__table__


def issue(
    tx: Tx,
    purpose: str,
    *,
    customer_id: int | None = None,
    email_key: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> str:
    """Write down a new token; returns the number that `token_of` makes it from."""
    number, moment = secrets.token_urlsafe(24), clock.now()
    tx.add(
        AccountToken(
            token_hash=token_hash(token_of(number)),
            purpose=purpose,
            customer_id=customer_id,
            email_key=email_key,
            data=dict(data) if data is not None else None,
            created_at=moment,
            expires_at=moment + LASTING[purpose],
        )
    )
    tx.flush()
    return number


def token_of(number: str) -> str:
    """The token that stands in the link."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.new(key, f"account-link:{number}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def account_link(endpoint: str, number: str) -> str:
    """For mail templates: the whole address, built on the shop's configured one."""
    return url_for(endpoint, token=token_of(number), _external=True)


def find(purposes: Collection[str], token: str) -> sa.RowMapping | None:
    """What a token stands for, if it still counts; looking uses nothing up."""
    query = sa.select(_TOKEN).where(_valid(purposes, token))
    return db.session.execute(query).mappings().first()


def take(tx: Tx, purposes: Collection[str], token: str) -> sa.RowMapping | None:
    """Use a token up: whoever comes second, even at the same moment, gets None."""
    used = sa.delete(_TOKEN).where(_valid(purposes, token)).returning(*_TOKEN.c)
    return tx.execute(used).mappings().first()


def _valid(purposes: Collection[str], token: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        _TOKEN.c.token_hash == token_hash(token),
        _TOKEN.c.purpose.in_(list(purposes)),
        _TOKEN.c.expires_at > clock.now(),
    )


def drop(tx: Tx, purposes: Collection[str], *, customer_id: int) -> None:
    """Make this customer's open links of these purposes worthless."""
    tx.execute(
        sa.delete(_TOKEN).where(_TOKEN.c.customer_id == customer_id, _TOKEN.c.purpose.in_(list(purposes)))
    )


def drop_of_address(tx: Tx, purposes: Collection[str], email_key: str) -> None:
    """The same for links that were sent to an address."""
    tx.execute(sa.delete(_TOKEN).where(_TOKEN.c.email_key == email_key, _TOKEN.c.purpose.in_(list(purposes))))


def drop_all(tx: Tx, purpose: str) -> None:
    """The same for everybody's."""
    tx.execute(sa.delete(_TOKEN).where(_TOKEN.c.purpose == purpose))


def count_recent(tx: Tx, purpose: str, *, customer_id: int, within: timedelta) -> int:
    """How many tokens of this purpose the customer got lately."""
    recent = sa.and_(
        _TOKEN.c.customer_id == customer_id,
        _TOKEN.c.purpose == purpose,
        _TOKEN.c.created_at > clock.now() - within,
    )
    return tx.execute(sa.select(sa.func.count()).where(recent)).scalar_one()


def forget_links(tx: Tx) -> int:
    """Delete what nobody can use any more; returns how many."""
    return tx.execute(sa.delete(_TOKEN).where(_TOKEN.c.expires_at <= clock.now())).rowcount
