"""Whom the registration form of this browser expects: an address that the shop showed there already."""

from __future__ import annotations

from flask import session

_KEY = "expected"


def expect(email: str) -> None:
    """Fill in this address when the form is opened. It travels in the session, never in an address bar."""
    session[_KEY] = email


def expected_email() -> str:
    """The address to fill in, or ''. Signing in forgets it."""
    return str(session.get(_KEY, ""))
