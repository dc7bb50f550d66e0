"""Numbers and tokens that nobody can guess."""

from __future__ import annotations

import hashlib
import secrets


def new_public_id() -> str:
    """A number for a customer that nobody can guess."""
    return secrets.token_hex(10)


def token_hash(token: str) -> str:
    """What is kept of a token: enough to know it again, useless to whoever reads the database."""
    return hashlib.sha256(token.encode()).hexdigest()
