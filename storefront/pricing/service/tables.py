"""Tables of pricing, and those of features above it that it asks."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core.models import Counter
from storefront.pricing import models

rate = models.TaxRate.__table__
zone = models.ShippingZone.__table__
method = models.ShippingMethod.__table__
discount = models.Discount.__table__
coupon = models.Coupon.__table__
use = models.ClaimUse.__table__
counter = Counter.__table__

# The orders stand above pricing: named as text, as foreign keys are, for "on the first order only".
orders = sa.table(
    "orders",
    sa.column("customer_id", sa.Integer),
    sa.column("email_key", sa.String),
    sa.column("status", sa.String),
)

# What a counter begins with where there is no limit: uses are counted all the same.
UNLIMITED = 10**15
