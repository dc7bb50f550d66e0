"""Strips as people saw them, and what they bought and kept"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0003"
down_revision = "journal_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "treatment_exposure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor", sa.String(length=40), nullable=True),
        sa.Column("session", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("treatment", sa.String(length=40), nullable=False),
        sa.Column("arm", sa.String(length=10), nullable=False),
        sa.Column("surface", sa.String(length=30), nullable=False),
        sa.Column("page", sa.String(length=30), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("artifact", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("filtered", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_treatment_exposure"),
        sa.UniqueConstraint("event_id", name="uq_treatment_exposure_event_id"),
    )
    op.create_index("ix_treatment_exposure_at", "treatment_exposure", ["at"])
    op.create_index("ix_treatment_exposure_session", "treatment_exposure", ["session"])
    for column in ("treatment", "customer", "visitor"):
        key = "customer_id" if column == "customer" else column
        op.create_index(f"ix_treatment_exposure_{column}", "treatment_exposure", [key, "at"])
    op.create_table(
        "treatment_outcome",
        sa.Column("order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_treatment_outcome"),
    )
    op.create_index("ix_treatment_outcome_at", "treatment_outcome", ["at"])
    op.create_index("ix_treatment_outcome_customer", "treatment_outcome", ["customer_id", "at"])
    op.create_index("ix_treatment_outcome_visitor", "treatment_outcome", ["visitor", "at"])


def downgrade() -> None:
    op.drop_table("treatment_outcome")
    op.drop_table("treatment_exposure")
