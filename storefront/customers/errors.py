"""Named refusals around accounts."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.core.errors import NotFound, Refusal


class WrongCredentials(Refusal):
    """The e-mail, the password, or both: which one is not said."""


class BadEmail(Refusal):
    """Not an e-mail address."""


class AddressRefused(Refusal):
    """Parts of an address are missing or wrong: `errors` has a sentence for each."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        field, message = next(iter(errors.items()))
        super().__init__(message, field=field)
        self.errors = dict(errors)


class NoSuchAddress(NotFound):
    """Not in this customer's address book; whether in another's is not said."""


class AddressBookFull(Refusal):
    """Nobody needs so many."""


class WeakPassword(Refusal):
    """Too short, or one that everybody tries first."""


class LinkOver(Refusal):
    """A one-time link that was used, is too old, or never was."""


class SecondFactorNeeded(Refusal):
    """The password is right and this account asks for more; `ticket` says so for ten minutes."""

    def __init__(self, ticket: str) -> None:
        super().__init__()
        self.ticket = ticket


class NoSuchCustomer(NotFound):
    """Nobody with that number."""


class WrongCode(Refusal):
    """Not the code of this moment, or one that was used before."""


class PasskeyRefused(Refusal):
    """The browser's answer does not prove what it should."""


class LastOwner(Refusal):
    """The only owner of the shop cannot go."""
