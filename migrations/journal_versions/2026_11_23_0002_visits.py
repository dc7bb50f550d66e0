"""Pages, sources and dwell of what people do; counts without a person; summaries for the owner"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0002"
down_revision = "journal_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("journal_event") as table:
        table.add_column(sa.Column("page", sa.String(length=30), nullable=True))
        table.add_column(sa.Column("source", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("dwell_ms", sa.Integer(), nullable=True))
    op.create_table(
        "journal_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "name", name="pk_journal_count"),
    )
    op.create_table(
        "journal_summary",
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_journal_summary"),
    )


def downgrade() -> None:
    op.drop_table("journal_summary")
    op.drop_table("journal_count")
    with op.batch_alter_table("journal_event") as table:
        table.drop_column("dwell_ms")
        table.drop_column("source")
        table.drop_column("page")
