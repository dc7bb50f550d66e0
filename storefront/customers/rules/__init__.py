"""Decisions about accounts: e-mail addresses, sign-ins, passwords, postal addresses. Pure."""

from __future__ import annotations

from storefront.customers.rules.account_pages import AccountPage
from storefront.customers.rules.addresses import Address, AddressField
from storefront.customers.rules.emails import email_key
from storefront.customers.rules.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storefront.customers.rules.signing import (
    ABSOLUTE,
    IDLE,
    NOTICED_AFTER,
    STAFF,
    lasting,
    own_path,
    still_signed_in,
)

PURPOSES = ("statistics", "personalization", "marketing")
ROLES = ("customer", "owner", "manager", "support", "warehouse", "moderator")

__all__ = [
    "ABSOLUTE",
    "IDLE",
    "LONGEST_PASSWORD",
    "NOTICED_AFTER",
    "PURPOSES",
    "ROLES",
    "SHORTEST_PASSWORD",
    "STAFF",
    "AccountPage",
    "Address",
    "AddressField",
    "email_key",
    "lasting",
    "own_path",
    "still_signed_in",
]
