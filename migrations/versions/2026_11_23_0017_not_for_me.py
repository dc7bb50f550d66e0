"""What customers do not want suggested"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _of(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_product_rejection_{column}_{parent}")
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "product_rejection",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=False),
        _of("customer_id", "customer"),
        _of("product_id", "product"),
        sa.PrimaryKeyConstraint("customer_id", "product_id", name=op.f("pk_product_rejection")),
    )
    op.create_index(op.f("ix_product_rejection_product_id"), "product_rejection", ["product_id"])


def downgrade() -> None:
    op.drop_table("product_rejection")
