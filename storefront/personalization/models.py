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
