"""What customers said about what the shop concludes, and what owners say that people need."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


def _product() -> sa.ForeignKey:
    return sa.ForeignKey("product.id", ondelete="CASCADE")


def _category() -> sa.ForeignKey:
    return sa.ForeignKey("category.id", ondelete="CASCADE")


class FactRejection(db.Model):
    """A customer's word that a conclusion about them is not true. Training anew does not change it."""

    __tablename__ = "fact_rejection"
    customer_id: Mapped[int] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    category_id: Mapped[int] = mapped_column(
        sa.ForeignKey("category.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    said_at: Mapped[datetime] = mapped_column(UtcTime)


class DeclaredNeed(db.Model):
    """The owner's word that buyers of something need something else: each a product or a category."""

    __tablename__ = "declared_need"
    __table_args__ = (
        sa.CheckConstraint("(of_product_id IS NULL) <> (of_category_id IS NULL)", name="of_one_thing"),
        sa.CheckConstraint(
            "(needs_product_id IS NULL) <> (needs_category_id IS NULL)", name="needs_one_thing"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    of_product_id: Mapped[int | None] = mapped_column(_product(), index=True)
    of_category_id: Mapped[int | None] = mapped_column(_category(), index=True)
    needs_product_id: Mapped[int | None] = mapped_column(_product(), index=True)
    needs_category_id: Mapped[int | None] = mapped_column(_category(), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ProductRejection(db.Model):
    """A product that a customer does not want suggested. Taken back, the row is gone."""

    __tablename__ = "product_rejection"
    customer_id: Mapped[int] = mapped_column(
        sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(_product(), primary_key=True, index=True)
    rejected_at: Mapped[datetime] = mapped_column(UtcTime)


class MerchandisingRule(db.Model):
    """What the owner wants of one product, of a category with all below it, or of a brand, in rows of
    recommendations. `factor` is in hundredths; `target_name` is what it was about when it was saved."""

    __tablename__ = "merchandising_rule"
    __table_args__ = (
        sa.CheckConstraint("action IN ('exclude', 'pin', 'bury', 'boost')", name="known_action"),
        sa.CheckConstraint("target IN ('product', 'category', 'brand')", name="known_target"),
        sa.CheckConstraint("place > 0", name="place_positive"),
        sa.CheckConstraint("factor > 100", name="factor_above_one"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(24), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(10))
    place: Mapped[int | None] = mapped_column()
    factor: Mapped[int | None] = mapped_column()
    target: Mapped[str] = mapped_column(sa.String(10))
    product_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("product.id", ondelete="SET NULL"), index=True
    )
    category_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("category.id", ondelete="SET NULL"), index=True
    )
    brand: Mapped[str | None] = mapped_column(sa.String(120))
    target_name: Mapped[str] = mapped_column(sa.String(200))
    surfaces: Mapped[list] = mapped_column(sa.JSON, default=list)
    pages: Mapped[list] = mapped_column(sa.JSON, default=list)
    audiences: Mapped[list] = mapped_column(sa.JSON, default=list)
    starts_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    position: Mapped[int] = mapped_column()
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
