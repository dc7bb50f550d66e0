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
