"""How prices come about, as pure functions on frozen values: exact to the minor unit."""

from __future__ import annotations

from storefront.pricing.rules.quoting import make_quote
from storefront.pricing.rules.values import (
    MOST_PIECES,
    Adjustment,
    AppliedAdjustment,
    AppliedDiscount,
    Claim,
    CouponProblem,
    Quote,
    QuoteLine,
    QuoteRequest,
    ShippingChoice,
    TaxLine,
)

__all__ = [
    "MOST_PIECES",
    "Adjustment",
    "AppliedAdjustment",
    "AppliedDiscount",
    "Claim",
    "CouponProblem",
    "Quote",
    "QuoteLine",
    "QuoteRequest",
    "ShippingChoice",
    "TaxLine",
    "make_quote",
]
