"""Named refusals of pricing."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.core.errors import Refusal


class ClaimSpent(Refusal):
    """Nothing (or not enough) is left on `counter`: somebody was faster, or the limit was reached before."""

    status = 409

    def __init__(self, counter: str) -> None:
        kind = counter.partition(":")[0]
        words = {
            "coupon": _("This code has been used up in the meantime."),
            "discount": _("You have had this discount as often as one person may."),
            "first-order": _("This discount counts for a first order only, and you have just placed one."),
        }
        super().__init__(words.get(kind) or _("Not enough is left of this."))
        self.counter = counter


class NotServed(Refusal):
    """Nothing is delivered there (`reason` 'country'), not such a parcel ('weight'), or not so ('method')."""

    def __init__(self, reason: str) -> None:
        words = {
            "country": _("We do not deliver to this address yet."),
            "weight": _("These goods are too much for one delivery. Please order them in parts."),
            "method": _("This way of delivery is not offered any more. Please choose another."),
        }
        super().__init__(words[reason], field="shipping_method" if reason == "method" else "country")
        self.reason = reason


class BadPrice(Refusal):
    """An owner's rate, price, limit or date that cannot be."""
