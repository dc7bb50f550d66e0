"""What the checkout does, step by step."""

from __future__ import annotations

from storefront.checkout.service.changes import change_words
from storefront.checkout.service.keeping import address_to_keep, keep_address
from storefront.checkout.service.placing import (
    OrderCheck,
    Seen,
    gateways,
    keep_payment,
    made_already,
    open_seal,
    place,
    seal,
)
from storefront.checkout.service.state import State, Typed, find_state, follow_cart
from storefront.checkout.service.steps import (
    check_typed,
    held_until,
    keep_contact,
    keep_country,
    keep_shipping,
    set_aside,
    stay_longer,
    typed_address,
)
from storefront.checkout.service.terms import accepted_pages
from storefront.checkout.service.visits import Visit, look_again, member_email, visit

__all__ = [
    "OrderCheck",
    "Seen",
    "State",
    "Typed",
    "Visit",
    "accepted_pages",
    "address_to_keep",
    "change_words",
    "check_typed",
    "find_state",
    "follow_cart",
    "gateways",
    "held_until",
    "keep_address",
    "keep_contact",
    "keep_country",
    "keep_payment",
    "keep_shipping",
    "look_again",
    "made_already",
    "member_email",
    "open_seal",
    "place",
    "seal",
    "set_aside",
    "stay_longer",
    "typed_address",
    "visit",
]
