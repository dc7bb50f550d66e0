"""What a cart says in words: days of arrival, what was held back."""

from __future__ import annotations

from babel.dates import format_interval, format_skeleton
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.cart.rules import Clamped
from storefront.cart.service.lines import Added
from storefront.catalog import service as catalog
from storefront.core.i18n import current_language
from storefront.pricing.rules import ShippingChoice


def days_of(choice: ShippingChoice) -> str:
    """When it arrives: one day, or the first and the last."""
    language = current_language().babel
    if choice.earliest == choice.latest:
        return format_skeleton("MMMEd", choice.earliest, locale=language)
    return format_interval(choice.earliest, choice.latest, "MMMEd", locale=language)


def added_words(added: Added) -> str:
    """What came into the cart, and what did not."""
    if added.added < added.wanted:
        return ngettext(
            "%(title)s: only %(num)s more could be had, it is in your cart.",
            "%(title)s: only %(num)s more could be had, they are in your cart.",
            added.added,
            title=added.card.title,
        )
    return _("%(title)s is in your cart.", title=added.card.title)


def merged_words(clamped: tuple[Clamped, ...]) -> list[str]:
    """What two carts together wanted more of than there is."""
    cards = catalog.load_variants(one.variant_id for one in clamped)
    return [
        _(
            "%(title)s: together both carts had %(wanted)s, there are %(kept)s.",
            title=cards[one.variant_id].title,
            wanted=one.wanted,
            kept=one.kept,
        )
        for one in clamped
        if one.variant_id in cards
    ]
