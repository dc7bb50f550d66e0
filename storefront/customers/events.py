"""What happened to an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CustomerRegistered:
    """Somebody has an account of their own and proved their address. Not sent for imported customers."""

    customer_id: int


@dataclass(frozen=True)
class EmailConfirmed:
    """This address is the customer's, and what a guest did under it is theirs. Sent for a new one too."""

    customer_id: int
    email_key: str


@dataclass(frozen=True)
class PasswordChanged:
    """The password is another one; every other sign-in ended. Not sent for the first password."""

    customer_id: int


@dataclass(frozen=True)
class ResetAsked:
    """Somebody wants a new password for an address, known or not; `ask` is the token that stands for it."""

    ask: str
