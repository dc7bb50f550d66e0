"""Hashing, checking and refusing passwords."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask_babel import gettext as _

from storefront.core.database import in_transaction
from storefront.customers.errors import WeakPassword
from storefront.customers.rules.passwords import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    composed,
    password_problem,
)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """Argon2id as OWASP recommends: 19 MiB, two passes."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """Checked for addresses without account, so that both answers take the same time."""
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The form in which a password is kept. Raises RuntimeError inside a command: it takes as long as
    dozens of writes, and everybody who writes would wait for it."""
    if in_transaction():
        raise RuntimeError("hash the password before the command opens")
    return _hasher().hash(composed(password))


def matches(stored: str, password: str) -> bool:
    """Whether this is the password whose hash is stored; false for what is no hash."""
    try:
        return _hasher().verify(stored, composed(password))
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher().check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _guessed() -> frozenset[str]:
    """The passwords of eight characters and more that are tried first."""
    text = (files("storefront.customers.service") / "guessed_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split("\n"))


def check_new_password(password: str, email: str, *, field: str = "password") -> None:
    """Raises WeakPassword, saying what to do about it."""
    problem = password_problem(composed(password), email, _guessed())
    if problem is None:
        return
    words = {
        "short": _("Please take at least %(count)s characters.", count=SHORTEST_PASSWORD),
        "long": _("Please take at most %(count)s characters.", count=LONGEST_PASSWORD),
        "guessed": _("This password is one of those that are tried first. Three words in a row are better."),
        "address": _("Please take something else than your e-mail address."),
    }
    raise WeakPassword(words[problem], field=field)
