"""What other features may ask of customers."""

from __future__ import annotations

from storefront.customers.rules import PURPOSES
from storefront.customers.rules.account_pages import AccountPage
from storefront.customers.service.accounts import (
    find_customer_id,
    first_owner_link,
    give_account,
    give_role,
    invite_first_owner,
    is_first_owner_token,
    make_first_owner,
    staff_count,
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
from storefront.customers.service.consent import (
    record_consent,
    who_refused,
)
from storefront.customers.service.identity import (
    new_public_id,
)
from storefront.customers.service.passwords import (
    check_new_password,
    hash_password,
)
from storefront.customers.service.people import (
    Person,
    PersonFact,
    load_person,
    note_seen,
    person_from_host,
)
from storefront.customers.service.sign_ins import (
    OpenSignIn,
    add_sign_in,
    check_password,
    end_sign_in,
    forget_sign_ins,
    open_sign_in,
    sign_in,
    sign_ins_of,
    sign_out,
    sign_out_everywhere,
    sign_out_others,
)

__all__ = [
    "PURPOSES",
    "AccountPage",
    "OpenSignIn",
    "Person",
    "PersonFact",
    "SavedAddress",
    "add_sign_in",
    "address_fields",
    "address_in_one_line",
    "address_lines",
    "addresses_of",
    "check_address",
    "check_new_password",
    "check_password",
    "check_phone",
    "countries",
    "delete_address",
    "end_sign_in",
    "find_customer_id",
    "first_owner_link",
    "forget_sign_ins",
    "get_address",
    "give_account",
    "give_role",
    "hash_password",
    "invite_first_owner",
    "is_first_owner_token",
    "keep_address",
    "load_person",
    "make_default",
    "make_first_owner",
    "new_public_id",
    "note_seen",
    "open_sign_in",
    "person_from_host",
    "record_consent",
    "save_address",
    "sign_in",
    "sign_ins_of",
    "sign_out",
    "sign_out_everywhere",
    "sign_out_others",
    "staff_count",
    "who_refused",
]
