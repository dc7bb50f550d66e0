"""Becoming the first owner."""

from __future__ import annotations

from storefront.customers import service as customers
from storefront.customers.service import Person


def become_owner(token: str, *, name: str, email: str, password: str, locale: str, user_agent: str) -> Person:
    """Use the one-time link: makes the owner and signs them in.

    Raises LinkOver when it was used meanwhile, BadEmail, WeakPassword.
    """
    customers.check_new_password(password, email)
    hashed = customers.hash_password(password)
    owner = customers.make_first_owner(token, email=email, password_hash=hashed, name=name, locale=locale)
    return customers.open_sign_in(owner, user_agent)
