"""What may be refused about wish lists and back-in-stock requests."""

from __future__ import annotations

from storefront.core.errors import Refusal


class ListFull(Refusal):
    """No more wishes fit on this list."""


class TakenAlready(Refusal):
    """Others have marked all pieces that are wanted."""


class BadAddress(Refusal):
    """What was given is no e-mail address."""
