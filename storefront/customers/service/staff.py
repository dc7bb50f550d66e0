"""Who works here: invitations, roles, leaving. Commands write the log of changes themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import Refusal
from storefront.core.mail import send
from storefront.customers.errors import BadEmail, LastOwner, LinkOver, NoSuchCustomer
from storefront.customers.models import AccountToken, Customer, SignIn
from storefront.customers.rules import STAFF, email_key
from storefront.customers.service import links
from storefront.customers.service.accounts import give_account, give_role
from storefront.customers.service.passwords import check_new_password, hash_password
from storefront.customers.service.people import second_factor_of
from storefront.customers.service.sign_ins import sign_out_others

SHOWN_KEY = 20  # characters of an invitation's hash that its form carries
LASTING_DAYS = 3


@dataclass(frozen=True)
class StaffMember:
    """Somebody who works here."""

    customer_id: int
    key: str
    name: str
    email: str
    role: str
    disabled: bool
    second_factor: bool
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Invitation:
    """Somebody who was asked to work here and has not come yet."""

    key: str
    name: str
    email: str
    role: str
    until: datetime


def list_staff() -> list[StaffMember]:
    """Everybody with a role, owners first; one query."""
    rank = sa.case({"owner": 0, "manager": 1}, value=Customer.role, else_=2)
    return [_member(row) for row in db.session.execute(_staff().order_by(rank, Customer.id))]


def get_staff(key: str) -> StaffMember:
    """One of them. Raises NoSuchCustomer for anybody else."""
    row = db.session.execute(_staff().where(Customer.public_id == key)).first()
    if row is None:
        raise NoSuchCustomer()
    return _member(row)


def _staff() -> sa.Select:
    seen = sa.select(sa.func.max(SignIn.last_seen_at)).where(SignIn.customer_id == Customer.id)
    return sa.select(
        Customer.id,
        Customer.public_id,
        Customer.first_name,
        Customer.last_name,
        Customer.email,
        Customer.role,
        Customer.disabled,
        second_factor_of(Customer.id).label("second_factor"),
        seen.correlate(Customer).scalar_subquery().label("last_seen_at"),
    ).where(Customer.role.in_(sorted(STAFF)))


def _member(row: Any) -> StaffMember:
    name = f"{row.first_name} {row.last_name}".strip() or row.email or ""
    return StaffMember(
        row.id,
        row.public_id,
        name,
        row.email or "",
        row.role,
        row.disabled,
        bool(row.second_factor),
        row.last_seen_at,
    )


# --- invitations ------------------------------------------------------------------------------------------


def invite_staff(*, email: str, name: str, role: str, locale: str) -> str:
    """Ask somebody to work here, by mail; returns the token of the link, for those whose mail gets lost.

    A new invitation of the same address replaces the one before. Raises BadEmail, and Refusal for a role
    that does not exist and for somebody who works here already.
    """
    key = email_key(email)
    if key is None:
        raise BadEmail(_("That is not an e-mail address."), field="email")
    if role not in STAFF:
        raise Refusal(_("Please choose one of the values offered."), field="role")
    with transaction() as tx:
        known = sa.select(Customer.role).where(Customer.email_key == key)
        if tx.execute(known).scalar() in STAFF:
            raise Refusal(_("This person works here already."), field="email")
        links.drop_of_address(tx, ("invite",), key)
        data = {"email": email.strip(), "name": name.strip()[:120], "role": role, "locale": locale}
        number = links.issue(tx, "invite", email_key=key, data=data)
        context = {"number": number, "name": name.strip(), "days": LASTING_DAYS}
        send(tx, "invite_staff", email.strip(), locale=locale, context=context, dedupe_key=number)
        record_audit(tx, "staff.invite", "staff", "", after={"role": role, "email": masked(key)})
        return links.token_of(number)


def list_invitations() -> list[Invitation]:
    """Those that still count, newest first; one query."""
    still = (AccountToken.purpose == "invite", AccountToken.expires_at > clock.now())
    newest = sa.select(AccountToken).where(*still).order_by(AccountToken.created_at.desc())
    found = []
    for row in db.session.execute(newest).scalars():
        data = row.data or {}
        words = (data.get("name", ""), data.get("email", ""), data.get("role", ""))
        found.append(Invitation(row.token_hash[:SHOWN_KEY], *words, row.expires_at))
    return found


def withdraw_invitation(key: str) -> None:
    """Make an invitation worthless. Raises NoSuchCustomer when there is none under this key."""
    if len(key) != SHOWN_KEY:
        raise NoSuchCustomer()
    with transaction() as tx:
        this = sa.func.substr(AccountToken.token_hash, 1, SHOWN_KEY) == key
        gone = sa.delete(AccountToken).where(AccountToken.purpose == "invite", this)
        row = tx.execute(gone.returning(AccountToken.email_key)).first()
        if row is None:
            raise NoSuchCustomer()
        record_audit(tx, "staff.withdraw_invitation", "staff", "", {"email": masked(row.email_key or "")})


def masked(email: str) -> str:
    """An address as the log of changes keeps it: enough to know whose it is for those who know them."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"


