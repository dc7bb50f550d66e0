"""What the inventory answers and does. Commands take the open `tx` of the caller's command."""

from __future__ import annotations

from storefront.inventory.rules import Availability
from storefront.inventory.service.holds import (
    expire_holds,
    extend_hold,
    held_until,
    hold,
    lock_holds,
    pass_hold,
    release_hold,
)
from storefront.inventory.service.stock import availability, correct, put_back, receive, set_rules, take

__all__ = [
    "Availability",
    "availability",
    "correct",
    "expire_holds",
    "extend_hold",
    "held_until",
    "hold",
    "lock_holds",
    "pass_hold",
    "put_back",
    "receive",
    "release_hold",
    "set_rules",
    "take",
]
