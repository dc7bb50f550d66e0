"""Pure rules of "Not for me": what a browser keeps of it, what goes along when somebody signs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_KEPT = 60  # in a browser
MOST_OF_CUSTOMER = 300
VISIT_SECONDS = 30 * 60

Kept = tuple[int, int]  # product id, seconds since 1970


def read_kept(value: Any) -> tuple[Kept, ...]:
    """What a browser brought along, oldest first; whatever is no pair of whole numbers is left out."""
    if not isinstance(value, list):
        return ()
    pairs = [tuple(one) for one in value if isinstance(one, list) and len(one) == 2]
    sound = [(a, b) for a, b in pairs if type(a) is int and type(b) is int]
    return tuple(sound[-MOST_KEPT:])


def kept_with(kept: Sequence[Kept], product_id: int, at: int) -> tuple[Kept, ...]:
    """With one more; said twice it counts once, from the first time. The oldest gives way to it."""
    if any(product == product_id for product, _at in kept):
        return tuple(kept)
    return (*kept, (product_id, at))[-MOST_KEPT:]


def kept_without(kept: Sequence[Kept], product_id: int) -> tuple[Kept, ...]:
    """Without this one."""
    return tuple(one for one in kept if one[0] != product_id)


def of_this_visit(kept: Sequence[Kept], now: int) -> tuple[int, ...]:
    """Products of the visit that goes on: each said at most half an hour before the next, the last before
    `now`.

    What is older may have been said by anybody at this machine.
    """
    found: list[int] = []
    later = now
    for product, at in sorted(kept, key=lambda one: one[1], reverse=True):
        if not 0 <= later - at <= VISIT_SECONDS:
            break
        found.append(product)
        later = at
    return tuple(reversed(found))
