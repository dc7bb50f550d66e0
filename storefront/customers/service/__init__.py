"""What other features may ask of customers."""

from __future__ import annotations

from storefront.customers.rules import PURPOSES
from storefront.customers.service.accounts import (
    Person,
    find_customer_id,
    forget_sign_ins,
    give_account,
    hash_password,
    load_person,
    new_public_id,
    note_seen,
    open_sign_in,
    person_from_host,
    sign_in,
    sign_out,
)
from storefront.customers.service.consent import record_consent, who_refused

__all__ = [
    "PURPOSES",
    "Person",
    "find_customer_id",
    "forget_sign_ins",
    "give_account",
    "hash_password",
    "load_person",
    "new_public_id",
    "note_seen",
    "open_sign_in",
    "person_from_host",
    "record_consent",
    "sign_in",
    "sign_out",
    "who_refused",
]
