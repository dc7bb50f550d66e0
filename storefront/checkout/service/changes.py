"""What changed since a quote was seen, in sentences."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.checkout.rules import Change, changes, figures
from storefront.checkout.service.placing import Seen
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.pricing.rules import Quote


def change_words(seen: Seen, quote: Quote) -> list[str]:
    """One sentence for each difference between what was seen and what counts now."""
    found = changes(seen.figures, figures(quote))
    cards = catalog.load_variants(one.variant_id for one in found if one.variant_id is not None)
    return [_sentence(one, cards.get(one.variant_id or 0), quote.currency) for one in found]


def _sentence(change: Change, card: VariantCard | None, currency: str) -> str:
    if change.variant_id is not None:
        return _of_line(change, card, currency)
    before, now = _money(change.before, currency), _money(change.now, currency)
    sentences = {
        "discount": _("What is taken off is now %(now)s, it was %(before)s.", now=now, before=before),
        "shipping": _("Delivery is now %(now)s, it was %(before)s.", now=now, before=before),
        "tax": _("Tax is now %(now)s, it was %(before)s.", now=now, before=before),
        "total": _("The total is now %(now)s, it was %(before)s.", now=now, before=before),
    }
    return sentences.get(change.what, _("The terms of your order changed."))


def _of_line(change: Change, card: VariantCard | None, currency: str) -> str:
    title = card.title if card else ""
    if change.what == "gone" and card is not None and _sold_out(card):
        return _("%(title)s has just sold out and is no longer part of your order.", title=title)
    if change.what == "gone":
        return _("%(title)s is no longer part of your order.", title=title)
    if change.what == "new":
        return _("%(title)s was added to your order.", title=title)
    if change.what == "pieces":
        return _(
            "%(title)s: %(now)s instead of %(before)s.", title=title, now=change.now, before=change.before
        )
    now, before = _money(change.now, currency), _money(change.before, currency)
    return _("%(title)s now costs %(now)s, it was %(before)s.", title=title, now=now, before=before)


def _sold_out(card: VariantCard) -> bool:
    return card.on_show and not card.backorder and card.available is not None and card.available <= 0


def _money(minor: int | None, currency: str) -> str:
    return Money(minor or 0, currency).format(current_language().babel)
