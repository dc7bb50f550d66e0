"""What pricing tells the core: delivery on product pages, an owner's settings, what must hold."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from storefront.core.console import ConsolePage, SearchHit, SearchSource, SetupStep
from storefront.core.database import db
from storefront.core.delivery import DeliveryOffer
from storefront.core.health import Invariant
from storefront.core.store import StoreSetting
from storefront.hookspecs import hookimpl
from storefront.pricing import service
from storefront.pricing.service import checks, listing
from storefront.pricing.service.quoting import words_in
from storefront.pricing.service.taxes import list_tax_rates

TIME_ZONES = (
    "UTC", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris",
    "Europe/Brussels", "Europe/Amsterdam", "Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome",
    "Europe/Prague", "Europe/Warsaw", "Europe/Copenhagen", "Europe/Oslo", "Europe/Stockholm",
    "Europe/Helsinki", "Europe/Athens", "Europe/Bucharest", "Europe/Istanbul", "Europe/Kyiv",
    "Asia/Jerusalem", "Asia/Dubai", "Asia/Kolkata", "Asia/Bangkok", "Asia/Singapore", "Asia/Shanghai",
    "Asia/Hong_Kong", "Asia/Taipei", "Asia/Tokyo", "Asia/Seoul", "Australia/Perth", "Australia/Sydney",
    "Pacific/Auckland", "Africa/Cairo", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg",
    "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Mexico_City", "America/Toronto",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Vancouver",
)  # fmt: skip


@hookimpl
def register_delivery_offers() -> list[DeliveryOffer]:
    """Ways of delivery within the shop's own country."""
    return service.delivery_offers()


@hookimpl
def register_store_settings() -> list[StoreSetting]:
    """Tax in prices, and the days on which parcels move."""
    weekends = (
        ("sat_sun", _l("Saturday and Sunday")),
        ("fri_sat", _l("Friday and Saturday")),
        ("sun", _l("Sunday")),
        ("none", _l("None: parcels move every day")),
    )
    return [
        StoreSetting(
            "prices_include_tax",
            "yes_no",
            True,
            "tax",
            _l("Prices include tax"),
            _l("Customers pay the price they see. Otherwise tax is added at the checkout."),
        ),
        StoreSetting(
            "business_timezone",
            "choice",
            "UTC",
            "delivery",
            _l("Time zone of the shop"),
            choices=tuple((name, name.replace("_", " ")) for name in TIME_ZONES),
        ),
        StoreSetting(
            "delivery_weekend", "choice", "sat_sun", "delivery", _l("Days without delivery"), choices=weekends
        ),
        StoreSetting(
            "delivery_holidays",
            "long_text",
            "",
            "delivery",
            _l("Holidays"),
            _l("One day a line: 2026-12-28 for one year, 12-25 for every year. A name may follow."),
        ),
    ]


@hookimpl
def register_invariants() -> list[Invariant]:
    """No limit is exceeded, and counters and their uses tell the same story."""
    return [
        Invariant("coupons are used within their limits", checks.beyond_limits),
        Invariant("counters are what their uses leave", checks.unexplained),
    ]


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """Discounts, delivery and tax, under the headings of the shop."""
    return [
        ConsolePage(
            "discounts",
            _l("Discounts"),
            "pricing.discounts",
            "shop",
            30,
            "discounts.write",
            "tag",
            shortcut="d",
        ),
        ConsolePage("shipping", _l("Delivery"), "pricing.shipping", "shop", 40, "shipping.write", "truck"),
        ConsolePage("tax", _l("Tax"), "pricing.tax", "shop", 50, "settings.write", "tax"),
    ]


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    """A shop that sells has taxes settled and delivers somewhere."""
    return [
        SetupStep(
            "tax",
            _l("Settle which taxes are in your prices"),
            _l("Taxes are settled"),
            "pricing.tax",
            "settings.write",
            30,
            lambda: bool(list_tax_rates(db.session())),
        ),
        SetupStep(
            "delivery",
            _l("Say where you deliver, how, and at what price"),
            _l("Goods can be delivered"),
            "pricing.shipping",
            "shipping.write",
            40,
            lambda: bool(service.countries_served()),
        ),
    ]


@hookimpl
def register_console_search() -> list[SearchSource]:
    """Discounts by name or code."""
    return [SearchSource("discounts", _l("Discounts"), "discounts.write", 60, _find_discounts)]


def _find_discounts(words: str, limit: int) -> list[SearchHit]:
    return [
        SearchHit(words_in(row.names) or row.key, url_for("pricing.discount", key=row.key), row.code or "")
        for row in listing.find_discounts(db.session(), words, limit)
    ]
