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
from storefront.pricing.service.offers import countries_served, delivery_offers
from storefront.pricing.service.quoting import quote
from storefront.pricing.service.words import check_delivery, coupon_words

__all__ = [
    "Adjustment",
    "Claim",
    "CouponProblem",
    "Quote",
    "QuoteRequest",
    "ShippingChoice",
    "check_delivery",
    "countries_served",
    "coupon_words",
    "delivery_offers",
    "give_back_claims",
    "quote",
    "spend_claims",
]
