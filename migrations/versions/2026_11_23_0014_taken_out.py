"""Pieces that were taken out of an order before they were sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    none = sa.Column("cancelled_quantity", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("order_line", none)


def downgrade() -> None:
    with op.batch_alter_table("order_line") as table:
        table.drop_column("cancelled_quantity")
