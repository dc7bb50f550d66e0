"""Decisions about accounts: e-mail addresses, sign-ins, passwords, postal addresses. Pure."""

from __future__ import annotations

from storefront.customers.rules.addresses import Address, AddressField
from storefront.customers.rules.emails import email_key
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
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256

__all__ = [
    "ABSOLUTE",
    "IDLE",
    "LONGEST_PASSWORD",
    "NOTICED_AFTER",
    "PURPOSES",
    "ROLES",
    "SHORTEST_PASSWORD",
    "STAFF",
    "Address",
    "AddressField",
    "email_key",
    "lasting",
    "own_path",
    "still_signed_in",
]
