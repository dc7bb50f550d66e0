"""What a change of many prices comes to. Pure."""

from __future__ import annotations

WHOLE = 10_000
LEAST, MOST = -9_900, 100_000  # basis points: from 99 % less to ten times more


def changed_price(minor: int, basis_points: int) -> int:
    """A price changed by basis points (500 = 5 % more, -1000 = 10 % less), rounded half up, never below zero.

    Raises ValueError for a change that takes everything away or is beyond ten times.
    """
    if not LEAST <= basis_points <= MOST:
        raise ValueError(f"{basis_points} basis points is no change of a price")
    return max(0, (2 * minor * (WHOLE + basis_points) + WHOLE) // (2 * WHOLE))
