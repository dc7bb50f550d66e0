"""Accounts: who has one, and with which role."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx, db, transaction
from storefront.core.events import publish
from storefront.customers.errors import BadEmail, LinkOver, NoSuchCustomer
from storefront.customers.events import CustomerRegistered, EmailConfirmed
from storefront.customers.models import Customer
from storefront.customers.rules import ROLES, STAFF, email_key
from storefront.customers.service import links
from storefront.customers.service.identity import new_public_id
from storefront.customers.service.sign_ins import sign_out_others


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

    The caller vouches for the address. `password_hash` comes from `hash_password`. Raises BadEmail for what
    is no address.
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
    row.confirmed_at = row.confirmed_at or clock.now()
    tx.flush()
    return row.id


def find_customer_id(email: str) -> int | None:
    """The customer with this e-mail, if there is one."""
    key = email_key(email)
    if key is None:
        return None
    return db.session.execute(sa.select(Customer.id).where(Customer.email_key == key)).scalar()


def confirmed_account(tx: Tx, key: str | None) -> int | None:
    """The account whose proven address this is; nobody learns from it that there is one."""
    proven = sa.and_(Customer.email_key == key, Customer.confirmed_at.is_not(None), *_can_sign_in())
    return tx.execute(sa.select(Customer.id).where(proven)).scalar() if key else None


# --- staff ------------------------------------------------------------------------------------------------


def give_role(tx: Tx, customer_id: int, role: str) -> str:
    """Change what somebody may do; returns the role they had. Their sign-ins end, so that it counts at once.

    Raises ValueError for a role that does not exist and NoSuchCustomer.
    """
    if role not in ROLES:
        raise ValueError(f"{role!r} is none of {', '.join(ROLES)}")
    row = tx.get(Customer, customer_id, with_for_update=True)
    if row is None:
        raise NoSuchCustomer()
    before, row.role = row.role, role
    if before != role:
        sign_out_others(tx, customer_id)
    return before


def staff_count(role: str | None = None) -> int:
    """How many people work here (in this role) and can sign in."""
    roles = sorted(STAFF) if role is None else [role]
    query = sa.select(sa.func.count()).where(Customer.role.in_(roles), *_can_sign_in())
    return db.session.execute(query).scalar_one()


def _can_sign_in() -> tuple[sa.ColumnElement[bool], ...]:
    return Customer.password_hash.is_not(None), Customer.disabled.is_(False)


def invite_first_owner() -> str | None:
    """The token of a new one-time link for whoever sets the shop up, or None when there is an owner.

    Counts for 15 minutes; links from before are worth nothing any more.
    """
    with transaction() as tx:
        if _has_owner(tx):
            return None
        links.drop_all(tx, "first_owner")
        return links.token_of(links.issue(tx, "first_owner"))


def first_owner_link(token: str) -> str:
    """The whole address of the page on which the first owner sets their password."""
    settings = current_app.extensions["regulars_settings"]
    return f"{settings.base_url.rstrip('/')}/console/first/{token}"


def is_first_owner_token(token: str) -> bool:
    """Whether this link still counts."""
    return links.find({"first_owner"}, token) is not None


def make_first_owner(token: str, *, email: str, password_hash: str, name: str, locale: str) -> int:
    """Use the one-time link up: this person is the owner now; returns their id.

    Raises LinkOver when it was used, is too old, or somebody else became the owner; BadEmail.
    """
    with transaction() as tx:
        if links.take(tx, {"first_owner"}, token) is None or _has_owner(tx):
            raise LinkOver(_("This link was used or is too old. `regulars init` prints a new one."))
        customer_id = give_account(
            tx, email=email, password_hash=password_hash, name=name, role="owner", locale=locale
        )
        key = tx.execute(sa.select(Customer.public_id).where(Customer.id == customer_id)).scalar_one()
        record_audit(tx, "staff.first_owner", "staff", key, after={"role": "owner"})
        publish(tx, CustomerRegistered(customer_id))
        publish(tx, EmailConfirmed(customer_id, email_key(email) or ""))
        return customer_id


def _has_owner(tx: Tx) -> bool:
    owner = sa.select(Customer.id).where(Customer.role == "owner", *_can_sign_in()).limit(1)
    return tx.execute(owner).scalar() is not None
