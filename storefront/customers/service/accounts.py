"""Accounts, signing in and out, and the person behind a request."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask import g
from flask_babel import gettext as _
from flask_login import UserMixin
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import Tx, db, in_transaction, transaction
from storefront.core.versions import remember_versions, version_columns
from storefront.customers.errors import BadEmail, WrongCredentials
from storefront.customers.models import Consent, Customer, SignIn
from storefront.customers.rules import ABSOLUTE, IDLE, NOTICED_AFTER, PURPOSES, email_key, still_signed_in


@dataclass(frozen=True)
class Person(UserMixin):
    """Who is signed in, as pages see them. `get_id` is the sign-in's token, never the customer's id."""

    customer_id: int
    public_id: str
    name: str
    email: str
    role: str
    consents: frozenset[str]
    token: str
    session_key: str

    def get_id(self) -> str:
        return self.token


# --- accounts ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """Argon2id as OWASP recommends: 19 MiB, two passes."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """Checked for addresses without account, so that both answers take the same time."""
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The form in which a password is kept. Raises RuntimeError inside a command: it takes as long as
    dozens of writes, and everybody who writes would wait for it."""
    if in_transaction():
        raise RuntimeError("hash the password before the command opens")
    return _hasher().hash(password)


def give_account(
    tx: Tx,
    *,
    email: str,
    password_hash: str,
    name: str = "",
    role: str = "customer",
    locale: str | None = None,
) -> int:
    """Give the customer with this e-mail (made when unknown) a password and a role; returns the id.

    `password_hash` comes from `hash_password`. Raises BadEmail for what is no address.
    """
    key = email_key(email)
    if key is None:
        raise BadEmail(_("That is not an e-mail address."), field="email")
    row = tx.execute(sa.select(Customer).where(Customer.email_key == key)).scalar_one_or_none()
    if row is None:
        row = Customer(public_id=new_public_id(), email=email.strip(), email_key=key, joined_at=clock.now())
        tx.add(row)
    if name:
        row.first_name, _space, row.last_name = name.partition(" ")
    row.password_hash = password_hash
    row.role = role
    row.locale = locale or row.locale
    tx.flush()
    return row.id


def new_public_id() -> str:
    """A number for a customer that nobody can guess."""
    return secrets.token_hex(10)


def find_customer_id(email: str) -> int | None:
    """The customer with this e-mail, if there is one."""
    key = email_key(email)
    if key is None:
        return None
    return db.session.execute(sa.select(Customer.id).where(Customer.email_key == key)).scalar()


# --- signing in and out -----------------------------------------------------------------------------------


def sign_in(email: str, password: str) -> Person:
    """Check the password and open a new sign-in. Raises WrongCredentials, the same for every cause."""
    row = _account(email)
    stored = row.password_hash if row is not None else _nobodys_hash()
    if not _matches(stored, password) or row is None:
        raise WrongCredentials(_("E-mail and password do not fit together."))
    if _hasher().check_needs_rehash(stored):
        _rehash(row.id, password)
    return open_sign_in(row.id)


def open_sign_in(customer_id: int) -> Person:
    """A new sign-in for a customer who proved who they are."""
    token = secrets.token_urlsafe(32)
    moment = clock.now()
    with transaction() as tx:
        tx.add(
            SignIn(
                token_hash=_token_hash(token),
                customer_id=customer_id,
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + ABSOLUTE,
            )
        )
    person = load_person(token)
    assert person is not None
    return person


def _account(email: str) -> sa.Row | None:
    key = email_key(email)
    query = sa.select(Customer.id, Customer.password_hash).where(
        Customer.email_key == (key or ""), Customer.password_hash.is_not(None), Customer.disabled.is_(False)
    )
    return db.session.execute(query).first()


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def _rehash(customer_id: int, password: str) -> None:
    newer = hash_password(password)
    with transaction() as tx:
        tx.execute(sa.update(Customer).where(Customer.id == customer_id).values(password_hash=newer))


def sign_out(token: str) -> None:
    """End this sign-in on the server: its cookie is worth nothing from now on."""
    with transaction() as tx:
        tx.execute(sa.delete(SignIn).where(SignIn.token_hash == _token_hash(token)))


