"""What pricing answers and does. Commands take the open `tx` of the caller's command."""

from __future__ import annotations

from storefront.pricing.rules import (
    Adjustment,
    Claim,
    CouponProblem,
    Quote,
    QuoteRequest,
    ShippingChoice,
)
from storefront.pricing.service.claims import give_back_claims, spend_claims
from storefront.pricing.service.delivery import (
    MethodValues,
    ZoneValues,
    duplicate_method,
    remove_method,
    remove_zone,
    save_method,
    save_zone,
    set_method_active,
)
from storefront.pricing.service.discounts import (
    DiscountValues,
    add_coupon,
    duplicate_discount,
    generate_codes,
    remove_discount,
    save_discount,
    set_coupon_active,
    set_discount_active,
    set_limits,
)
from storefront.pricing.service.offers import countries_served, delivery_offers
from storefront.pricing.service.quoting import quote
from storefront.pricing.service.taxes import TaxValues, add_usual_rates, remove_tax_rate, save_tax_rate
from storefront.pricing.service.words import check_delivery, coupon_words

__all__ = [
    "Adjustment",
    "Claim",
    "CouponProblem",
    "DiscountValues",
    "MethodValues",
    "Quote",
    "QuoteRequest",
    "ShippingChoice",
    "TaxValues",
    "ZoneValues",
    "add_coupon",
    "add_usual_rates",
    "check_delivery",
    "countries_served",
    "coupon_words",
    "delivery_offers",
    "duplicate_discount",
    "duplicate_method",
    "generate_codes",
    "give_back_claims",
    "quote",
    "remove_discount",
    "remove_method",
    "remove_tax_rate",
    "remove_zone",
    "save_discount",
    "save_method",
    "save_tax_rate",
    "save_zone",
    "set_coupon_active",
    "set_discount_active",
    "set_limits",
    "set_method_active",
    "spend_claims",
]
