"""The step between a right password and being signed in."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from storefront.core.database import db, transaction
from storefront.customers.errors import PasskeyRefused, SecondFactorNeeded
from storefront.customers.models import Authenticator, Customer, Passkey
from storefront.customers.service import links
from storefront.customers.service.passkeys import use_passkey
from storefront.customers.service.people import Person, load_person
from storefront.customers.service.sign_ins import add_sign_in, open_sign_in
from storefront.customers.service.totp import use_code


@dataclass(frozen=True)
class Ticket:
    """Whose password was right a moment ago, and what else they have."""

    customer_id: int
    email_key: str
    codes: bool
    passkeys: bool


def read_ticket(ticket: str) -> Ticket | None:
    """What a ticket stands for; None when it is used or older than ten minutes."""
    row = links.find({"second_factor"}, ticket)
    if row is None:
        return None
    mine = row["customer_id"]
    codes = sa.exists().where(Authenticator.customer_id == mine, Authenticator.confirmed_at.is_not(None))
    keys = sa.exists().where(Passkey.customer_id == mine)
    whose = sa.select(Customer.email_key, codes.label("codes"), keys.label("passkeys"))
    has = db.session.execute(whose.where(Customer.id == mine)).one()
    return Ticket(mine, has.email_key or "", has.codes, has.passkeys)


def finish_with_code(ticket: str, code: str, user_agent: str = "") -> Person:
    """Sign in with the ticket and a code. Raises WrongCode; SecondFactorNeeded when the ticket is over."""
    known = read_ticket(ticket)
    if known is None:
        raise SecondFactorNeeded("")
    use_code(known.customer_id, code)
    return _admit(ticket, known.customer_id, user_agent)


def finish_with_passkey(ticket: str, answer: str, user_agent: str = "") -> Person:
    """Sign in with a passkey, alone or after the password. Raises PasskeyRefused."""
    known = read_ticket(ticket) if ticket else None
    customer_id = use_passkey(answer)
    if known is None:
        return open_sign_in(customer_id, user_agent)
    if known.customer_id != customer_id:
        raise PasskeyRefused()
    return _admit(ticket, customer_id, user_agent)


def _admit(ticket: str, customer_id: int, user_agent: str) -> Person:
    with transaction() as tx:
        if links.take(tx, {"second_factor"}, ticket) is None:
            raise SecondFactorNeeded("")
        token = add_sign_in(tx, customer_id, user_agent)
    person = load_person(token)
    assert person is not None
    return person
