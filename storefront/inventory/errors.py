"""Named refusals of the inventory."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.errors import Refusal


class SoldOut(Refusal):
    """Fewer pieces of `variant_id` are left than wanted: `left`."""

    status = 409

    def __init__(self, variant_id: int, left: int) -> None:
        words = (
            _("This is sold out.")
            if left <= 0
            else ngettext("Only %(num)s is left.", "Only %(num)s are left.", left)
        )
        super().__init__(words)
        self.variant_id = variant_id
        self.left = max(left, 0)


class StillOwed(Refusal):
    """More pieces of `variant_id` were sold than there were: `owed` have to arrive first."""

    status = 409

    def __init__(self, variant_id: int, owed: int) -> None:
        words = ngettext(
            "%(num)s piece is still owed to customers; it has to arrive first.",
            "%(num)s pieces are still owed to customers; they have to arrive first.",
            owed,
        )
        super().__init__(words)
        self.variant_id = variant_id
        self.owed = owed


class BadCount(Refusal):
    """A count that cannot be: below zero, or below what carts hold."""
