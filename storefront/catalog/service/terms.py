"""Terms of the shop for pages and feeds: delivery from those who answer the hook, returns from the owner."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_skeleton
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.catalog.rules.terms import Returns, Terms, arrival, delivery_price, usual_way
from storefront.catalog.rules.values import Delivery, Variant
from storefront.catalog.service import content
from storefront.catalog.service.surroundings import absolute, settings
from storefront.core import clock
from storefront.core.delivery import DeliveryOffer
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.core.plugins import collect
from storefront.core.store import store_value

RETURNS_PAGE = "returns"


def shop_terms() -> Terms:
    """How things are brought and taken back now. No query in a warm process, as long as the hook sends none.

    Offers in another currency than the shop's are left out: they could not be compared with its prices.
    """
    offers: list[DeliveryOffer] = collect("register_delivery_offers")
    ways = tuple(offer for offer in offers if offer.currency == settings().currency)
    home = store_value("business_country") or ""
    countries = dict.fromkeys([*([home] if home else []), *(way.country for way in ways)])
    page = content.find_page(RETURNS_PAGE)
    returns = Returns(
        days=store_value("returns_days"),
        free=store_value("returns_free"),
        countries=tuple(countries),
        home=home,
        page=absolute(page.url) if page else "",
    )
    return Terms(ways, returns)


def delivery_words(terms: Terms, variant: Variant) -> Delivery | None:
    """When the variant arrives if it is ordered now, in the cheapest way; None where nobody can say."""
    way = usual_way(terms.delivery, variant.price)
    if way is None or not variant.posted or variant.awaited or variant.stock == "out":
        return None
    first, last = arrival(way, clock.now().date())
    days = {"first": _day(first), "last": _day(last)}
    when = (
        _("With you on %(first)s.", **days)
        if first == last
        else _("With you between %(first)s and %(last)s.", **days)
    )
    return Delivery(when, _cost(way, variant.price))


def _cost(way: DeliveryOffer, goods: Money) -> str:
    language = current_language().babel
    said = {"name": way.name, "country": Locale.parse(language).territories.get(way.country, way.country)}
    price = delivery_price(way, goods)
    if not price:
        return _("%(name)s (%(country)s): free.", **said)
    said["price"] = price.format(language)
    if way.free_from_minor is None:
        return _("%(name)s (%(country)s): %(price)s.", **said)
    said["amount"] = Money(way.free_from_minor, way.currency).format(language)
    return _("%(name)s (%(country)s): %(price)s, free from %(amount)s.", **said)


def _day(day: date) -> str:
    return _written(day, current_language().babel)


@lru_cache(maxsize=256)
def _written(day: date, locale: str) -> str:
    return format_skeleton("MMMMEEEEd", day, locale=locale)


def returns_words(terms: Terms, variant: Variant) -> str | None:
    """How long the variant may be sent back; None for what nobody brings."""
    returns = terms.returns
    if returns is None or not variant.posted:
        return None
    if returns.days <= 0:
        return _("It can be sent back only if it is faulty.")
    if returns.free:
        return ngettext(
            "%(num)s day to send it back, free of charge.",
            "%(num)s days to send it back, free of charge.",
            returns.days,
        )
    return ngettext("%(num)s day to send it back.", "%(num)s days to send it back.", returns.days)
