"""Rushes at one product that lists do not learn from, until the owner says otherwise"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0004"
down_revision = "journal_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_left_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_journal_left_out"),
        sa.UniqueConstraint("day", "product_id", name="uq_journal_left_out_day_product_id"),
    )
    op.create_table(
        "journal_left_out_visit",
        sa.Column("visit", sa.String(length=40), nullable=False),
        sa.Column("left_out_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visit", name="pk_journal_left_out_visit"),
    )
    op.create_index("ix_journal_left_out_visit_left_out", "journal_left_out_visit", ["left_out_id"])


def downgrade() -> None:
    op.drop_table("journal_left_out_visit")
    op.drop_table("journal_left_out")
