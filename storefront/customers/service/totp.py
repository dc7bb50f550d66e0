"""Six-digit codes from an app (TOTP, RFC 6238), and codes on paper for when the phone is gone."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass

import pyotp
import segno
import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.customers.errors import WrongCode
from storefront.customers.models import Authenticator, Customer, RecoveryCode
from storefront.customers.service.credentials import notify
from storefront.customers.service.identity import token_hash
from storefront.customers.service.people import Person
from storefront.customers.service.sign_ins import sign_out_others

STEP_SECONDS = 30
PAPER_CODES = 10


@dataclass(frozen=True)
class AuthenticatorSetup:
    """What an app needs to know: as a picture, and as letters to type."""

    secret: str
    picture: str


def begin_authenticator(customer_id: int) -> None:
    """Make a new secret that waits to be confirmed; one that is in use stays. Repeating makes another."""
    with transaction() as tx:
        row = tx.get(Authenticator, customer_id, with_for_update=True)
        if row is not None and row.confirmed_at is not None:
            return
        if row is None:
            row = Authenticator(customer_id=customer_id, last_step=0)
            tx.add(row)
        row.secret, row.created_at = pyotp.random_base32(), clock.now()


def authenticator_setup(person: Person) -> AuthenticatorSetup | None:
    """The secret that waits to be confirmed, if one does."""
    row = db.session.get(Authenticator, person.customer_id)
    if row is None or row.confirmed_at is not None:
        return None
    shop = current_app.extensions["regulars_settings"].shop_name
    address = pyotp.TOTP(row.secret).provisioning_uri(name=person.email, issuer_name=shop)
    code = segno.make(address, error="m")
    picture = code.svg_inline(border=3, omitsize=True, svgclass="qr", lineclass=None)
    return AuthenticatorSetup(" ".join(row.secret[i : i + 4] for i in range(0, 32, 4)).strip(), picture)


def has_authenticator(customer_id: int) -> bool:
    """Whether codes of an app are asked for."""
    query = sa.select(Authenticator.confirmed_at).where(Authenticator.customer_id == customer_id)
    return db.session.execute(query).scalar() is not None


def paper_codes_left(customer_id: int) -> int:
    """How many codes on paper were not used yet."""
    query = sa.select(sa.func.count()).where(RecoveryCode.customer_id == customer_id)
    return db.session.execute(query).scalar_one()


def confirm_authenticator(person: Person, code: str) -> list[str]:
    """Ask for codes of this app from now on; returns the codes on paper, shown once. Other sign-ins end.

    Raises WrongCode, also when nothing waits to be confirmed.
    """
    with transaction() as tx:
        row = tx.get(Authenticator, person.customer_id, with_for_update=True)
        if row is None or row.confirmed_at is not None or not _use_app_code(tx, row, code):
            raise WrongCode(_("That code is not right. Please take the newest one."), field="code")
        row.confirmed_at = clock.now()
        sign_out_others(tx, person.customer_id, person.token)
        _tell(tx, person.customer_id, "second_factor_on")
        return write_paper_codes(tx, person.customer_id)


def remove_authenticator(customer_id: int) -> None:
    """Ask for no codes any more; those on paper go too."""
    with transaction() as tx:
        tx.execute(sa.delete(Authenticator).where(Authenticator.customer_id == customer_id))
        tx.execute(sa.delete(RecoveryCode).where(RecoveryCode.customer_id == customer_id))
        _tell(tx, customer_id, "second_factor_off")


def _tell(tx: Tx, customer_id: int, template: str) -> None:
    row = tx.get(Customer, customer_id)
    assert row is not None
    notify(tx, row, template)


# --- codes ------------------------------------------------------------------------------------------------


def use_code(customer_id: int, code: str) -> None:
    """Use up a code of the app or one on paper. Raises WrongCode; each code works once."""
    with transaction() as tx:
        row = tx.get(Authenticator, customer_id, with_for_update=True)
        if row is None or row.confirmed_at is None:
            raise WrongCode(_("That code is not right."), field="code")
        if not _use_app_code(tx, row, code) and not _use_paper_code(tx, customer_id, code):
            raise WrongCode(_("That code is not right. Please take the newest one."), field="code")


def _use_app_code(tx: Tx, row: Authenticator, code: str) -> bool:
    """One step back and one ahead are accepted, for clocks differ; none at or before the last one used."""
    typed = "".join(code.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return False
    totp, now = pyotp.TOTP(row.secret), int(clock.now().timestamp()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed) and step > row.last_step:
            row.last_step = step
            tx.flush()
            return True
    return False


def write_paper_codes(tx: Tx, customer_id: int) -> list[str]:
    """New codes on paper in place of the old ones; only their hashes are kept."""
    tx.execute(sa.delete(RecoveryCode).where(RecoveryCode.customer_id == customer_id))
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _number in range(PAPER_CODES)]
    for code in codes:
        tx.add(
            RecoveryCode(
                code_hash=_paper_hash(customer_id, code), customer_id=customer_id, created_at=clock.now()
            )
        )
    tx.flush()
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


def new_paper_codes(customer_id: int) -> list[str]:
    """The same as a command; nothing without an authenticator."""
    with transaction() as tx:
        row = tx.get(Authenticator, customer_id)
        return write_paper_codes(tx, customer_id) if row is not None and row.confirmed_at else []


def _use_paper_code(tx: Tx, customer_id: int, code: str) -> bool:
    digest = _paper_hash(customer_id, code)
    mine = sa.delete(RecoveryCode).where(
        RecoveryCode.customer_id == customer_id, RecoveryCode.code_hash == digest
    )
    return tx.execute(mine).rowcount == 1


def _paper_hash(customer_id: int, code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return token_hash(f"{customer_id}:{plain}")
