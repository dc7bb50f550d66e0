"""What customers said is not true of what the shop concludes about them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _of(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_fact_rejection_{column}_{parent}")
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "fact_rejection",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        _of("customer_id", "customer"),
        _of("category_id", "category"),
        sa.PrimaryKeyConstraint("customer_id", "kind", "category_id", name=op.f("pk_fact_rejection")),
    )
    op.create_index(op.f("ix_fact_rejection_category_id"), "fact_rejection", ["category_id"])


def downgrade() -> None:
    op.drop_table("fact_rejection")
