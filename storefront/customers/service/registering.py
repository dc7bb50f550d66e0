"""Registering. Whether an address is known is said to nobody but its owner, by mail.

Until the address is confirmed there is no account: what was typed waits in the row of the link. So nobody can
prepare an account for somebody else: the link asks for the password unless it is opened where it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, transaction
from storefront.core.events import publish
from storefront.core.mail import send
from storefront.customers.errors import BadEmail, LinkOver, WrongCredentials
from storefront.customers.events import CustomerRegistered, EmailConfirmed
from storefront.customers.models import AccountToken, Customer
from storefront.customers.rules import email_key
from storefront.customers.service import links
from storefront.customers.service.accounts import give_account
from storefront.customers.service.consent import record_consent
from storefront.customers.service.identity import token_hash
from storefront.customers.service.passwords import check_new_password, hash_password, matches

# Mails that one address gets from this form within an hour, whoever fills it in.
MAILS_AN_HOUR = 3
WAITING = ("register", "known")
_TEMPLATES = {"register": "confirm_account", "known": "already_customer"}


@dataclass(frozen=True)
class Application:
    """What somebody typed. `proof` is a secret of their browser; `agreed` purposes they ticked."""

    email: str
    password: str
    name: str
    locale: str
    proof: str
    agreed: tuple[str, ...] = ()
    next: str = ""


@dataclass(frozen=True)
class Welcome:
    """A new customer, and where they were going."""

    customer_id: int
    next: str


def register(application: Application) -> None:
    """Write to the address: with a link that makes the account, or that there is one already.

    Both take the same work. Raises BadEmail and WeakPassword, which say nothing about who is known.
    """
    key = email_key(application.email)
    if key is None:
        raise BadEmail(_("That is not an e-mail address."), field="email")
    check_new_password(application.password, application.email)
    hashed = hash_password(application.password)
    data = {
        "email": application.email.strip(),
        "name": application.name,
        "password_hash": hashed,
        "locale": application.locale,
        "proof": token_hash(application.proof),
        "agreed": list(application.agreed),
        "next": application.next,
    }
    with transaction() as tx:
        known = _account_of(tx, key)
        if known is None:
            _write_to(tx, "register", key, {**data, "to": data["email"]})
        else:
            kept = {name: data[name] for name in ("locale", "proof")}
            _write_to(tx, "known", key, {**kept, "to": known})


def resend(email: str, proof: str) -> None:
    """The same mail once more, for the browser in which the form was filled in; else nothing happens."""
    key = email_key(email) or ""
    with transaction() as tx:
        waiting = (
            sa.select(AccountToken.purpose, AccountToken.data)
            .where(AccountToken.email_key == key, AccountToken.purpose.in_(WAITING))
            .where(AccountToken.expires_at > clock.now())
            .order_by(AccountToken.created_at.desc())
        )
        for row in tx.execute(waiting).all():
            if row.data and row.data["proof"] == token_hash(proof):
                _write_to(tx, row.purpose, key, row.data)
                return


def _account_of(tx: Tx, key: str) -> str | None:
    """The stored address of whoever has an account (or had one that was disabled) under this address."""
    taken = sa.or_(Customer.password_hash.is_not(None), Customer.disabled.is_(True))
    return tx.execute(sa.select(Customer.email).where(Customer.email_key == key, taken)).scalar()


def _write_to(tx: Tx, purpose: str, key: str, data: dict[str, Any]) -> None:
    recent = sa.and_(
        AccountToken.email_key == key,
        AccountToken.purpose.in_(WAITING),
        AccountToken.created_at > clock.now() - timedelta(hours=1),
    )
    mails = tx.execute(sa.select(sa.func.count()).where(recent)).scalar_one()
    number = links.issue(tx, purpose, email_key=key, data=data)
    if mails < MAILS_AN_HOUR:
        # Not the name that was typed: anybody could have their words delivered to anybody.
        to, locale = data["to"], data["locale"]
        send(tx, _TEMPLATES[purpose], to, locale=locale, context={"number": number}, dedupe_key=number)


# --- confirming -------------------------------------------------------------------------------------------


def needs_password(row: sa.RowMapping, proof: str) -> bool:
    """Whether a registration's link was opened elsewhere than where the password was typed."""
    return row["purpose"] == "register" and row["data"]["proof"] != token_hash(proof)


def finish_registration(token: str, *, proof: str, password: str, agreed: Iterable[str] = ()) -> Welcome:
    """Make the account whose link this is; `agreed` are purposes that this browser's visitor agreed to.

    Raises LinkOver, and WrongCredentials when the link came to somebody who did not fill in the form.
    """
    row = links.find({"register"}, token)
    if row is None:
        raise LinkOver(_("This link was used or is too old."))
    data = row["data"]
    if needs_password(row, proof) and not matches(data["password_hash"], password):
        raise WrongCredentials(_("That is not the password that was chosen."), field="password")
    with transaction() as tx:
        if links.take(tx, {"register"}, token) is None or _account_of(tx, row["email_key"]):
            raise LinkOver(_("This link was used or is too old."))
        customer_id = _admit(tx, row["email_key"], data)
        for purpose in {*data["agreed"], *agreed}:
            record_consent(tx, customer_id, purpose, given=True, source="registration")
        links.drop_of_address(tx, WAITING, row["email_key"])
        publish(tx, CustomerRegistered(customer_id))
        publish(tx, EmailConfirmed(customer_id, row["email_key"]))
    return Welcome(customer_id, data["next"])


def _admit(tx: Tx, key: str, data: dict[str, Any]) -> int:
    """An account for whom the shop may know already: from an old shop, as a guest, or as staff."""
    role = tx.execute(sa.select(Customer.role).where(Customer.email_key == key)).scalar()
    return give_account(
        tx,
        email=data["email"],
        password_hash=data["password_hash"],
        name=data["name"],
        role=role or "customer",
        locale=data["locale"],
    )
