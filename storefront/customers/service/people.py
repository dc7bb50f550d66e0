"""The person behind a request: one query, for every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app, g
from flask_login import UserMixin
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import db, transaction
from storefront.core.plugins import collect
from storefront.core.versions import remember_versions, version_columns
from storefront.customers.models import Authenticator, Consent, Customer, Passkey, SignIn
from storefront.customers.rules import PURPOSES, email_key, lasting, still_signed_in
from storefront.customers.service.identity import new_public_id, token_hash


@dataclass(frozen=True)
class Person(UserMixin):
    """Who is signed in, as pages see them. `get_id` is the sign-in's token, never the customer's id.

    `confirmed`: the address is proven to be theirs. `second_factor`: they need more than a password to sign
    in, and gave it. `asked`: purposes on which they said yes or no. `facts`: what features add.
    """

    customer_id: int
    public_id: str
    name: str
    email: str
    role: str
    consents: frozenset[str]
    token: str
    session_key: str
    confirmed: bool = False
    second_factor: bool = False
    asked: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def get_id(self) -> str:
        return self.token


@dataclass(frozen=True)
class PersonFact:
    """A small thing that every page wants to know of whoever is signed in.

    `column` gets the customer's id and returns a scalar subquery on it; pages read `person.facts[name]`.
    """

    name: str
    column: Callable[[sa.ColumnElement[int]], Any]


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


def second_factor_of(customer_id: Any) -> sa.ColumnElement[bool]:
    """Whether a customer has an authenticator that was confirmed, or a passkey."""
    codes, keys = Authenticator.__table__, Passkey.__table__
    app = sa.exists().where(codes.c.customer_id == customer_id, codes.c.confirmed_at.is_not(None))
    return sa.or_(app, sa.exists().where(keys.c.customer_id == customer_id))


def _queries() -> tuple[sa.Select, sa.Select]:
    """One query for everything that each page of a signed-in person asks first; and the same by address."""
    known = current_app.extensions.get("regulars_person_queries")
    if known is None:
        facts = (
            *(_CUSTOMER.c[name] for name in ("id", "public_id", "first_name", "email", "role")),
            _CUSTOMER.c.confirmed_at,
            second_factor_of(_CUSTOMER.c.id).label("second_factor"),
            *(_latest_word(purpose) for purpose in PURPOSES),
            *(
                fact.column(_CUSTOMER.c.id).label(f"fact_{fact.name}")
                for fact in collect("register_person_facts")
            ),
            *version_columns(),
        )
        by_token = (
            sa.select(*facts, _SIGN_IN.c.created_at, _SIGN_IN.c.last_seen_at)
            .join_from(_SIGN_IN, _CUSTOMER, _CUSTOMER.c.id == _SIGN_IN.c.customer_id)
            .where(_SIGN_IN.c.token_hash == sa.bindparam("token_hash"), _CUSTOMER.c.disabled.is_(False))
        )
        by_email = sa.select(*facts).where(
            _CUSTOMER.c.email_key == sa.bindparam("email_key"), _CUSTOMER.c.disabled.is_(False)
        )
        known = current_app.extensions["regulars_person_queries"] = (by_token, by_email)
    return known


def load_person(token: str) -> Person | None:
    """The person whose browser shows this token, unless the sign-in ended; one query, with shop versions."""
    digest = token_hash(token)
    row = db.session.execute(_queries()[0], {"token_hash": digest}).mappings().first()
    if row is None:
        return None
    moment = clock.now()
    if not still_signed_in(row["created_at"], row["last_seen_at"], moment, row["role"]):
        return None
    if moment - row["last_seen_at"] > lasting(row["role"]).noticed_after:
        g.regulars_seen_again = digest
    return _person(row, token, digest[:40])


def person_from_host(email: str) -> Person | None:
    """The person whom the host app vouches for; a customer is made of them when they come first.

    None for what is no address and for customers who were disabled here.
    """
    key = email_key(email)
    if key is None:
        return None
    row = db.session.execute(_queries()[1], {"email_key": key}).mappings().first()
    if row is None:
        known = sa.select(_CUSTOMER.c.id).where(_CUSTOMER.c.email_key == key)
        if db.session.execute(known).scalar() is not None:
            return None
        _introduce(email.strip(), key)
        row = db.session.execute(_queries()[1], {"email_key": key}).mappings().one()
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
        confirmed=row["confirmed_at"] is not None,
        second_factor=bool(row["second_factor"]),
        asked=frozenset(purpose for purpose in PURPOSES if row[purpose] is not None),
        facts={name[5:]: value for name, value in row.items() if name.startswith("fact_")},
    )


def note_seen(digest: str, moment: datetime) -> None:
    """Remember that this sign-in was used, after the answer went out: customers' once a day."""
    with transaction() as tx:
        tx.execute(sa.update(SignIn).where(SignIn.token_hash == digest).values(last_seen_at=moment))
