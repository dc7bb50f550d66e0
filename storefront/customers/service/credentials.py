"""New passwords and new addresses: forgotten, changed, confirmed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.events import publish
from storefront.core.mail import send
from storefront.customers.errors import BadEmail, LinkOver
from storefront.customers.events import EmailConfirmed, PasswordChanged, ResetAsked
from storefront.customers.models import Customer
from storefront.customers.rules import email_key
from storefront.customers.service import links
from storefront.customers.service.identity import new_public_id, token_hash
from storefront.customers.service.passwords import check_new_password, hash_password
from storefront.customers.service.people import Person
from storefront.customers.service.sign_ins import check_password, sign_out_others

RESETS_AN_HOUR = 3
# What is worth nothing any more once the password or the address is another.
_OPEN = ("reset", "email", "confirm", "second_factor")


# --- a forgotten password ---------------------------------------------------------------------------------


def ask_reset(email: str, locale: str) -> None:
    """Note that somebody wants a new password for this address. Whether there is an account is looked up
    later, by the worker: this takes the same time for every address. Raises BadEmail for what is none."""
    key = email_key(email)
    if key is None:
        raise BadEmail(_("That is not an e-mail address."), field="email")
    with transaction() as tx:
        publish(tx, ResetAsked(links.issue(tx, "ask", email_key=key, data={"locale": locale})))


def send_reset(tx: Tx, event: ResetAsked) -> None:
    """Send the link to the stored address, three an hour at most; nothing where nobody is."""
    asked = links.take(tx, {"ask"}, links.token_of(event.ask))
    if asked is None:
        return
    known = sa.select(Customer).where(Customer.email_key == asked["email_key"], Customer.disabled.is_(False))
    row = tx.execute(known).scalar_one_or_none()
    if row is None or not row.email:
        return
    if links.count_recent(tx, "reset", customer_id=row.id, within=timedelta(hours=1)) >= RESETS_AN_HOUR:
        return
    number = links.issue(tx, "reset", customer_id=row.id)
    context = {"number": number, "name": row.first_name}
    send(tx, "reset_password", row.email, locale=asked["data"]["locale"], context=context, dedupe_key=number)


def can_reset(token: str) -> bool:
    """Whether this link still counts."""
    return links.find({"reset"}, token) is not None


def reset_password(token: str, password: str) -> None:
    """Set a new password with the link from the mail; every sign-in ends. Raises LinkOver, WeakPassword."""
    found = links.find({"reset"}, token)
    row = db.session.get(Customer, found["customer_id"]) if found is not None else None
    if row is None or row.disabled:
        raise LinkOver(_("This link was used or is too old."))
    check_new_password(password, row.email or "")
    hashed = hash_password(password)
    with transaction() as tx:
        if links.take(tx, {"reset"}, token) is None:
            raise LinkOver(_("This link was used or is too old."))
        mine = tx.get(Customer, row.id, with_for_update=True)
        assert mine is not None
        _confirm_address(tx, mine)
        _set_password(tx, mine, hashed)


# --- changing what one knows ------------------------------------------------------------------------------


def change_password(person: Person, current: str, new: str) -> None:
    """Another password; every sign-in ends, this one too. Raises WrongCredentials and WeakPassword."""
    check_password(person.customer_id, current, field="current")
    check_new_password(new, person.email, field="new")
    hashed = hash_password(new)
    with transaction() as tx:
        row = tx.get(Customer, person.customer_id, with_for_update=True)
        assert row is not None
        _set_password(tx, row, hashed)


def _set_password(tx: Tx, row: Customer, hashed: str) -> None:
    first = row.password_hash is None
    row.password_hash = hashed
    sign_out_others(tx, row.id)
    links.drop(tx, _OPEN, customer_id=row.id)
    if not first:
        publish(tx, PasswordChanged(row.id))
    notify(tx, row, "password_changed")


def notify(tx: Tx, row: Customer, template: str, to: str | None = None) -> None:
    """Tell somebody what happened to their account, so that a stranger's doing does not go unseen."""
    if to or row.email:
        context = {"name": row.first_name, "at": clock.now().isoformat()}
        send(
            tx,
            template,
            to or row.email or "",
            locale=row.locale or "",
            context=context,
            dedupe_key=new_public_id(),
        )


def ask_email_change(person: Person, password: str, email: str, locale: str) -> None:
    """Write to the new address; nothing changes before its owner follows the link.

    Whether the address is somebody else's is told only there. Raises WrongCredentials and BadEmail.
    """
    check_password(person.customer_id, password)
    key = email_key(email)
    if key is None:
        raise BadEmail(_("That is not an e-mail address."), field="email")
    taken = sa.select(Customer.id).where(Customer.email_key == key, Customer.id != person.customer_id)
    with transaction() as tx:
        links.drop(tx, ("email",), customer_id=person.customer_id)
        data = {"email": email.strip(), "keep": token_hash(person.token) if person.token else None}
        number = links.issue(tx, "email", customer_id=person.customer_id, email_key=key, data=data)
        template = "already_customer" if tx.execute(taken).first() else "change_email"
        context = {"number": number, "name": person.name}
        send(tx, template, email.strip(), locale=locale, context=context, dedupe_key=number)


def send_confirmation(person: Person, locale: str) -> None:
    """Write to the stored address of somebody who has not confirmed it yet."""
    key = email_key(person.email)
    if person.confirmed or key is None:
        return
    with transaction() as tx:
        sent = links.count_recent(tx, "confirm", customer_id=person.customer_id, within=timedelta(hours=1))
        if sent < RESETS_AN_HOUR:
            number = links.issue(tx, "confirm", customer_id=person.customer_id, email_key=key)
            context = {"number": number, "name": person.name}
            send(tx, "confirm_email", person.email, locale=locale, context=context, dedupe_key=number)


def confirm_address(token: str) -> None:
    """The address of the link is the customer's: the stored one, or a new one that replaces it.

    With a new one every other sign-in ends and the old address hears of it. Raises LinkOver.
    """
    with transaction() as tx:
        row = links.take(tx, {"confirm", "email"}, token)
        mine = tx.get(Customer, row["customer_id"], with_for_update=True) if row is not None else None
        if row is None or mine is None or not _still_free(tx, row):
            raise LinkOver(_("This link was used or is too old."))
        if row["purpose"] == "email":
            _replace_address(tx, mine, row)
        elif mine.email_key != row["email_key"]:
            raise LinkOver(_("This link was used or is too old."))
        _confirm_address(tx, mine)


def _still_free(tx: Tx, row: sa.RowMapping) -> bool:
    others = sa.select(Customer.id).where(
        Customer.email_key == row["email_key"], Customer.id != row["customer_id"]
    )
    return tx.execute(others).first() is None


def _replace_address(tx: Tx, mine: Customer, row: sa.RowMapping) -> None:
    before = mine.email
    mine.email, mine.email_key, mine.confirmed_at = row["data"]["email"], row["email_key"], None
    tx.flush()
    links.drop(tx, _OPEN, customer_id=mine.id)
    sign_out_others(tx, mine.id, but_hash=row["data"]["keep"])
    if before:
        notify(tx, mine, "email_changed", to=before)


def _confirm_address(tx: Tx, mine: Customer) -> None:
    if mine.confirmed_at is None:
        mine.confirmed_at = clock.now()
        publish(tx, EmailConfirmed(mine.id, mine.email_key or ""))