def find_invitation(token: str) -> Invitation | None:
    """What a link stands for, if it still counts."""
    row = links.find({"invite"}, token)
    if row is None:
        return None
    data = row["data"]
    return Invitation("", data["name"], data["email"], data["role"], row["expires_at"])


def accept_invitation(token: str, password: str) -> int:
    """Use the link: the person has the role from now on; returns their id.

    Who had an account before gets this password too, and every older sign-in ends: the link proves the
    address, which is all that a password reset asks for. Raises LinkOver and WeakPassword.
    """
    found = find_invitation(token)
    if found is None:
        raise LinkOver(_("This link was used or is too old."))
    check_new_password(password, found.email)
    hashed = hash_password(password)
    with transaction() as tx:
        row = links.take(tx, {"invite"}, token)
        if row is None:
            raise LinkOver(_("This link was used or is too old."))
        data = row["data"]
        person = give_account(
            tx,
            email=data["email"],
            password_hash=hashed,
            name=data["name"],
            role=data["role"],
            locale=data["locale"],
        )
        customer = tx.get(Customer, person)
        assert customer is not None
        if customer.disabled:
            raise LinkOver(_("This link was used or is too old."))
        sign_out_others(tx, person)
        record_audit(tx, "staff.join", "staff", customer.public_id, after={"role": data["role"]})
        return person


# --- roles ------------------------------------------------------------------------------------------------


def change_role(key: str, role: str, *, by: int) -> None:
    """Give somebody who works here another role; "customer" ends their work here.

    Raises NoSuchCustomer, LastOwner when nobody would own the shop, and Refusal for one's own role.
    """
    if role not in STAFF | {"customer"}:
        raise Refusal(_("Please choose one of the values offered."), field="role")
    with transaction() as tx:
        row = _locked(tx, key, by)
        if row.role == "owner" and role != "owner":
            _keep_an_owner(tx, row)
        before = give_role(tx, row.id, role)
        action = "staff.remove" if role == "customer" else "staff.role"
        record_audit(tx, action, "staff", key, {"role": before}, {"role": role})


def disable_staff(key: str, disabled: bool, *, by: int) -> None:
    """Shut somebody out, or let them in again; their role stays. Raises as `change_role`."""
    with transaction() as tx:
        row = _locked(tx, key, by)
        if disabled and row.role == "owner":
            _keep_an_owner(tx, row)
        before, row.disabled = row.disabled, disabled
        if disabled:
            sign_out_others(tx, row.id)
        action = "staff.disable" if disabled else "staff.enable"
        record_audit(tx, action, "staff", key, {"disabled": before}, {"disabled": disabled})


def _locked(tx: Tx, key: str, by: int) -> Customer:
    """The row of somebody who works here; owners are locked first, always in the same order, so that two
    who send each other away at the same moment do not both succeed."""
    owners = sa.select(Customer.id).where(Customer.role == "owner").order_by(Customer.id).with_for_update()
    tx.execute(owners).all()
    query = sa.select(Customer).where(Customer.public_id == key, Customer.role.in_(sorted(STAFF)))
    row = tx.execute(query.with_for_update()).scalar_one_or_none()
    if row is None:
        raise NoSuchCustomer()
    if row.id == by:
        raise Refusal(_("Nobody changes their own role: ask another owner."))
    return row


def _keep_an_owner(tx: Tx, leaving: Customer) -> None:
    others = sa.select(Customer.id).where(
        Customer.role == "owner",
        Customer.id != leaving.id,
        Customer.disabled.is_(False),
        Customer.password_hash.is_not(None),
    )
    if tx.execute(others.limit(1)).first() is None:
        raise LastOwner(_("The shop needs an owner: make somebody else one first."))
