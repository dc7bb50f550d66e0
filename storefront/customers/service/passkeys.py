"""Passkeys (WebAuthn): made once by a device, then enough to sign in, alone or after the password.

The challenge is a one-time token of ours, so an answer of the browser counts once.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from flask import current_app
from flask_babel import gettext as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.customers.errors import PasskeyRefused
from storefront.customers.models import Customer, Passkey
from storefront.customers.service import links
from storefront.customers.service.credentials import notify
from storefront.customers.service.identity import new_public_id
from storefront.customers.service.people import Person
from storefront.customers.service.sign_ins import sign_out_others

MOST_PASSKEYS = 20
# As browsers write the id of a key, in base64url.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,1400}={0,2}\Z", re.ASCII)
_KEY = Passkey.__table__


@dataclass(frozen=True)
class SavedPasskey:
    """A passkey as its owner sees it."""

    public_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


def passkeys_possible() -> bool:
    """Whether browsers would make passkeys for this shop: its address must be a name, not a number."""
    try:
        ipaddress.ip_address(_host().strip("[]"))
    except ValueError:
        return True
    return False


def _base() -> Any:
    return urlsplit(current_app.extensions["regulars_settings"].base_url)


def _host() -> str:
    return _base().hostname or "localhost"


def _origin() -> str:
    return f"{_base().scheme}://{_base().netloc}"


def passkeys_of(customer_id: int) -> list[SavedPasskey]:
    """The customer's passkeys, oldest first."""
    columns = (_KEY.c.public_id, _KEY.c.name, _KEY.c.created_at, _KEY.c.last_used_at)
    query = sa.select(*columns).where(_KEY.c.customer_id == customer_id).order_by(_KEY.c.id)
    return [SavedPasskey(*row) for row in db.session.execute(query)]


def _descriptors(customer_id: int) -> list[PublicKeyCredentialDescriptor]:
    query = sa.select(_KEY.c.credential_id).where(_KEY.c.customer_id == customer_id)
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(key))
        for key in db.session.execute(query).scalars()
    ]


def _challenge(customer_id: int | None) -> bytes:
    with transaction() as tx:
        return links.token_of(links.issue(tx, "challenge", customer_id=customer_id)).encode()


def _use_challenge(tx: Tx, credential: dict[str, Any]) -> tuple[bytes, int | None]:
    """The challenge that the browser signed, used up, and for whom it was made. Raises PasskeyRefused."""
    try:
        signed = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(signed["challenge"])
        row = links.take(tx, {"challenge"}, challenge.decode("ascii"))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _refused() from error
    if row is None:
        raise _refused()
    return challenge, row["customer_id"]


def _refused() -> PasskeyRefused:
    return PasskeyRefused(_("This passkey was not accepted. Please try again, or use your password."))


def _read(answer: str) -> dict[str, Any]:
    try:
        credential = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(credential, dict):
        raise _refused()
    return credential


# --- making one -------------------------------------------------------------------------------------------


def registration_options(person: Person) -> str:
    """What the browser needs to make a passkey for this person, as JSON."""
    settings = current_app.extensions["regulars_settings"]
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=settings.shop_name,
        user_name=person.email,
        user_display_name=person.name,
        user_id=person.public_id.encode(),
        challenge=_challenge(person.customer_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(person.customer_id),
    )
    return webauthn.options_to_json(options)


def add_passkey(person: Person, answer: str, name: str) -> None:
    """Keep the passkey that the browser made; other sign-ins end. Raises PasskeyRefused."""
    credential = _read(answer)
    with transaction() as tx:
        challenge, made_for = _use_challenge(tx, credential)
    if made_for != person.customer_id:
        raise _refused()
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused() from error
    with transaction() as tx:
        _keep(tx, person, made, name)


def _keep(tx: Tx, person: Person, made: Any, name: str) -> None:
    row = tx.get(Customer, person.customer_id, with_for_update=True)
    credential_id = bytes_to_base64url(made.credential_id)
    taken = tx.execute(sa.select(Passkey.id).where(Passkey.credential_id == credential_id)).first()
    count = tx.execute(
        sa.select(sa.func.count()).where(Passkey.customer_id == person.customer_id)
    ).scalar_one()
    if row is None or taken is not None or count >= MOST_PASSKEYS:
        raise _refused()
    tx.add(
        Passkey(
            public_id=new_public_id(),
            customer_id=person.customer_id,
            credential_id=credential_id,
            public_key=bytes_to_base64url(made.credential_public_key),
            sign_count=made.sign_count,
            name=name.strip()[:80] or _("Passkey"),
            created_at=clock.now(),
        )
    )
    sign_out_others(tx, person.customer_id, person.token)
    notify(tx, row, "second_factor_on")


def remove_passkey(customer_id: int, public_id: str) -> bool:
    """Take away one of this customer's passkeys; whether there was one."""
    with transaction() as tx:
        mine = sa.delete(Passkey).where(Passkey.customer_id == customer_id, Passkey.public_id == public_id)
        gone = tx.execute(mine).rowcount > 0
        row = tx.get(Customer, customer_id)
        if gone and row is not None:
            notify(tx, row, "second_factor_off")
    return gone


# --- signing in with one ----------------------------------------------------------------------------------


def sign_in_options(customer_id: int | None = None) -> str:
    """What the browser needs to sign in, as JSON: with any passkey of this shop, or with one of a customer's
    when their password was given already."""
    known = _descriptors(customer_id) if customer_id is not None else None
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        challenge=_challenge(customer_id),
        allow_credentials=known,
        user_verification=(
            UserVerificationRequirement.REQUIRED if known is None else UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def use_passkey(answer: str) -> int:
    """The customer whose passkey this answer is made with; without a password before it, the device must
    have asked who is there. Raises PasskeyRefused, also for an answer that was given before."""
    credential = _read(answer)
    with transaction() as tx:
        challenge, asked_for = _use_challenge(tx, credential)
    key = _passkey(str(credential.get("id", "")), asked_for)
    try:
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=asked_for is None,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused() from error
    with transaction() as tx:
        # Of two answers with the same count one comes from a copy.
        mine = sa.update(Passkey).where(Passkey.id == key.id, Passkey.sign_count == key.sign_count)
        used = tx.execute(mine.values(sign_count=proof.new_sign_count, last_used_at=clock.now()))
        if used.rowcount != 1:
            raise _refused()
    return key.customer_id


def _passkey(credential_id: str, customer_id: int | None) -> Any:
    if not _NAME.match(credential_id):
        raise _refused()  # JSON can say what no database looks for
    query = (
        sa.select(_KEY)
        .join(Customer, Customer.id == _KEY.c.customer_id)
        .where(_KEY.c.credential_id == credential_id.rstrip("="), Customer.disabled.is_(False))
    )
    if customer_id is not None:
        query = query.where(_KEY.c.customer_id == customer_id)
    row = db.session.execute(query).first()
    if row is None:
        raise _refused()
    return row