def forget_sign_ins(tx: Tx) -> int:
    """Delete sign-ins that are over, by age or for want of use; returns how many."""
    moment = clock.now()
    over = sa.or_(SignIn.expires_at <= moment, SignIn.last_seen_at <= moment - IDLE)
    return tx.execute(sa.delete(SignIn).where(over)).rowcount


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# --- the person of a request ------------------------------------------------------------------------------

_SIGN_IN, _CUSTOMER, _CONSENT = SignIn.__table__, Customer.__table__, Consent.__table__


def _latest_word(purpose: str) -> sa.Label[bool]:
    """What this customer last said about `purpose`."""
    newest = (
        sa.select(_CONSENT.c.given)
        .where(_CONSENT.c.customer_id == _CUSTOMER.c.id, _CONSENT.c.purpose == purpose)
        .order_by(_CONSENT.c.id.desc())
        .limit(1)
    )
    return newest.scalar_subquery().label(purpose)


_FACTS = (
    *(_CUSTOMER.c[name] for name in ("id", "public_id", "first_name", "email", "role")),
    *(_latest_word(purpose) for purpose in PURPOSES),
    *version_columns(),
)
# One query for everything that each page of a signed-in person asks first.
_PERSON = (
    sa.select(*_FACTS, _SIGN_IN.c.created_at, _SIGN_IN.c.last_seen_at)
    .join_from(_SIGN_IN, _CUSTOMER, _CUSTOMER.c.id == _SIGN_IN.c.customer_id)
    .where(_SIGN_IN.c.token_hash == sa.bindparam("token_hash"), _CUSTOMER.c.disabled.is_(False))
)
_BY_EMAIL = sa.select(*_FACTS).where(
    _CUSTOMER.c.email_key == sa.bindparam("email_key"), _CUSTOMER.c.disabled.is_(False)
)


def load_person(token: str) -> Person | None:
    """The person whose browser shows this token, unless the sign-in ended; one query, with shop versions."""
    token_hash = _token_hash(token)
    row = db.session.execute(_PERSON, {"token_hash": token_hash}).mappings().first()
    if row is None:
        return None
    moment = clock.now()
    if not still_signed_in(row["created_at"], row["last_seen_at"], moment):
        return None
    if moment - row["last_seen_at"] > NOTICED_AFTER:
        g.regulars_seen_again = token_hash
    return _person(row, token, token_hash[:40])


def person_from_host(email: str) -> Person | None:
    """The person whom the host app vouches for; a customer is made of them when they come first.

    None for what is no address and for customers who were disabled here.
    """
    key = email_key(email)
    if key is None:
        return None
    row = db.session.execute(_BY_EMAIL, {"email_key": key}).mappings().first()
    if row is None:
        if find_customer_id(email) is not None:
            return None
        _introduce(email.strip(), key)
        row = db.session.execute(_BY_EMAIL, {"email_key": key}).mappings().one()
    return _person(row, "", f"host:{row['public_id']}"[:40])


def _introduce(email: str, key: str) -> None:
    """Make a customer; nothing happens when a request at the same moment was first."""
    with transaction() as tx:
        insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(Customer)
        values = {"public_id": new_public_id(), "email": email, "email_key": key, "joined_at": clock.now()}
        tx.execute(insert.values(**values).on_conflict_do_nothing(index_elements=["email_key"]))


def _person(row: sa.RowMapping, token: str, session_key: str) -> Person:
    remember_versions(row)
    return Person(
        customer_id=row["id"],
        public_id=row["public_id"],
        name=row["first_name"] or (row["email"] or "").partition("@")[0],
        email=row["email"] or "",
        role=row["role"],
        consents=frozenset(purpose for purpose in PURPOSES if row[purpose]),
        token=token,
        session_key=session_key,
    )


def note_seen(token_hash: str, moment: datetime) -> None:
    """Remember that this sign-in was used: once a day, after the answer went out."""
    with transaction() as tx:
        tx.execute(sa.update(SignIn).where(SignIn.token_hash == token_hash).values(last_seen_at=moment))
