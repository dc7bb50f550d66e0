"""Tax, shipping, discounts and coupons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TABLES = ("claim_use", "coupon", "discount", "shipping_method", "shipping_zone", "tax_rate")


def upgrade() -> None:
    _tax()
    _shipping()
    _discounts()
    op.create_table(
        "claim_use",
        _id(),
        _whole("counter", sa.String(120)),
        _whole("amount", sa.BigInteger()),
        _whole("reference", sa.String(120)),
        _whole("claimed_at", TIME),
        sa.Column("given_back_at", TIME),
        sa.CheckConstraint("amount > 0", name=op.f("ck_claim_use_amount_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_use")),
        sa.UniqueConstraint("counter", "reference", name=op.f("uq_claim_use_counter_reference")),
    )
    op.create_index(op.f("ix_claim_use_reference"), "claim_use", ["reference"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer(), nullable=False)


def _whole(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def _tax() -> None:
    op.create_table(
        "tax_rate",
        _id(),
        _whole("country", sa.String(2)),
        _whole("region", sa.String(40)),
        _whole("tax_class", sa.String(40)),
        _whole("rate_bp", sa.Integer()),
        _whole("names", sa.JSON()),
        sa.CheckConstraint("rate_bp >= 0 AND rate_bp <= 10000", name=op.f("ck_tax_rate_rate_within")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint(
            "country", "region", "tax_class", name=op.f("uq_tax_rate_country_region_tax_class")
        ),
    )


def _shipping() -> None:
    op.create_table(
        "shipping_zone",
        _id(),
        _whole("name", sa.String(80)),
        _whole("countries", sa.JSON()),
        _whole("regions", sa.JSON()),
        _whole("postcodes", sa.JSON()),
        _whole("position", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_zone")),
    )
    op.create_table(
        "shipping_method",
        _id(),
        _whole("key", sa.String(60)),
        _whole("zone_id", sa.Integer()),
        _whole("kind", sa.String(10)),
        _whole("names", sa.JSON()),
        _whole("notes", sa.JSON()),
        _whole("basis", sa.String(10)),
        _whole("bands", sa.JSON()),
        sa.Column("free_from_minor", sa.BigInteger()),
        _whole("handling_min", sa.Integer()),
        _whole("handling_max", sa.Integer()),
        _whole("min_days", sa.Integer()),
        _whole("max_days", sa.Integer()),
        sa.Column("cutoff_hour", sa.Integer()),
        _whole("active", sa.Boolean()),
        _whole("position", sa.Integer()),
        sa.CheckConstraint("free_from_minor >= 0", name=op.f("ck_shipping_method_free_from_not_negative")),
        sa.CheckConstraint(
            "min_days <= max_days AND handling_min <= handling_max",
            name=op.f("ck_shipping_method_days_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["zone_id"],
            ["shipping_zone.id"],
            name=op.f("fk_shipping_method_zone_id_shipping_zone"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_method")),
        sa.UniqueConstraint("key", name=op.f("uq_shipping_method_key")),
    )
    op.create_index(op.f("ix_shipping_method_zone_id"), "shipping_method", ["zone_id"])


def _discounts() -> None:
    op.create_table(
        "discount",
        _id(),
        _whole("key", sa.String(24)),
        _whole("kind", sa.String(16)),
        _whole("names", sa.JSON()),
        _whole("automatic", sa.Boolean()),
        _whole("combinable", sa.Boolean()),
        _whole("active", sa.Boolean()),
        _whole("percent_bp", sa.Integer()),
        _whole("amount_minor", sa.BigInteger()),
        _whole("buy", sa.Integer()),
        _whole("get", sa.Integer()),
        sa.Column("minimum_minor", sa.BigInteger()),
        *(_whole(name, sa.JSON()) for name in ("product_ids", "category_ids", "audiences", "countries")),
        _whole("first_order", sa.Boolean()),
        sa.Column("starts_at", TIME),
        sa.Column("ends_at", TIME),
        sa.Column("uses_limit", sa.Integer()),
        sa.Column("per_person_limit", sa.Integer()),
        _whole("created_at", TIME),
        sa.CheckConstraint(
            "percent_bp >= 0 AND percent_bp <= 10000", name=op.f("ck_discount_percent_within")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_discount_amount_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount")),
        sa.UniqueConstraint("key", name=op.f("uq_discount_key")),
    )
    op.create_index(op.f("ix_discount_active"), "discount", ["active"])
    op.create_table(
        "coupon",
        _id(),
        _whole("discount_id", sa.Integer()),
        _whole("code", sa.String(40)),
        sa.Column("uses_limit", sa.Integer()),
        sa.Column("per_person_limit", sa.Integer()),
        _whole("active", sa.Boolean()),
        _whole("created_at", TIME),
        sa.CheckConstraint("uses_limit >= 0", name=op.f("ck_coupon_uses_limit_not_negative")),
        sa.CheckConstraint("per_person_limit >= 0", name=op.f("ck_coupon_per_person_limit_not_negative")),
        sa.ForeignKeyConstraint(
            ["discount_id"],
            ["discount.id"],
            name=op.f("fk_coupon_discount_id_discount"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_code")),
    )
    op.create_index(op.f("ix_coupon_discount_id"), "coupon", ["discount_id"])
