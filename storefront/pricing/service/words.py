"""Sentences for shoppers about prices."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.pricing.errors import NotServed
from storefront.pricing.rules import CouponProblem, Quote
from storefront.pricing.service.terms import currency


def coupon_words(problem: CouponProblem) -> str:
    """Why a code does not count now, for the person who entered it."""
    if problem.reason == "minimum" and problem.minimum_minor is not None:
        least = Money(problem.minimum_minor, currency()).format(current_language().babel)
        return _("%(code)s counts from goods worth %(amount)s on.", code=problem.code, amount=least)
    sentences = {
        "unknown": _("We do not know the code %(code)s.", code=problem.code),
        "not_yet": _("%(code)s cannot be used yet.", code=problem.code),
        "over": _("%(code)s has ended.", code=problem.code),
        "used_up": _("%(code)s has been used up.", code=problem.code),
        "used_by_you": _("You have used %(code)s already.", code=problem.code),
        "country": _("%(code)s does not count for this country.", code=problem.code),
        "audience": _("%(code)s is not meant for this account.", code=problem.code),
        "first_order": _("%(code)s counts for a first order only.", code=problem.code),
        "goods": _("%(code)s does not count for these goods.", code=problem.code),
        "no_effect": _("%(code)s would not make anything cheaper here.", code=problem.code),
        "not_combined": _("%(code)s cannot be used together with another code.", code=problem.code),
        "better": _("You get a better price without %(code)s.", code=problem.code),
    }
    return sentences[problem.reason]


def check_delivery(quote: Quote) -> None:
    """Raise NotServed when these goods cannot be brought there, or not in the way that was chosen."""
    if quote.shipping_problem:
        raise NotServed(quote.shipping_problem)
