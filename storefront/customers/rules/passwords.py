"""What makes a password too easy. Pure; the list of those that are guessed first comes from the caller."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import pairwise

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256


def password_problem(password: str, email: str, guessed: Collection[str]) -> str | None:
    """Why this password is refused: `short`, `long`, `guessed`, `address`; None for a good one."""
    if len(password) < SHORTEST_PASSWORD:
        return "short"
    if len(password) > LONGEST_PASSWORD:
        return "long"
    plain = password.casefold().strip()
    if plain in guessed or len(set(plain)) < 3 or _counts(plain):
        return "guessed"
    if plain in {email.casefold(), email.casefold().partition("@")[0]}:
        return "address"
    return None


def _counts(text: str) -> bool:
    """12345678, abcdefgh and their like, up or down."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


def composed(password: str) -> str:
    """The same password however a keyboard composes its letters; what is hashed and compared."""
    return unicodedata.normalize("NFC", password)
