"""Cards of the fake gateway: each number stands for one outcome. Pure."""

from __future__ import annotations

from collections.abc import Mapping

APPROVE, AUTHORIZE, DECLINE, CHALLENGE = "approve", "authorize", "decline", "challenge"
TIMEOUT, LATE, STORM = "timeout", "late", "storm"

CARDS: Mapping[str, str] = {
    "4242424242424242": APPROVE,
    "4000000000000077": AUTHORIZE,
    "4000000000000002": DECLINE,
    "4000002500003155": CHALLENGE,
    "4000000000000341": TIMEOUT,
    "4000000000000259": LATE,
    "4000000000006975": STORM,
}


def outcome_of(typed: str) -> str | None:
    """What a typed card number stands for; None for one that the fake bank did not give out."""
    plain = "".join(letter for letter in typed[:40] if letter not in " -")
    return CARDS.get(plain)


def spaced(number: str) -> str:
    """`4242 4242 4242 4242`."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
