"""Named refusals around accounts."""

from __future__ import annotations

from storefront.core.errors import Refusal


class WrongCredentials(Refusal):
    """The e-mail, the password, or both: which one is not said."""


class BadEmail(Refusal):
    """Not an e-mail address."""
