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
from storefront.customers.service.address_book import (
    SavedAddress,
    addresses_of,
    delete_address,
    get_address,
    keep_address,
    make_default,
    save_address,
)
from storefront.customers.service.addresses import (
    address_fields,
    address_in_one_line,
    address_lines,
    check_address,
    check_phone,
    countries,
)
from storefront.customers.service.consent import record_consent, who_refused

__all__ = [
    "PURPOSES",
    "Person",
    "SavedAddress",
    "address_fields",
    "address_in_one_line",
    "address_lines",
    "addresses_of",
    "check_address",
    "check_phone",
    "countries",
    "delete_address",
    "find_customer_id",
    "forget_sign_ins",
    "get_address",
    "give_account",
    "hash_password",
    "keep_address",
    "load_person",
    "make_default",
    "new_public_id",
    "note_seen",
    "open_sign_in",
    "person_from_host",
    "record_consent",
    "save_address",
    "sign_in",
    "sign_out",
    "who_refused",
]
