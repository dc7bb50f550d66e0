"""Find the order lines of a product: for undoing imports, and for counting what its buyers bought"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_order_line_product", "order_line", ["product_id"])


def downgrade() -> None:
    op.drop_index("ix_order_line_product", "order_line")
