"""How often one person may have a discount, with whatever code"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("discount", sa.Column("person_limit", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("discount") as table:
        table.drop_column("person_limit")
