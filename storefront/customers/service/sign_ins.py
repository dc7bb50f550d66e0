"""Signing in and out, and where a person is signed in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.customers.errors import SecondFactorNeeded, WrongCredentials
from storefront.customers.models import Customer, SignIn
from storefront.customers.rules import IDLE, email_key, lasting, still_signed_in
from storefront.customers.rules.signing import device_of
from storefront.customers.service import links
from storefront.customers.service.identity import token_hash
from storefront.customers.service.passwords import hash_password, is_outdated, matches, nobodys_hash
from storefront.customers.service.people import Person, load_person, second_factor_of

SHOWN_KEY = 20  # characters of a sign-in's hash that its form carries


@dataclass(frozen=True)
class OpenSignIn:
    """A browser in which the person is signed in. `key` names it in forms and opens nothing."""

    key: str
    browser: str
    system: str
    created_at: datetime
    last_seen_at: datetime
    here: bool


def sign_in(email: str, password: str, user_agent: str = "") -> Person:
    """Check the password and open a new sign-in. Raises WrongCredentials, the same for every cause, and
    SecondFactorNeeded with a ticket when this account asks for more than a password."""
    row = _account(email)
    stored = row.password_hash if row is not None else nobodys_hash()
    if not matches(stored, password) or row is None:
        raise WrongCredentials(_("E-mail and password do not fit together."))
    if is_outdated(stored):
        _rehash(row.id, password)
    if row.second_factor:
        with transaction() as tx:
            ticket = links.token_of(links.issue(tx, "second_factor", customer_id=row.id))
        raise SecondFactorNeeded(ticket)
    return open_sign_in(row.id, user_agent)


def check_password(customer_id: int, password: str, *, field: str = "password") -> None:
    """Whether whoever sits there knows the password of the account. Raises WrongCredentials."""
    query = sa.select(Customer.password_hash).where(Customer.id == customer_id)
    stored = db.session.execute(query).scalar()
    if not matches(stored or nobodys_hash(), password) or stored is None:
        raise WrongCredentials(_("That is not your password."), field=field)


def stored_password(key: str) -> str:
    """The hash of the password of the account with this address; "" when there is none."""
    query = sa.select(Customer.password_hash).where(Customer.email_key == key)
    return db.session.execute(query).scalar() or ""


def open_sign_in(customer_id: int, user_agent: str = "") -> Person:
    """A new sign-in for a customer who proved who they are."""
    with transaction() as tx:
        token = add_sign_in(tx, customer_id, user_agent)
    person = load_person(token)
    assert person is not None
    return person


def add_sign_in(tx: Tx, customer_id: int, user_agent: str = "") -> str:
    """The same inside somebody's command; returns the token."""
    token, moment = secrets.token_urlsafe(32), clock.now()
    role = tx.execute(sa.select(Customer.role).where(Customer.id == customer_id)).scalar_one()
    tx.add(
        SignIn(
            token_hash=token_hash(token),
            customer_id=customer_id,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + lasting(role).absolute,
            user_agent=user_agent[:200],
        )
    )
    tx.flush()
    return token


def _account(email: str) -> sa.Row | None:
    query = sa.select(
        Customer.id, Customer.password_hash, second_factor_of(Customer.id).label("second_factor")
    ).where(
        Customer.email_key == (email_key(email) or ""),
        Customer.password_hash.is_not(None),
        Customer.disabled.is_(False),
    )
    return db.session.execute(query).first()


def _rehash(customer_id: int, password: str) -> None:
    newer = hash_password(password)
    with transaction() as tx:
        tx.execute(sa.update(Customer).where(Customer.id == customer_id).values(password_hash=newer))


def sign_out(token: str) -> None:
    """End this sign-in on the server: its cookie is worth nothing from now on."""
    with transaction() as tx:
        tx.execute(sa.delete(SignIn).where(SignIn.token_hash == token_hash(token)))


def sign_out_others(tx: Tx, customer_id: int, but: str | None = None, *, but_hash: str | None = None) -> int:
    """End every sign-in of this customer but the one with the token `but` (or its hash); returns how many."""
    others = sa.delete(SignIn).where(SignIn.customer_id == customer_id)
    kept = token_hash(but) if but else but_hash
    if kept is not None:
        others = others.where(SignIn.token_hash != kept)
    return tx.execute(others).rowcount


def sign_out_everywhere(customer_id: int, but: str | None = None) -> int:
    """The same as a command of its own."""
    with transaction() as tx:
        return sign_out_others(tx, customer_id, but)


def end_sign_in(customer_id: int, key: str) -> bool:
    """End one of this customer's sign-ins, named by the key of its list; whether there was one."""
    if len(key) != SHOWN_KEY:
        return False
    with transaction() as tx:
        mine = sa.delete(SignIn).where(SignIn.customer_id == customer_id)
        ended = tx.execute(mine.where(sa.func.substr(SignIn.token_hash, 1, SHOWN_KEY) == key))
    return ended.rowcount > 0


def sign_ins_of(person: Person) -> list[OpenSignIn]:
    """Where this person is signed in, this browser first, then the latest."""
    query = (
        sa.select(SignIn)
        .where(SignIn.customer_id == person.customer_id)
        .order_by(SignIn.last_seen_at.desc(), SignIn.created_at.desc())
    )
    here, moment = token_hash(person.token), clock.now()
    found = [
        OpenSignIn(
            row.token_hash[:SHOWN_KEY],
            *device_of(row.user_agent),
            row.created_at,
            row.last_seen_at,
            row.token_hash == here,
        )
        for row in db.session.execute(query).scalars()
        if still_signed_in(row.created_at, row.last_seen_at, moment, person.role)
    ]
    return sorted(found, key=lambda item: not item.here)


def forget_sign_ins(tx: Tx) -> int:
    """Delete sign-ins that are over, by age or for want of use; returns how many."""
    moment = clock.now()
    over = sa.or_(SignIn.expires_at <= moment, SignIn.last_seen_at <= moment - IDLE)
    return tx.execute(sa.delete(SignIn).where(over)).rowcount
