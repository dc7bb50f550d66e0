"""What people said about what the shop concludes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db


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
