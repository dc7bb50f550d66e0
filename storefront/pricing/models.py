"""Tax rates, zones, ways of delivery, discounts, coupons, and what was claimed of counters."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


class TaxRate(db.Model):
    """The tax on a class of goods in a country ('' as region: all of it). `names` by language: 'VAT'."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        sa.UniqueConstraint("country", "region", "tax_class"),
        sa.CheckConstraint("rate_bp >= 0 AND rate_bp <= 10000", name="rate_within"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(sa.String(2))
    region: Mapped[str] = mapped_column(sa.String(40), default="")
    tax_class: Mapped[str] = mapped_column(sa.String(40), default="standard")
    rate_bp: Mapped[int] = mapped_column()
    names: Mapped[dict] = mapped_column(sa.JSON, default=dict)


class ShippingZone(db.Model):
    """Where ways of delivery are good. `countries` ['*']: all that no other zone names."""

    __tablename__ = "shipping_zone"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    countries: Mapped[list] = mapped_column(sa.JSON, default=list)
    regions: Mapped[list] = mapped_column(sa.JSON, default=list)
    postcodes: Mapped[list] = mapped_column(sa.JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)


class ShippingMethod(db.Model):
    """A way of delivery in one zone. `bands`: [[up to (grams or minor units; null: all), price], ...]."""

    __tablename__ = "shipping_method"
    __table_args__ = (
        sa.CheckConstraint("free_from_minor >= 0", name="free_from_not_negative"),
        sa.CheckConstraint("min_days <= max_days AND handling_min <= handling_max", name="days_in_order"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    zone_id: Mapped[int] = mapped_column(sa.ForeignKey("shipping_zone.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(10), default="delivery")
    names: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    notes: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    basis: Mapped[str] = mapped_column(sa.String(10), default="price")
    bands: Mapped[list] = mapped_column(sa.JSON, default=list)
    free_from_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    handling_min: Mapped[int] = mapped_column(default=0)
    handling_max: Mapped[int] = mapped_column(default=1)
    min_days: Mapped[int] = mapped_column(default=1)
    max_days: Mapped[int] = mapped_column(default=3)
    cutoff_hour: Mapped[int | None] = mapped_column()
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class Discount(db.Model):
    """A reduction and its conditions; automatic, or for those who know one of its coupons.

    Lists that are empty ask for nothing. `uses_limit` and `per_person_limit` are those that new coupons of it
    begin with; `person_limit` is how often one person may have it, with whatever coupon or without: claims on
    the counter 'discount:<id>:<person>'.
    """

    __tablename__ = "discount"
    __table_args__ = (
        sa.CheckConstraint("percent_bp >= 0 AND percent_bp <= 10000", name="percent_within"),
        sa.CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(24), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    names: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    automatic: Mapped[bool] = mapped_column(default=False)
    combinable: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True, index=True)
    percent_bp: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    buy: Mapped[int] = mapped_column(default=0)
    get: Mapped[int] = mapped_column(default=0)
    minimum_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    product_ids: Mapped[list] = mapped_column(sa.JSON, default=list)
    category_ids: Mapped[list] = mapped_column(sa.JSON, default=list)
    audiences: Mapped[list] = mapped_column(sa.JSON, default=list)
    countries: Mapped[list] = mapped_column(sa.JSON, default=list)
    first_order: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    uses_limit: Mapped[int | None] = mapped_column()
    per_person_limit: Mapped[int | None] = mapped_column()
    person_limit: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Coupon(db.Model):
    """A code for a discount. Its uses are claims on `counter` 'coupon:<id>' and 'coupon:<id>:<person>'."""

    __tablename__ = "coupon"
    __table_args__ = (
        sa.CheckConstraint("uses_limit >= 0", name="uses_limit_not_negative"),
        sa.CheckConstraint("per_person_limit >= 0", name="per_person_limit_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    discount_id: Mapped[int] = mapped_column(sa.ForeignKey("discount.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    uses_limit: Mapped[int | None] = mapped_column()
    per_person_limit: Mapped[int | None] = mapped_column()
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ClaimUse(db.Model):
    """What was claimed of a counter, for what (`reference`), and whether it was given back."""

    __tablename__ = "claim_use"
    __table_args__ = (
        sa.UniqueConstraint("counter", "reference"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    counter: Mapped[str] = mapped_column(sa.String(120))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    reference: Mapped[str] = mapped_column(sa.String(120), index=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    given_back_at: Mapped[datetime | None] = mapped_column(UtcTime)
